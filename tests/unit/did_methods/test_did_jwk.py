import json
from typing import Any, ClassVar

import pytest

from did_methods.jwk import DidJwk
from ler_trust.codec import base64url
from ler_trust.codec.did_url import parse_did_url
from tests.kit.did_method_contract import DidMethodContract

ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns",
    "y": "efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM",
}
X25519 = {"kty": "OKP", "crv": "X25519", "use": "enc", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}


def did_of(jwk: object) -> str:
    return "did:jwk:" + base64url.encode(json.dumps(jwk).encode())


def did_of_bytes(data: bytes) -> str:
    return "did:jwk:" + base64url.encode(data)


def document_of(jwk: object) -> Any:
    return DidJwk().interpret(parse_did_url(did_of(jwk)), ())


class TestDidJwk(DidMethodContract):
    method = DidJwk()
    valid: ClassVar[dict[str, list[bytes]]] = {
        did_of(jwk): [] for jwk in (ED25519, P256, {**P256, "use": "sig"}, {**P256, "kid": "mine"})
    }
    malformed: ClassVar[list[str]] = [
        did_of(P256) + "=",
        did_of(P256) + ".x",
        "did:jwk:%41",
        did_of_bytes(b"\xff\xfe"),
        did_of_bytes(b"{"),
        did_of_bytes(b'{"kty":"OKP","kty":"EC"}'),
        did_of([P256]),
        did_of({}),
        did_of({"kty": 1}),
        did_of({"kty": "EC", "crv": ["P-256"]}),
        did_of({"kty": "oct", "k": "c2VjcmV0"}),
        did_of({**P256, "d": "gPh-VvVS8MbvKQ9LSVVmfnxnKjHn4Tqj0bmbpehRlpc"}),
        did_of({**X25519, "d": "AAAA"}),
        did_of({**P256, "y": P256["x"]}),
        did_of({**P256, "x": "AA"}),
        did_of({**ED25519, "x": "AQ" + "A" * 41}),
        did_of({**P256, "use": "verify"}),
        did_of({**P256, "use": ["sig"]}),
        did_of({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
    ]
    unsupported: ClassVar[dict[str, str]] = {
        did_of(X25519): "X25519",
        did_of({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}): "P-521",
        did_of({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}): "AKP",
    }


def test_only_fragment_is_zero_whatever_the_kid() -> None:
    document = document_of({**P256, "kid": "#other"})
    (method,) = document["verificationMethod"]
    assert method["id"] == document["id"] + "#0"
    assert method["publicKeyJwk"] == {**P256, "kid": "#other"}


@pytest.mark.parametrize(
    ("use", "signs", "agrees"), [(None, True, True), ("sig", True, False), ("enc", False, True)]
)
def test_use_decides_the_relationships(use: str | None, signs: bool, agrees: bool) -> None:
    document = document_of(P256 if use is None else {**P256, "use": use})
    assert ("assertionMethod" in document) is signs
    assert ("authentication" in document) is signs
    assert ("keyAgreement" in document) is agrees


def test_key_operations_do_not_make_a_key_invalid() -> None:
    assert document_of({**P256, "use": "enc", "key_ops": ["deriveKey"]})["keyAgreement"]
