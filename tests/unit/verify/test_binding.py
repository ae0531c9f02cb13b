"""Which key may speak for an issuer."""

from typing import Any

from ler_trust.codec.multikey import decode_multikey
from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument
from ler_trust.model.engine import KeyNeed
from ler_trust.model.instant import SECOND
from ler_trust.verify.binding import Documents, find_keys, identifiers

KEY = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
OTHER_KEY = "z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
SCHOOL = "did:web:school.example.org"
WEBSITE = "https://school.example.org/issuers/1"
STRANGER = "did:web:stranger.example.com"
NOW = 1_700_000_000 * SECOND


def document(identifier: str, key: str = KEY, **members: Any) -> DidDocument:
    method = {
        "id": f"{identifier}#key-1",
        "type": "Multikey",
        "controller": identifier,
        "publicKeyMultibase": key,
    }
    content = {"id": identifier, "verificationMethod": [method | members], "assertionMethod": ["#key-1"]}
    return DidDocument(identifier, content, b"digest", NOW, NOW)


def need(issuer: str, method: str | None) -> KeyNeed:
    return KeyNeed(issuer, method, "assertionMethod")


def failure_of(found: object) -> str:
    assert isinstance(found, Failure)
    return found.code


def test_a_key_in_the_issuers_own_document_is_bound() -> None:
    for issuer in (SCHOOL, WEBSITE):
        found = find_keys(need(issuer, f"{issuer}#key-1"), {issuer: document(issuer)}, (), NOW, bind=True)
        assert not isinstance(found, Failure)
        assert [method.key for method in found] == [decode_multikey(KEY)]


def test_verification_method_of_another_controller_is_not_bound() -> None:
    documents: Documents = {STRANGER: document(STRANGER), SCHOOL: document(SCHOOL)}
    found = find_keys(need(SCHOOL, f"{STRANGER}#key-1"), documents, (), NOW, bind=True)
    assert failure_of(found) == "proof.key_not_bound"


def test_a_strangers_document_is_not_even_asked_for() -> None:
    needs = [need(SCHOOL, f"{STRANGER}#key-1"), need(SCHOOL, f"{SCHOOL}#key-1"), need(WEBSITE, None)]
    assert identifiers(needs, bind=True) == [SCHOOL, WEBSITE]
    assert identifiers(needs, bind=False) == [STRANGER, SCHOOL, WEBSITE]


def test_key_in_url_fragment_is_a_name_and_not_a_key() -> None:
    found = find_keys(
        need(WEBSITE, f"{WEBSITE}#{OTHER_KEY}"), {WEBSITE: document(WEBSITE)}, (), NOW, bind=True
    )
    assert failure_of(found) == "proof.key_invalid"


def test_an_unresolved_document_says_why() -> None:
    gone = Failure(False, "did.unreachable", "no answer", retryable=True)
    assert find_keys(need(SCHOOL, f"{SCHOOL}#key-1"), {SCHOOL: gone}, (), NOW, bind=True) == gone


def test_a_pinned_key_binds_an_https_issuer_and_never_a_did() -> None:
    pinned = (decode_multikey(OTHER_KEY),)
    gone = Failure(False, "did.not_found", "nothing there")
    found = find_keys(need(WEBSITE, None), {WEBSITE: gone}, pinned, NOW, bind=True)
    assert not isinstance(found, Failure)
    assert [method.key for method in found] == list(pinned)
    assert find_keys(need(SCHOOL, None), {SCHOOL: gone}, pinned, NOW, bind=True) == gone


def test_a_key_counts_until_its_end_and_not_at_it() -> None:
    for member, code in (("revoked", "proof.key_revoked"), ("expires", "proof.key_expired")):
        for end, ended in (("2023-11-14T22:13:20Z", True), ("2023-11-14T22:13:21Z", False)):
            documents = {SCHOOL: document(SCHOOL, **{member: end})}
            found = find_keys(need(SCHOOL, f"{SCHOOL}#key-1"), documents, (), NOW, bind=True)
            assert (isinstance(found, Failure) and found.code == code) is ended
            unnamed = find_keys(need(SCHOOL, None), documents, (), NOW, bind=True)
            assert isinstance(unnamed, Failure) is ended


def test_without_binding_any_controller_may_have_signed() -> None:
    found = find_keys(need(WEBSITE, f"{STRANGER}#key-1"), {STRANGER: document(STRANGER)}, (), NOW, bind=False)
    assert not isinstance(found, Failure)
    assert found[0].controller == STRANGER
