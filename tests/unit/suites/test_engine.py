"""The engine's side of the contract: order, isolation, what is pinned, what it costs."""

import dataclasses
from typing import Any

import pytest

from ler_trust.errors import ConfigurationError
from ler_trust.model.engine import KeyNeed, Material, SecuringForm
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites import record
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.signing import add_proof
from tests.kit.issuing import (
    CONTEXT_V2,
    CREATED,
    ENGINE,
    authenticate,
    badge,
    code_of,
    encoded,
    instant,
    jose_badge,
    jwt_badge,
    material,
    signed_badge,
    signer,
)

GOOD = encoded(signed_badge("eddsa-jcs-2022"))
OWN = signer()


def test_survey_says_form_issuer_and_keys() -> None:
    need = KeyNeed(OWN.issuer, OWN.method, "assertionMethod")
    forms = {
        SecuringForm.DATA_INTEGRITY: GOOD,
        SecuringForm.VC_JOSE: jose_badge().encode(),
        SecuringForm.VC_JWT: jwt_badge().encode(),
    }
    for form, item in forms.items():
        [survey] = ENGINE.survey([item])
        assert (survey.form, survey.issuer, survey.keys, survey.failure) == (form, OWN.issuer, (need,), None)


def test_survey_asks_once_for_a_key_of_two_proofs() -> None:
    twice = add_proof(signed_badge(), OWN, "eddsa-jcs-2022", created=None)
    [survey] = ENGINE.survey([encoded(twice)])
    assert len(survey.keys) == 1


def test_survey_asks_for_nothing_when_the_proof_cannot_be_checked() -> None:
    document = signed_badge()
    document["proof"]["cryptosuite"] = "bbs-2023"
    [survey] = ENGINE.survey([encoded(document)])
    assert (survey.keys, survey.failure) == ((), None)


def test_order_is_kept_and_bad_items_stand_alone() -> None:
    items = [GOOD, b"{", jose_badge().encode(), GOOD, b"", encoded(signed_badge(number=2))]
    found = ENGINE.authenticate(items, material(items, OWN))
    assert [code_of(one) for one in found] == [None, "format.json", None, None, "format.json", None]
    assert found[0] == found[3]
    assert found[5].secured is not None
    assert found[5].secured.id == badge("", 2)["id"]


def test_each_distinct_item_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    parse = record.parse

    def counted(item: bytes, limits: Any) -> Any:
        read.append(item)
        return parse(item, limits)

    monkeypatch.setattr(record, "parse", counted)
    ENGINE.survey([GOOD] * 1000 + [b"x"])
    assert read == [GOOD, b"x"]


def test_fault_of_the_engine_is_named_and_stays_with_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = record.parse

    def stumble(item: bytes, limits: Any) -> Any:
        return 1 // 0 if item == b"bad" else parse(item, limits)

    known = material([GOOD], OWN)
    monkeypatch.setattr(record, "parse", stumble)
    bad, good = ENGINE.authenticate([b"bad", GOOD], known)
    assert code_of(good) is None
    assert bad.failure is not None
    assert (bad.failure.code, bad.failure.decided) == ("format.engine_fault", False)
    assert "ZeroDivisionError" in bad.failure.detail
    assert ENGINE.survey([b"bad"])[0].failure == bad.failure


def test_material_that_was_never_gathered_is_a_fault_not_a_verdict() -> None:
    [outcome] = ENGINE.authenticate([GOOD], Material({}))
    assert code_of(outcome) == "format.engine_fault"


def test_documents_are_returned_only_on_request_and_without_proof() -> None:
    for item in (signed_badge(), jose_badge(), jwt_badge(version="1.1")):
        version = "1.1" if isinstance(item, str) and item == jwt_badge(version="1.1") else "2.0"
        with_document = authenticate(item, documents=True).secured
        without = authenticate(item).secured
        assert with_document is not None
        assert without is not None
        assert without.document is None
        assert with_document.document == badge(OWN.issuer, version=version)


def test_pinned_context_cannot_be_replaced() -> None:
    known = dataclasses.replace(material([GOOD], OWN), contexts={CONTEXT_V2: b'{"@context": {}}'})
    with pytest.raises(ConfigurationError):
        ENGINE.authenticate([GOOD], known)


def test_context_that_the_operator_added_is_used() -> None:
    url = "https://college.example.org/context"
    added = {url: b'{"@context": {"grade": "https://college.example.org/terms#grade"}}'}
    document = badge(OWN.issuer, grade="A")
    document["@context"].append(url)
    item = encoded(add_proof(document, OWN, "eddsa-rdfc-2022", created=None, contexts=added))
    [known] = ENGINE.authenticate([item], material([item], OWN, contexts=added))
    [unknown] = ENGINE.authenticate([item], material([item], OWN))
    assert (code_of(known), code_of(unknown)) == (None, "context.unknown")


@pytest.mark.parametrize("name", ["ClrCredential", "VerifiablePresentation", "EnvelopedVerifiableCredential"])
def test_what_is_not_one_plain_credential_is_refused_by_name(name: str) -> None:
    document = {**signed_badge("eddsa-jcs-2022"), "type": ["VerifiableCredential", name]}
    failure = authenticate(document).failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("format.unsupported", False)
    assert name in failure.detail


def test_document_without_issuer() -> None:
    document = signed_badge()
    for value in (None, "", {}, {"id": 7}, ["did:example:1"]):
        assert code_of(authenticate({**document, "issuer": value})) == "format.credential"


def test_dates_of_a_proof_are_handed_on_and_the_first_is_the_date_of_issue() -> None:
    document = badge(OWN.issuer)
    one = add_proof(document, OWN, "eddsa-rdfc-2022", created=None, expires=instant("2030-01-01T00:00:00Z"))
    two = add_proof(one, OWN, "eddsa-jcs-2022", created=instant(CREATED))
    outcome = authenticate(two)
    assert [(proof.created, proof.expires) for proof in outcome.proofs] == [
        (None, instant("2030-01-01T00:00:00Z")),
        (instant(CREATED), None),
    ]
    assert outcome.secured is not None
    assert (outcome.secured.issued_at, outcome.secured.issued_at_source) == (
        instant(CREATED),
        "proof.created",
    )
    assert [proof.pointer for proof in outcome.proofs] == ["/proof/0", "/proof/1"]


def test_domain_and_challenge_are_signed_and_otherwise_ignored() -> None:
    document = signed_badge()
    document["proof"]["domain"] = "https://employer.example.org"
    assert code_of(authenticate(document)) == "proof.signature"


def _poison(size: int) -> dict[str, Any]:
    """Return a badge with blank nodes that all look alike: each is linked to all others."""
    names = [f"_:b{number}" for number in range(size)]
    peers = [
        {"id": name, "type": "Profile", "endorsement": [{"id": other} for other in names if other != name]}
        for name in names
    ]
    return badge(OWN.issuer, endorsement=peers)


def test_poison_graph_under_many_proofs_ends_within_one_records_time() -> None:
    limits = dataclasses.replace(DEFAULT_LIMITS, rdf_work=10**9, rdf_seconds=0.3)
    engine = ReferenceEngine(limits)
    document = _poison(14)
    proof = signed_badge()["proof"]
    proofs = [{**proof, "id": f"urn:p:{number}", "nonce": str(number)} for number in range(16)]
    item = encoded({**document, "proof": proofs})
    known = material([item], OWN)
    [outcome] = engine.authenticate([item], known)
    details = [proof.failure.detail for proof in outcome.proofs if proof.failure]
    assert details.count("the time for this record was used up") >= 14
    assert {proof.failure.code for proof in outcome.proofs if proof.failure} == {"graph.too_complex"}
    assert len(outcome.proofs) == 16


def test_costly_text_under_many_proofs_ends_within_one_records_time() -> None:
    engine = ReferenceEngine(dataclasses.replace(DEFAULT_LIMITS, rdf_seconds=0.01))
    document = badge(OWN.issuer, numbers=[1.5e-7 + number * 1e-9 for number in range(30_000)])
    proof = signed_badge("eddsa-jcs-2022")["proof"]
    item = encoded({**document, "proof": [{**proof, "nonce": str(number)} for number in range(16)]})
    [outcome] = engine.authenticate([item], material([item], OWN))
    details = [proof.failure.detail for proof in outcome.proofs if proof.failure]
    assert details.count("the time for this record was used up") >= 10
