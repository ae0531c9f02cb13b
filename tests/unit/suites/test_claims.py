"""The two profiles of tokens, and claims that repeat, add to or contradict the credential."""

from typing import Any

import pytest

from ler_trust.model.did import KeyKind
from ler_trust.model.engine import Authentication, SecuringForm
from ler_trust.suites.signing import sign_compact, sign_vc_jose, sign_vc_jwt
from tests.kit.issuing import CREATED, ENGINE, authenticate, badge, code_of, instant, jwt_badge, signer

OWN = signer()
ISSUER = OWN.issuer


def token(payload: dict[str, Any], kind: str | None = "JWT", **header: Any) -> Authentication:
    typed = {} if kind is None else {"typ": kind}
    return authenticate(
        sign_compact({**typed, "kid": OWN.method, **header}, payload, OWN), OWN, documents=True
    )


def secured(outcome: Authentication) -> Any:
    assert code_of(outcome) is None
    assert outcome.secured is not None
    return outcome.secured


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_kind_of_key_signs_both_profiles(kind: KeyKind) -> None:
    if kind is KeyKind.SECP256K1:
        with pytest.raises(ValueError, match="secp256k1"):
            signer(kind)
        return
    by = signer(kind)
    for version, form in (("2.0", "jose"), ("2.0", "jwt"), ("1.1", "jwt")):
        document = badge(by.issuer, version=version)
        made = sign_vc_jose(document, by) if form == "jose" else sign_vc_jwt(document, by)
        outcome = authenticate(made, by)
        assert code_of(outcome) is None
        assert outcome.form is (SecuringForm.VC_JOSE if form == "jose" else SecuringForm.VC_JWT)
        assert secured(outcome).version == version


@pytest.mark.parametrize("kind", ["vc+jwt", "VC+JWT", "application/vc+jwt"])
def test_vc_jose_times_are_the_signatures_own(kind: str) -> None:
    payload = {**badge(ISSUER), "iat": 1750000000, "nbf": 1750000060.5, "exp": 1925061804.0}
    outcome = token(payload, kind)
    assert outcome.form is SecuringForm.VC_JOSE
    assert outcome.proofs[0].created == 1750000060_500000
    assert outcome.proofs[0].expires == 1925061804_000000
    assert (secured(outcome).issued_at, secured(outcome).issued_at_source) == (1750000000_000000, "iat")
    assert secured(outcome).valid_until is None
    assert secured(outcome).document == badge(ISSUER)


def test_issuance_date_of_a_token_without_iat() -> None:
    found = secured(token(badge(ISSUER), "vc+jwt"))
    assert (found.issued_at, found.issued_at_source) == (instant("2025-01-01T00:00:00Z"), "validFrom")


@pytest.mark.parametrize("kind", ["JWT", "jwt", None])
def test_claims_may_state_what_the_credential_leaves_out(kind: str | None) -> None:
    document = badge(ISSUER, version="1.1")
    first = document.pop("issuanceDate")
    for name in ("id", "issuer"):
        del document[name]
    del document["credentialSubject"]["id"]
    claims = {
        "iss": ISSUER,
        "sub": "did:example:s",
        "jti": "urn:x:1",
        "nbf": instant(first) // 10**6,
        "exp": 1925061804.0,
    }
    found = secured(token({**claims, "vc": document}, kind))
    assert (found.issuer, found.id, found.malformed) == (ISSUER, "urn:x:1", None)
    assert (found.valid_from, found.valid_until) == (instant(first), 1925061804_000000)
    assert found.document["credentialSubject"]["id"] == "did:example:s"
    assert found.document["expirationDate"] == "2031-01-01T19:23:24Z"


def test_claims_of_a_version_2_badge_state_its_own_dates() -> None:
    found = secured(token({**badge(ISSUER), "exp": 1925061804}))
    assert found.document["validUntil"] == "2031-01-01T19:23:24Z"
    assert "exp" not in found.document


CONTRADICTIONS: list[tuple[str, Any]] = [
    ("iss", "did:web:other.example.org"),
    ("iss", {"id": ISSUER}),
    ("iss", 7),
    ("sub", "did:example:other"),
    ("sub", {}),
    ("jti", "urn:other"),
    ("jti", None),
    ("nbf", 1735689601),
    ("exp", 1798761599),
    ("iat", True),
]


@pytest.mark.parametrize(("claim", "value"), CONTRADICTIONS)
@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_claim_that_contradicts_the_credential(claim: str, value: Any, version: str) -> None:
    last = {"1.1": "expirationDate", "2.0": "validUntil"}[version]
    document = {**badge(ISSUER, version=version), last: "2027-01-01T00:00:00Z"}
    agreeing = {"iss": ISSUER, "nbf": 1735689600, "exp": 1798761600}
    for claims, code in ((agreeing, None), ({**agreeing, claim: value}, "proof.claims")):
        payload = {**claims, "vc": document} if version == "1.1" else {**document, **claims}
        outcome = token(payload)
        assert code_of(outcome) == code
        assert (outcome.secured is None) is (code is not None)


def test_subject_claim_and_several_subjects() -> None:
    document = badge(ISSUER)
    one = document["credentialSubject"]
    assert code_of(token({**document, "credentialSubject": [one], "sub": one["id"]})) is None
    several = {**document, "credentialSubject": [one, {**one, "id": "did:example:2"}], "sub": one["id"]}
    assert code_of(token(several)) == "proof.claims"


def test_vc_jose_with_another_iss() -> None:
    assert code_of(token({**badge(ISSUER), "iss": ISSUER}, "vc+jwt")) is None
    assert code_of(token({**badge(ISSUER), "iss": "did:example:x"}, "vc+jwt")) == "proof.claims"


def test_forgery_with_contradicting_claims_is_reported_as_a_forgery() -> None:
    signed, _, _ = sign_compact({"kid": OWN.method}, {**badge(ISSUER), "jti": "urn:o"}, OWN).rpartition(".")
    assert code_of(authenticate(f"{signed}.{'A' * 86}")) == "proof.signature"


def test_presentations_are_named() -> None:
    for payload in ({"iss": ISSUER, "vp": {}}, {**badge(ISSUER), "type": ["VerifiablePresentation"]}):
        outcome = token(payload)
        assert outcome.failure is not None
        assert outcome.failure.code == "format.unsupported"
        assert "resentation" in outcome.failure.detail


@pytest.mark.parametrize("payload", [{"vc": 7}, {"vc": [badge(ISSUER)]}, {"vc": {}}, {}])
def test_token_without_a_credential(payload: dict[str, Any]) -> None:
    outcome = token(payload)
    assert outcome.failure is not None
    assert outcome.failure.code == "format.credential"


def test_kid_and_the_key_that_is_asked_for() -> None:
    issuer = "did:web:college.example.org"
    for kid, method in (
        (OWN.method, OWN.method),
        ("https://college.example.org/keys#1", "https://college.example.org/keys#1"),
        ("#key-1", f"{issuer}#key-1"),
        ("key-1", None),
        ("", None),
        (None, None),
    ):
        header = {} if kid is None else {"kid": kid}
        [survey] = ENGINE.survey([sign_compact(header, badge(issuer), OWN).encode()])
        assert survey.keys == ((issuer, method, "assertionMethod"),)
        assert survey.issuer == issuer


def test_key_that_signed_is_named_when_the_token_names_none() -> None:
    outcome = authenticate(sign_compact({"typ": "JWT"}, badge(ISSUER), OWN), OWN)
    assert outcome.proofs[0].method == OWN.method
    assert outcome.proofs[0].suite == "EdDSA"


def test_token_as_json_string_and_with_space_around_it() -> None:
    made = jwt_badge()
    for item in (f'"{made}"', f" \r\n{made}\n", f' "{made}" '):
        assert code_of(authenticate(item)) is None


def test_signature_time_of_a_claims_token_is_iat() -> None:
    made = sign_vc_jwt(badge(ISSUER), OWN, issued=instant(CREATED))
    outcome = authenticate(made, OWN)
    assert (outcome.proofs[0].created, outcome.proofs[0].expires) == (instant(CREATED), None)
