"""JSON and JSON-LD built to exhaust the reader, or to say more than the signature covers."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from ler_trust.codec import contexts, expansion, json_safe
from ler_trust.codec.jsonld import to_dataset
from ler_trust.codec.rdfc import canonicalize
from ler_trust.errors import Rejected, Undecided

V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (b"[" * 100_000, "format.too_deep"),
        (b"[" * 500_000 + b"]" * 500_000, "format.too_deep"),
        (b'{"a":' * 100_000, "format.too_deep"),
        (b'["' + b'\\"[' * 300_000, "format.json"),
        (b"[" * 60 + b'"' * 1_000_000, "format.json"),
        (b"1" * 1_000_000, "format.number"),
        (b"1e" + b"9" * 1_000_000, "format.number"),
        (b'{"a":' + b"[" * 50_000_000, "format.too_large"),
    ],
    ids=["brackets", "closed", "objects", "strings", "quotes", "digits", "exponent", "50MB"],
)
def test_json_bomb_is_refused_in_time(bomb: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        json_safe.loads(bomb)
    assert caught.value.code.name == code


def test_second_value_for_a_signed_name_is_refused() -> None:
    signed = b'{"credentialSubject":{"id":"did:example:a","degree":"none","degree":"doctor"}}'
    with pytest.raises(Rejected) as caught:
        json_safe.loads(signed)
    assert caught.value.pointer == "/credentialSubject/degree"


def credential(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [V2, OB],
        "type": "VerifiableCredential",
        "issuer": "did:web:a.example.org",
        **changes,
    }


@pytest.mark.parametrize(
    "hostile",
    [
        credential(credentialSubject={"type": "Achievement", "name": list(range(200_000))}),
        credential(**{"@context": [V2] * 20_000}),
        credential(credentialSubject=[{"@context": [V2] * 33}]),
        {"@context": {f"t{n}": {"@id": f"t{n + 1}:x"} for n in range(2_000)} | {"t2000": "urn:x"}, "t0": 1},
    ],
    ids=["values", "contexts", "nested contexts", "prefix chain"],
)
def test_costly_document_is_given_up_in_time(hostile: dict[str, Any]) -> None:
    with pytest.raises(Undecided) as caught:
        to_dataset(hostile, contexts.PINNED)
    assert caught.value.code.name == "graph.too_complex"


def test_record_with_thousands_of_definitions_of_its_own_is_read_in_time() -> None:
    context = {f"t{n}": {"@id": f"urn:{n}", "@context": {"x": "urn:x"}} for n in range(12_000)}
    with pytest.raises((Rejected, Undecided)):
        to_dataset({"@context": [V2, context]}, contexts.PINNED)


def test_many_distinct_context_sequences_do_not_grow_memory_without_bound() -> None:
    urls = [
        V2,
        OB,
        "https://w3id.org/security/multikey/v1",
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/dcc/v1",
    ]
    for n in range(60):
        order = [V2, *(url for bit, url in enumerate(urls) if n >> bit & 1)]
        with suppress(Rejected, Undecided):
            to_dataset(credential(**{"@context": order}), contexts.PINNED)
    assert expansion._results.cache_info().currsize <= 32


def test_added_claim_that_the_signature_would_not_cover_is_refused() -> None:
    signed = canonicalize(to_dataset(credential(), contexts.PINNED))
    for added in (
        {"grade": "A"},
        {"credentialSubject": {"grade": "A"}},
        {"evidence": {"type": "Evidence", "id": "../grade/A"}},
        {"@index": "grade A"},
        {"validUntil": None},
    ):
        with pytest.raises(Rejected, match="data_loss"):
            to_dataset(credential(**added), contexts.PINNED)
    for added in ({"credentialSubject": {"type": "Achievement", "name": "A"}}, {"id": "urn:grade:A"}):
        assert canonicalize(to_dataset(credential(**added), contexts.PINNED)) != signed


def test_base_in_a_context_does_not_make_relative_ids_absolute() -> None:
    document = credential(**{"@context": [V2, {"@base": "https://attacker.example.org/"}], "id": "record"})
    with pytest.raises(Rejected) as caught:
        to_dataset(document, contexts.PINNED)
    assert caught.value.code.name == "jsonld.data_loss"


@pytest.mark.parametrize(
    "inside", ["urn:a> <urn:p> <urn:b", "urn:a>\n<urn:b", 'urn:a"', "urn:a\\u003e", "urn:a\x00"]
)
def test_statements_smuggled_in_an_identifier_are_refused(inside: str) -> None:
    for document in (
        credential(id=inside),
        credential(issuer=inside),
        credential(evidence={"id": inside, "type": "Evidence"}),
    ):
        with pytest.raises(Rejected) as caught:
            to_dataset(json_safe.loads(json.dumps(document).encode()), contexts.PINNED)
        assert caught.value.code.name == "jsonld.data_loss"
