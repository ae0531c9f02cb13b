import json
from typing import ClassVar

import pytest

from did_methods.web import DidWeb
from ler_trust.codec.did_url import parse_did_url
from ler_trust.errors import Rejected
from tests.kit.did_method_contract import DidMethodContract, fetched


def located(did: str) -> str:
    (request,) = DidWeb().locate(parse_did_url(did))
    return request.url


class TestDidWeb(DidMethodContract):
    method = DidWeb()
    valid: ClassVar[dict[str, list[bytes]]] = {
        did: [json.dumps({"id": did}).encode()]
        for did in (
            "did:web:college.example",
            "did:web:college.example%3A8443",
            "did:web:college.example:issuers:nursing",
            "did:web:xn--bcher-kva.example:a%20b",
        )
    }
    malformed: ClassVar[list[str]] = [
        "did:web:college.example%3A",
        "did:web:college.example%3A0",
        "did:web:college.example%3A08443",
        "did:web:college.example%3A65536",
        "did:web:college.example%3A8443%3A1",
        "did:web:college%2Eexample",
        "did:web:college%2eexample%3A443",
        "did:web:college.example::nursing",
        "did:web::nursing",
        "did:web:college_.example",
        "did:web:-college.example",
        "did:web:" + "a" * 64 + ".example",
        "did:web:" + ".".join(["a" * 60] * 5) + ".example",
        "did:web:b%C3%BCcher.example",
        "did:web:college.example.",
    ]


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:college.example", "https://college.example/.well-known/did.json"),
        ("did:web:COLLEGE.example", "https://college.example/.well-known/did.json"),
        ("did:web:college.example%3A8443", "https://college.example:8443/.well-known/did.json"),
        ("did:web:localhost%3a8080:a", "https://localhost:8080/a/did.json"),
        ("did:web:college.example:issuers:nursing", "https://college.example/issuers/nursing/did.json"),
        ("did:web:college.example:a%20b", "https://college.example/a%20b/did.json"),
    ],
)
def test_address_of_the_document(did: str, url: str) -> None:
    assert located(did) == url


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"did:web:college.example"',
        b"{}",
        b'{"id":null}',
        b'{"id":"did:web:other.example"}',
        b'{"id":"did:web:COLLEGE.example"}',
        b'{"id":"did:web:college.example/"}',
        b'{"id":"did:web:other.example","id":"did:web:college.example"}',
        b'{"id":"did:web:college.example","deep":' + b"[" * 200 + b"]" * 200 + b"}",
    ],
)
def test_document_that_is_not_this_dids_is_rejected(body: bytes) -> None:
    did = parse_did_url("did:web:college.example")
    with pytest.raises(Rejected) as caught:
        DidWeb().interpret(did, [fetched("https://college.example/.well-known/did.json", body)])
    assert caught.value.code.name == "did.document"
