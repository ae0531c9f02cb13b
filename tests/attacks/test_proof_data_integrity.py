"""Forgeries and tricks with embedded proofs, each judged by the whole engine."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ler_trust.codec import multibase
from ler_trust.errors import Failure
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import KeyNeed, Material
from ler_trust.suites.cryptosuite import Workspace, hash_data
from ler_trust.suites.signing import LocalSigner, add_proof
from ler_trust.suites.table import suite_named
from tests.kit import edwards25519 as curve
from tests.kit.issuing import (
    CREATED,
    ENGINE,
    authenticate,
    badge,
    code_of,
    encoded,
    instant,
    signed_badge,
    signer,
)

ATTACKER = signer(name="attacker")
EDDSA = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "Ed25519Signature2020"]
LINKED = ["eddsa-rdfc-2022", "Ed25519Signature2020"]
Tamper = Callable[[dict[str, Any]], None]


def tampered(document: dict[str, Any], change: Tamper) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    change(changed)
    return changed


@pytest.mark.parametrize("suite", EDDSA)
def test_untouched_badge_holds(suite: str) -> None:
    outcome = authenticate(signed_badge(suite))
    assert code_of(outcome) is None
    assert outcome.secured is not None
    assert outcome.secured.issuer == signer().issuer


@pytest.mark.parametrize("suite", EDDSA)
def test_claim_changed_after_signing(suite: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["credentialSubject"]["achievement"]["name"] = "Surgery"

    outcome = authenticate(tampered(signed_badge(suite), change))
    assert code_of(outcome) == "proof.signature"
    assert outcome.secured is None


@pytest.mark.parametrize("suite", EDDSA)
def test_key_of_a_stranger_signs_in_the_issuers_name(suite: str) -> None:
    victim = badge(signer().issuer)
    forged = add_proof(victim, ATTACKER, suite, created=instant(CREATED))
    assert code_of(authenticate(forged, signer(), ATTACKER)) == "proof.key_not_bound"


def test_verification_method_swapped_to_the_issuers_key() -> None:
    forged = add_proof(badge(signer().issuer), ATTACKER, "eddsa-jcs-2022", created=None)
    forged["proof"]["verificationMethod"] = signer().method
    assert code_of(authenticate(forged)) == "proof.signature"


@pytest.mark.parametrize("purpose", ["authentication", "capabilityInvocation", "AssertionMethod", ""])
def test_proof_purpose_swapped(purpose: str) -> None:
    document = signed_badge()
    document["proof"]["proofPurpose"] = purpose
    assert code_of(authenticate(document)) == ("proof.purpose" if purpose else "proof.malformed")


def test_proof_honestly_made_for_authentication_is_no_assertion() -> None:
    own, suite = signer(), suite_named("eddsa-jcs-2022")
    document = badge(own.issuer)
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite.name,
        "verificationMethod": own.method,
        "proofPurpose": "authentication",
    }
    data = hash_data(suite, own.kind, document, proof, Workspace({}, ENGINE._limits))
    proof["proofValue"] = multibase.encode_base58btc(own.sign(data))
    assert code_of(authenticate({**document, "proof": proof})) == "proof.purpose"


@pytest.mark.parametrize("suite", LINKED)
def test_dropped_json_ld_term(suite: str) -> None:
    """A member without meaning in JSON-LD is not in the signed graph: it must not ride along."""
    document = signed_badge(suite)
    for change in (
        lambda one: one.update(grade="A+"),
        lambda one: one["credentialSubject"].update(grade="A+"),
        lambda one: one["credentialSubject"]["achievement"].update({"https:/x": 1, "level": "PhD"}),
    ):
        failure = authenticate(tampered(document, change)).proofs[0].failure
        assert failure is not None
        assert (failure.code, failure.decided) == ("jsonld.data_loss", True)


@pytest.mark.parametrize("suite", LINKED)
def test_injected_context_that_gives_words_another_meaning(suite: str) -> None:
    def redefine(document: dict[str, Any]) -> None:
        document["@context"].append({"name": "https://attacker.example.org/ignored"})

    def translate(document: dict[str, Any]) -> None:
        document["@context"].append({"@language": "tlh"})

    assert code_of(authenticate(tampered(signed_badge(suite), redefine))) == "jsonld.invalid"
    assert code_of(authenticate(tampered(signed_badge(suite), translate))) == "proof.signature"


def test_injected_context_that_nulls_a_word() -> None:
    def drop(document: dict[str, Any]) -> None:
        document["@context"].append({"grade": None})
        document["credentialSubject"]["grade"] = "A+"

    assert authenticate(tampered(signed_badge(), drop)).secured is None


def test_inline_context_under_a_good_signature_is_undecided() -> None:
    own = signer()
    document = badge(own.issuer)
    document["@context"].append({"grade": "https://college.example.org/terms#grade"})
    document["credentialSubject"]["grade"] = "A+"
    outcome = authenticate(add_proof(document, own, "eddsa-rdfc-2022", created=None))
    assert code_of(outcome) == "context.inline"
    assert outcome.proofs[0].failure is not None
    assert not outcome.proofs[0].failure.decided
    assert code_of(authenticate(add_proof(document, own, "eddsa-jcs-2022", created=None))) is None


def test_nested_context_under_a_good_signature_is_undecided() -> None:
    own = signer()
    document = badge(own.issuer)
    document["credentialSubject"]["@context"] = {"grade": "https://college.example.org/terms#grade"}
    document["credentialSubject"]["grade"] = "A+"
    outcome = authenticate(add_proof(document, own, "eddsa-rdfc-2022", created=None))
    assert code_of(outcome) == "context.nested"


def test_unknown_context_is_undecided_and_named_and_never_fetched() -> None:
    document = signed_badge()
    document["@context"].append("https://attacker.example.org/context")
    failure = authenticate(document).proofs[0].failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("context.unknown", False)
    assert "attacker.example.org/context" in failure.detail


def test_context_appended_to_a_jcs_badge_is_not_in_what_was_secured() -> None:
    document = signed_badge("eddsa-jcs-2022")
    signed = list(document["@context"])
    document["@context"] = [*signed, {"name": "https://attacker.example.org/ignored"}]
    outcome = authenticate(document, documents=True)
    assert outcome.secured is not None
    assert outcome.secured.document is not None
    assert outcome.secured.document["@context"] == signed


def test_context_put_before_or_into_a_jcs_badge() -> None:
    document = signed_badge("eddsa-jcs-2022")
    for index in (0, 1, 2):
        changed = copy.deepcopy(document)
        changed["@context"].insert(index, "https://attacker.example.org/context")
        assert code_of(authenticate(changed)) == "proof.signature"
        del changed["proof"]["@context"]
        assert code_of(authenticate(changed)) == "proof.signature"


@pytest.mark.parametrize("place", ["id", "issuer", "achievement"])
def test_relative_ids_are_refused(place: str) -> None:
    own = signer()
    document = badge(own.issuer)
    if place == "id":
        document["id"] = "badge-1"
    elif place == "issuer":
        document["issuer"]["image"] = {"id": "logo.png", "type": "Image"}
    else:
        document["credentialSubject"]["achievement"]["id"] = "../teamwork"
    signed = add_proof(document, own, "eddsa-jcs-2022", created=None)
    signed["proof"]["cryptosuite"] = "eddsa-rdfc-2022"
    del signed["proof"]["@context"]
    assert code_of(authenticate(signed)) == "jsonld.data_loss"


def test_base_in_a_context_gives_relative_ids_no_meaning() -> None:
    def rebase(document: dict[str, Any]) -> None:
        document["@context"].append({"@base": "https://attacker.example.org/"})
        document["id"] = "badge-1"

    outcome = authenticate(tampered(signed_badge(), rebase))
    assert outcome.secured is None


def test_duplicate_keys_in_the_document() -> None:
    text = json.dumps(signed_badge())
    for twice in (
        text[:-1] + ',"issuer":"did:web:college.example.org"}',
        text[:-1] + ',"\\u0069ssuer":"did:web:college.example.org"}',
        text.replace('"created":', '"created":"2020-01-01T00:00:00Z","created":', 1),
    ):
        assert code_of(authenticate(twice)) == "format.duplicate_key"


@pytest.mark.parametrize("value", [[], None])
def test_proof_replaced_by_nothing(value: Any) -> None:
    assert code_of(authenticate({**signed_badge(), "proof": value})) == "format.unsecured"
    bare = badge(signer().issuer)
    assert code_of(authenticate(bare)) == "format.unsecured"


@pytest.mark.parametrize("value", ["z", 1, True, {}, [[]], [{}], ["z"], {"type": 7}, {"type": ["X"]}])
def test_proof_replaced_by_something_else(value: Any) -> None:
    assert code_of(authenticate({**signed_badge(), "proof": value})) == "proof.malformed"


@pytest.mark.parametrize("name", ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"])
@pytest.mark.parametrize("value", [None, "", 7, ["x"], {"id": "x"}, ...])
def test_required_member_missing_or_of_another_type(name: str, value: Any) -> None:
    document = signed_badge()
    if value is ...:
        del document["proof"][name]
    else:
        document["proof"][name] = value
    assert code_of(authenticate(document)) in {"proof.malformed", "proof.suite_unsupported"}


@pytest.mark.parametrize("name", ["created", "expires"])
@pytest.mark.parametrize("value", ["yesterday", 1700000000, None, "2025-13-01T00:00:00Z", ["x"]])
def test_proof_dates_that_are_none(name: str, value: Any) -> None:
    document = signed_badge()
    document["proof"][name] = value
    assert code_of(authenticate(document)) == "proof.malformed"


def test_legacy_suite_without_created() -> None:
    document = add_proof(badge(signer().issuer), signer(), "Ed25519Signature2020", created=None)
    assert code_of(authenticate(document)) == "proof.malformed"


# ── The same statements in other words: the signature over RDF still holds ──────────────────────────

STATUS = {
    "id": "https://college.example.org/status/1#7",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://college.example.org/status/1",
}
CREDENTIALS = "https://www.w3.org/2018/credentials#"
DATE_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"


def _status_by_full_iri(document: dict[str, Any]) -> None:
    document[f"{CREDENTIALS}credentialStatus"] = {"type": "BitstringStatusListEntry"} | document.pop(
        "credentialStatus"
    )


def _status_included(document: dict[str, Any]) -> None:
    included = {"id": document["id"], "credentialStatus": document.pop("credentialStatus")}
    document["@included"] = [{**included, "type": ["VerifiableCredential"]}]


def _status_reversed(document: dict[str, Any]) -> None:
    status = document.pop("credentialStatus")
    status["@reverse"] = {f"{CREDENTIALS}credentialStatus": {"id": document["id"]}}
    document["@included"] = [status]


def _end_date_by_full_iri(document: dict[str, Any]) -> None:
    value = {"@value": document.pop("validUntil"), "@type": DATE_TIME}
    document[f"{CREDENTIALS}validUntil"] = value


def _end_date_included(document: dict[str, Any]) -> None:
    document["@included"] = [
        {
            "id": document["id"],
            "type": ["VerifiableCredential"],
            "validUntil": document.pop("validUntil"),
        }
    ]


def _keyword_for_its_alias(document: dict[str, Any]) -> None:
    document["credentialStatus"]["@type"] = document["credentialStatus"].pop("type")


@pytest.mark.parametrize(
    "rewrite",
    [
        _status_by_full_iri,
        _status_included,
        _status_reversed,
        _end_date_by_full_iri,
        _end_date_included,
        _keyword_for_its_alias,
    ],
)
def test_genuine_record_rewritten_to_hide_its_status_or_end(rewrite: Tamper) -> None:
    genuine = signed_badge(credentialStatus=STATUS, validUntil="2026-01-01T00:00:00Z")
    assert code_of(authenticate(genuine)) is None
    outcome = authenticate(tampered(genuine, rewrite))
    assert code_of(outcome) == "jsonld.not_compact"
    assert outcome.secured is None
    assert outcome.proofs[0].failure is not None
    assert not outcome.proofs[0].failure.decided


def test_type_given_by_its_address() -> None:
    def rename(document: dict[str, Any]) -> None:
        document["type"][0] = f"{CREDENTIALS}VerifiableCredential"

    assert code_of(authenticate(tampered(signed_badge(), rename))) == "jsonld.data_loss"


def test_status_moved_to_another_mention_of_the_record() -> None:
    """An endorsement that speaks of the record itself offers a second place to write about it."""
    own = signer()
    document = badge(own.issuer, credentialStatus=STATUS)
    mention = {"id": document["id"], "type": ["Achievement"], "name": "x"}
    mention |= {"description": "x", "criteria": {"narrative": "x"}}
    document["credentialSubject"]["achievement"] = mention
    genuine = add_proof(document, own, "eddsa-rdfc-2022", created=None)
    assert code_of(authenticate(genuine)) is None

    def move(one: dict[str, Any]) -> None:
        one["credentialSubject"]["achievement"]["type"].insert(0, "VerifiableCredential")
        one["credentialSubject"]["achievement"]["credentialStatus"] = one.pop("credentialStatus")

    assert code_of(authenticate(tampered(genuine, move))) == "jsonld.not_compact"


def test_values_with_a_language_and_types_of_other_vocabularies_are_not_unusual() -> None:
    own = signer()
    document = badge(own.issuer, description={"@value": "Equipo", "@language": "es"})
    document["type"].append("https://college.example.org/terms#HonoursBadge")
    signed = add_proof(document, own, "eddsa-rdfc-2022", created=None)
    assert code_of(authenticate(signed)) is None


# ── Keys and signatures ─────────────────────────────────────────────────────────────────────────────


def test_ecdsa_key_under_an_eddsa_suite_and_the_reverse() -> None:
    p256 = signer(KeyKind.P256)
    document = signed_badge("ecdsa-jcs-2019", p256)
    document["proof"]["cryptosuite"] = "eddsa-jcs-2022"
    assert code_of(authenticate(document, p256)) == "proof.algorithm"
    document = signed_badge("eddsa-jcs-2022")
    document["proof"]["cryptosuite"] = "ecdsa-jcs-2019"
    assert code_of(authenticate(document)) == "proof.algorithm"


def test_suite_swapped_for_one_of_another_transform() -> None:
    document = signed_badge("eddsa-rdfc-2022")
    document["proof"]["cryptosuite"] = "eddsa-jcs-2022"
    assert code_of(authenticate(document)) == "proof.signature"


def test_small_order_key_and_small_order_commitment() -> None:
    """A key of small order would make one signature hold for any document."""
    document = signed_badge("eddsa-jcs-2022")
    issuer = signer().issuer
    need = KeyNeed(issuer, signer().method, "assertionMethod")
    for times in range(8):
        point = curve.encode(curve.multiply(times, curve.TORSION))
        document["proof"]["proofValue"] = multibase.encode_base58btc(point + bytes(32))
        weak = VerificationMethod(signer().method, issuer, PublicKey(KeyKind.ED25519, point))
        for keys in ((weak,), (VerificationMethod(signer().method, issuer, signer().public_key),)):
            [outcome] = ENGINE.authenticate([encoded(document)], Material({need: keys}))
            assert code_of(outcome) == "proof.signature"


def test_malleable_scalar() -> None:
    document = signed_badge("eddsa-rdfc-2022")
    raw = multibase.decode_base58btc(document["proof"]["proofValue"])
    scalar = int.from_bytes(raw[32:], "little") + curve.ORDER
    document["proof"]["proofValue"] = multibase.encode_base58btc(raw[:32] + scalar.to_bytes(32, "little"))
    assert code_of(authenticate(document)) == "proof.signature"


@pytest.mark.parametrize(("kind", "size"), [(KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_der_instead_of_fixed_size_ecdsa(kind: KeyKind, size: int) -> None:
    own = signer(kind)
    document = signed_badge("ecdsa-jcs-2019", own)
    raw = multibase.decode_base58btc(document["proof"]["proofValue"])
    der = encode_dss_signature(int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big"))
    document["proof"]["proofValue"] = multibase.encode_base58btc(der)
    assert code_of(authenticate(document, own)) == "proof.malformed"


def test_truncated_padded_or_otherwise_encoded_signature() -> None:
    document = signed_badge("eddsa-jcs-2022")
    value = document["proof"]["proofValue"]
    raw = multibase.decode_base58btc(value)
    wrongs = [multibase.encode_base58btc(raw[:size]) for size in (0, 1, 32, 63)]
    wrongs += [multibase.encode_base58btc(raw + b"\0"), multibase.encode_base58btc(b"\0" + raw)]
    wrongs += [value[1:], "u" + value[1:], "z0" + value[1:], value + " ", "m" + value, "z" * 5000]
    wrongs += [multibase.encode_base64url_nopad(raw), "f" + raw.hex()]
    for wrong in wrongs:
        document["proof"]["proofValue"] = wrong
        assert code_of(authenticate(document)) == "proof.malformed", wrong


@pytest.mark.parametrize(
    "name", ["ecdsa-sd-2023", "bbs-2023", "eddsa-2022", "rot13-2026", "eddsa-rdfc-2022 ", "EdDSA-RDFC-2022"]
)
def test_unsupported_cryptosuite_is_named_and_undecided(name: str) -> None:
    document = signed_badge()
    document["proof"]["cryptosuite"] = name
    failure = authenticate(document).proofs[0].failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("proof.suite_unsupported", False)
    assert name in failure.detail


@pytest.mark.parametrize(
    "name", ["Ed25519Signature2018", "JsonWebSignature2020", "RsaSignature2018", "Tomorrow2030"]
)
def test_unsupported_proof_type_is_named_and_undecided(name: str) -> None:
    document = {**signed_badge(), "proof": {"type": name, "jws": "e30..AA"}}
    failure = authenticate(document).proofs[0].failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("proof.suite_unsupported", False)
    assert name in failure.detail


def test_key_that_could_not_be_had_is_undecided() -> None:
    document = signed_badge()
    need = KeyNeed(signer().issuer, signer().method, "assertionMethod")
    away = Failure(False, "did.unreachable", "no answer", "/verificationMethod", retryable=True)
    [outcome] = ENGINE.authenticate([encoded(document)], Material({need: away}))
    assert outcome.proofs[0].failure == away.at("/proof")


# ── Sets and chains ─────────────────────────────────────────────────────────────────────────────────


def chain(suite: str = "eddsa-rdfc-2022") -> dict[str, Any]:
    """Return a badge with a first proof and a second that signs it too."""
    own = signer()
    first = add_proof(badge(own.issuer), own, suite, created=instant(CREATED), proof_id="urn:p:1")
    return add_proof(
        first, own, suite, created=instant(CREATED), proof_id="urn:p:2", previous_proof="urn:p:1"
    )


def codes(document: dict[str, Any], *known: LocalSigner) -> list[str | None]:
    outcome = authenticate(document, *known)
    assert outcome.failure is None
    return [None if proof.failure is None else proof.failure.code for proof in outcome.proofs]


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_chain_holds(suite: str) -> None:
    assert codes(chain(suite)) == [None, None]


def test_chain_with_the_previous_proof_taken_away() -> None:
    document = chain()
    document["proof"] = document["proof"][1]
    assert code_of(authenticate(document)) == "proof.chain"


def test_chain_with_the_reference_taken_away() -> None:
    document = chain()
    del document["proof"][1]["previousProof"]
    assert codes(document) == [None, "proof.signature"]


def test_chain_whose_previous_proof_does_not_hold() -> None:
    document = chain()
    document["proof"][0]["created"] = "2020-01-01T00:00:00Z"
    assert codes(document) == ["proof.signature", "proof.chain"]


def test_chain_whose_previous_proof_was_exchanged_for_another_that_holds() -> None:
    document = chain()
    own = signer()
    other = add_proof(badge(own.issuer), own, "eddsa-rdfc-2022", created=0, proof_id="urn:p:1")
    document["proof"][0] = other["proof"]
    assert codes(document) == [None, "proof.signature"]


def test_chain_cycles() -> None:
    document = chain()
    document["proof"][0]["previousProof"] = "urn:p:2"
    assert codes(document) == ["proof.chain", "proof.chain"]
    document = chain()
    document["proof"][1]["previousProof"] = "urn:p:2"
    assert codes(document) == [None, "proof.chain"]


def test_duplicate_proof_ids() -> None:
    document = chain()
    document["proof"].append(document["proof"][0])
    assert codes(document) == ["proof.chain", "proof.chain", "proof.chain"]


@pytest.mark.parametrize("value", [7, [], [7], "", [""], None, {"id": "urn:p:1"}])
def test_previous_proof_that_names_nothing(value: Any) -> None:
    document = chain()
    document["proof"][1]["previousProof"] = value
    assert codes(document) == [None, "proof.malformed"]


def test_strangers_proof_beside_a_good_one_neither_helps_nor_harms() -> None:
    document = add_proof(signed_badge(), ATTACKER, "eddsa-rdfc-2022", created=None)
    assert codes(document) == [None, "proof.key_not_bound"]
    alone = {**document, "proof": document["proof"][1]}
    assert authenticate(alone).secured is None


def test_many_proofs() -> None:
    document = signed_badge("eddsa-jcs-2022")
    document["proof"] = [document["proof"]] * 17
    failure = authenticate(document).failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("proof.too_many", False)


# ── The bytes ───────────────────────────────────────────────────────────────────────────────────────


def test_hundred_deep_document() -> None:
    deep: Any = "x"
    for _ in range(100):
        deep = {"achievement": deep}
    document = {**signed_badge(), "credentialSubject": deep}
    assert code_of(authenticate(document)) == "format.too_deep"


@pytest.mark.parametrize("number", ["1" * 5000, "1e400", "-" + "9" * 30 + "1", "0.1234567890123456789"])
def test_huge_numbers(number: str) -> None:
    text = json.dumps(signed_badge())
    assert code_of(authenticate(f'{text[:-1]},"count":{number}}}')) == "format.number"


def test_document_that_is_too_large() -> None:
    assert code_of(authenticate({**signed_badge(), "description": "x" * 2**20})) == "format.too_large"


@pytest.mark.parametrize(
    "item",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"a"',
        b'"a.b.c"',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"a.b",
        b"{}",
    ],
)
def test_what_is_no_credential_at_all(item: bytes) -> None:
    outcome = authenticate(item)
    assert outcome.failure is not None
    assert outcome.failure.code.startswith("format.")
    assert outcome.failure.code != "format.engine_fault"
    assert ENGINE.survey([item])[0].failure == outcome.failure
