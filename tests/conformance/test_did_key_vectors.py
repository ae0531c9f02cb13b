"""The did:key vectors of w3c-ccg/did-method-key, read from outside the repository."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from did_methods.key import DidKey
from ler_trust.codec import jwk
from ler_trust.codec.did_url import parse_did_url
from ler_trust.codec.multibase import base58btc
from ler_trust.codec.multikey import decode_multikey
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.did import PublicKey

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
FOLDER = VECTORS / "w3c-ccg+did-method-key" / "test-vectors"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"did:key vectors NOT RUN: there is no {FOLDER} (set LER_VECTORS)"
)

SUPPORTED_CASES, UNSUPPORTED_CASES = 16, 14
UNSUPPORTED_BY_PREFIX = {
    "zUC7": "BLS12-381 G2",
    "z5Tc": "BLS12-381 G1 and G2",
    "z2J9": "P-521",
    "z4MX": "RSA",
    "zgghB": "RSA",
    "z6LS": "X25519",
}
RELATIONSHIPS = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")


def published() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(FOLDER.glob("*.json")):
        cases = json.loads(path.read_bytes())
        if path.name == "x25519.json":
            yield from cases["didDocument"].items()
        else:
            yield from ((did, case["didDocument"]) for did, case in cases.items())


def unsupported_kind(did: str) -> str | None:
    value = did.removeprefix("did:key:")
    return next((kind for start, kind in UNSUPPORTED_BY_PREFIX.items() if value.startswith(start)), None)


def key_in(method: dict[str, Any]) -> PublicKey | bytes:
    if "publicKeyJwk" in method:
        return jwk.public_key(method["publicKeyJwk"])
    return base58btc(method["publicKeyBase58"])


def test_supported_kinds_give_the_published_keys_and_relationships() -> None:
    cases = [(did, document) for did, document in published() if unsupported_kind(did) is None]
    for did, expected in cases:
        document = DidKey().interpret(parse_did_url(did), ())
        assert document["id"] == expected["id"]
        (method,) = document["verificationMethod"]
        published_method = expected["verificationMethod"][0]
        assert (method["id"], method["controller"]) == (
            published_method["id"],
            published_method["controller"],
        )
        key, published_key = decode_multikey(method["publicKeyMultibase"]), key_in(published_method)
        assert published_key in (key, key.material)
        for relationship in RELATIONSHIPS:
            assert document[relationship] == expected[relationship]
    assert len(cases) == SUPPORTED_CASES


def test_unsupported_kinds_are_undecided_by_name() -> None:
    cases = [(did, kind) for did, _ in published() if (kind := unsupported_kind(did)) is not None]
    for did, kind in cases:
        with pytest.raises(Undecided) as caught:
            DidKey().interpret(parse_did_url(did), ())
        assert caught.value.detail.endswith(kind)
    assert len(cases) == UNSUPPORTED_CASES


def test_changed_last_character_never_gives_the_same_key() -> None:
    for did in (did for did, _ in published() if unsupported_kind(did) is None):
        changed = did[:-1] + ("2" if did[-1] != "2" else "3")
        try:
            document = DidKey().interpret(parse_did_url(changed), ())
        except Rejected:
            continue
        original, other = (decode_multikey(value.removeprefix("did:key:")) for value in (did, changed))
        assert document["id"] == changed
        assert original != other
