import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import jwk, multikey
from ler_trust.codec.controlled_identifier import methods_for, retrieve_verification_method
from ler_trust.errors import Rejected
from ler_trust.model.did import DidDocument, KeyKind, VerificationMethod

DID = "did:web:issuer.example.org"
KEY_URL = DID + "#key-1"
MULTIKEY = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
BASE58 = "4CcKDtU1JNGi8U4D8Rv9CHzfmF7xzaxEAPFA54eQjRHF"
KEY = multikey.decode_multikey(MULTIKEY)
P256 = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"  # did:key specification, P-256 example
METHOD: dict[str, Any] = {
    "id": KEY_URL,
    "type": "Multikey",
    "controller": DID,
    "publicKeyMultibase": MULTIKEY,
}


def did_document(document: Mapping[str, Any]) -> DidDocument:
    return DidDocument(DID, document, b"", 0, 0)


def document(method: Mapping[str, Any] = METHOD, **changes: Any) -> DidDocument:
    return did_document({"id": DID, "verificationMethod": [method], "assertionMethod": [KEY_URL], **changes})


def retrieve(
    found: DidDocument, url: str = KEY_URL, relationship: str = "assertionMethod"
) -> VerificationMethod:
    return retrieve_verification_method(found, url, relationship)


def refusal(found: DidDocument, url: str = KEY_URL, relationship: str = "assertionMethod") -> str:
    with pytest.raises(Rejected) as caught:
        retrieve(found, url, relationship)
    return caught.value.code.name


def test_finds_a_referenced_method() -> None:
    assert retrieve(document()) == VerificationMethod(KEY_URL, DID, KEY)


def test_makes_relative_ids_absolute() -> None:
    relative = {**METHOD, "id": "#key-1"}
    assert retrieve(document(relative, assertionMethod=["#key-1"])).id == KEY_URL
    assert retrieve(document(assertionMethod=["#key-1"])).id == KEY_URL


def test_finds_an_embedded_method_only_where_it_is_embedded() -> None:
    embedded = did_document({"id": DID, "assertionMethod": [METHOD]})
    assert retrieve(embedded).key == KEY
    assert refusal(embedded, relationship="authentication") == "proof.key_relationship"


def test_a_method_repeated_whole_under_its_relationship_is_the_same_method() -> None:
    repeated = document(assertionMethod=[dict(METHOD)])
    assert retrieve(repeated).key == KEY
    assert len(methods_for(repeated, "assertionMethod")) == 1
    assert refusal(repeated, relationship="authentication") == "proof.key_relationship"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "key-1",
        "#key-1",
        "did:web:",
        DID + "#a#b",
        "did:web:issuer example.org#key-1",
        "https:",
        "did:x:ü#k",
        KEY_URL + "\n",
    ],
)
def test_a_key_name_that_is_not_a_url_is_refused(url: str) -> None:
    assert refusal(document(), url) == "proof.key_url"


@pytest.mark.parametrize("url", [DID, DID + "#", DID + "#key-2", DID + "#KEY-1"])
def test_a_key_that_is_not_there_is_refused(url: str) -> None:
    assert refusal(document(), url) == "proof.key_invalid"


def test_a_document_of_another_subject_is_refused() -> None:
    assert refusal(document(), "did:web:other.example.org#key-1") == "proof.key_document_id"
    assert refusal(document(), DID + "?x=1#key-1") == "proof.key_document_id"
    with pytest.raises(Rejected, match="document_id"):
        methods_for(
            DidDocument("did:web:other.example.org", document().document, b"", 0, 0), "assertionMethod"
        )


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": 5},
        {"id": DID, "verificationMethod": METHOD},
        {"id": DID, "verificationMethod": [KEY_URL]},
        {"id": DID, "assertionMethod": KEY_URL},
        {"id": DID, "authentication": [5]},
        {"id": DID, "verificationMethod": [METHOD, {**METHOD, "id": "#key-1"}]},
        {
            "id": DID,
            "verificationMethod": [METHOD],
            "assertionMethod": [{**METHOD, "publicKeyMultibase": P256}],
        },
        {"id": DID, "verificationMethod": [METHOD], "service": [{"id": "#key-1"}]},
        {"id": DID, "verificationMethod": [METHOD], "service": [{"x": [{"id": KEY_URL}]}]},
        {"id": DID, "verificationMethod": [{**METHOD, "id": DID}]},
    ],
)
def test_a_malformed_or_ambiguous_document_is_refused(broken: dict[str, Any]) -> None:
    assert refusal(did_document(broken)) == "proof.key_document"
    with pytest.raises(Rejected):
        methods_for(did_document(broken), "assertionMethod")


@pytest.mark.parametrize(
    "change",
    [
        {"controller": "did:web:other.example.org"},
        {"controller": None},
        {"controller": [DID]},
        {"type": "Ed25519Something"},
        {"type": ["Multikey"]},
        {"type": "JsonWebKey"},
        {"type": "Ed25519VerificationKey2018"},
        {"type": "EcdsaSecp256r1VerificationKey2019"},
        {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": P256},
        {"publicKeyMultibase": 5},
        {"publicKeyMultibase": MULTIKEY + "2"},
        {"publicKeyJwk": jwk.jwk_of(KEY)},
        {"privateKeyMultibase": "z2"},
        {"secretKeyMultibase": "z2"},
        {"type": "JsonWebKey", "publicKeyMultibase": None},
        {"expires": "tomorrow"},
        {"revoked": 5},
        {"revoked": None},
    ],
    ids=str,
)
def test_a_method_that_is_not_valid_is_refused(change: dict[str, Any]) -> None:
    broken = document({**METHOD, **change})
    assert refusal(broken) == "proof.key_invalid"
    assert methods_for(broken, "assertionMethod") == ()


def test_a_private_jwk_is_refused() -> None:
    leaked = {
        "id": KEY_URL,
        "type": "JsonWebKey",
        "controller": DID,
        "publicKeyJwk": {**jwk.jwk_of(KEY), "d": "AA"},
    }
    assert refusal(document(leaked)) == "proof.key_invalid"


@pytest.mark.parametrize("relationship", ["authentication", "keyAgreement", "verificationMethod", "id", ""])
def test_a_key_not_listed_for_the_purpose_is_refused(relationship: str) -> None:
    assert refusal(document(), relationship=relationship) == "proof.key_relationship"
    assert methods_for(document(), relationship) == ()


@pytest.mark.parametrize(
    ("kind", "place", "value", "key_kind"),
    [
        ("Multikey", "publicKeyMultibase", P256, KeyKind.P256),
        ("Ed25519VerificationKey2020", "publicKeyMultibase", MULTIKEY, KeyKind.ED25519),
        ("Ed25519VerificationKey2018", "publicKeyBase58", BASE58, KeyKind.ED25519),
        ("JsonWebKey", "publicKeyJwk", jwk.jwk_of(KEY), KeyKind.ED25519),
        ("JsonWebKey2020", "publicKeyJwk", jwk.jwk_of(KEY), KeyKind.ED25519),
        ("EcdsaSecp256r1VerificationKey2019", "publicKeyMultibase", P256, KeyKind.P256),
        (
            "EcdsaSecp256r1VerificationKey2019",
            "publicKeyJwk",
            jwk.jwk_of(multikey.decode_multikey(P256)),
            KeyKind.P256,
        ),
    ],
)
def test_reads_every_accepted_type(kind: str, place: str, value: Any, key_kind: KeyKind) -> None:
    method = {"id": KEY_URL, "type": kind, "controller": DID, place: value}
    assert retrieve(document(method)).key.kind is key_kind


def test_reads_the_dates_of_a_key() -> None:
    method = retrieve(
        document({**METHOD, "expires": "1970-01-01T00:00:01Z", "revoked": "1970-01-01T00:00:00Z"})
    )
    assert (method.expires, method.revoked) == (1_000_000, 0)


def test_lists_usable_methods_in_order_and_once() -> None:
    second = {**METHOD, "id": "#key-2", "publicKeyMultibase": P256}
    odd = {**METHOD, "id": "#odd", "type": "X25519KeyAgreementKey2020"}
    listed = [
        "#key-2",
        "#odd",
        "#missing",
        KEY_URL,
        "#key-1",
        "did:web:other.example.org#key-1",
        {"no": "id"},
    ]
    found = methods_for(
        document(verificationMethod=[METHOD, second, odd], assertionMethod=listed), "assertionMethod"
    )
    assert [method.id for method in found] == [DID + "#key-2", KEY_URL]


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from([DID, KEY_URL, "#key-1", MULTIKEY, "Multikey", "JsonWebKey"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "controller", "publicKeyMultibase", "publicKeyJwk", "expires"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["id", "verificationMethod", "assertionMethod", "service"]), JSON),
    st.text(),
)
def test_never_raises_anything_but_rejected(fuzzed: dict[str, Any], url: str) -> None:
    for name in (url, KEY_URL):
        with contextlib.suppress(Rejected):
            retrieve(did_document({"id": DID, **fuzzed}), name)
    with contextlib.suppress(Rejected):
        methods_for(did_document({"id": DID, **fuzzed}), "assertionMethod")
