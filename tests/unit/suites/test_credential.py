"""What is read from a secured document, and what is said of one that is no conforming credential."""

from typing import Any

import pytest

from ler_trust.model.engine import SecuredCredential
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.suites import credential
from ler_trust.suites.credential import Issued
from tests.kit.issuing import badge, instant

ISSUER = "did:web:college.example.org"
ENTRY = {"type": "BitstringStatusListEntry", "statusListIndex": "7"}


def read(document: dict[str, Any], limits: Limits = DEFAULT_LIMITS) -> SecuredCredential:
    return credential.read(document, ISSUER, Issued(None, ""), limits, keep=False)


def fault(**members: Any) -> tuple[str, str, bool] | None:
    """Return code, pointer and finality of what is wrong with a badge that has ``members``."""
    document = {name: value for name, value in badge(ISSUER, **members).items() if value is not ...}
    malformed = read(document).malformed
    return None if malformed is None else (malformed.code, malformed.pointer, malformed.decided)


def test_fields_of_a_good_badge() -> None:
    found = read(
        badge(
            ISSUER,
            validUntil="2027-01-01T00:00:00+01:00",
            credentialStatus=[ENTRY, {**ENTRY, "statusPurpose": "suspension"}],
            credentialSchema={"id": "https://example.org/schema.json", "type": "JsonSchema"},
        )
    )
    assert found == SecuredCredential(
        version="2.0",
        id="urn:uuid:00000000-0000-4000-8000-000000000001",
        types=("VerifiableCredential", "OpenBadgeCredential"),
        issuer=ISSUER,
        valid_from=instant("2025-01-01T00:00:00Z"),
        valid_until=instant("2026-12-31T23:00:00Z"),
        issued_at=instant("2025-01-01T00:00:00Z"),
        issued_at_source="validFrom",
        schemas=("JsonSchema",),
        status=(
            ("/credentialStatus/0", ENTRY),
            ("/credentialStatus/1", {**ENTRY, "statusPurpose": "suspension"}),
        ),
    )


def test_fields_of_a_version_1_badge() -> None:
    found = read(badge(ISSUER, version="1.1", expirationDate="2027-01-01T00:00:00Z", credentialStatus=ENTRY))
    assert (found.version, found.issued_at_source) == ("1.1", "issuanceDate")
    assert (found.valid_from, found.valid_until) == (
        instant("2025-01-01T00:00:00Z"),
        instant("2027-01-01T00:00:00Z"),
    )
    assert found.status == (("/credentialStatus", ENTRY),)
    assert found.malformed is None


def test_word_of_the_proof_on_its_date_comes_first() -> None:
    found = credential.read(badge(ISSUER), ISSUER, Issued(5, "proof.created"), DEFAULT_LIMITS, keep=True)
    assert (found.issued_at, found.issued_at_source) == (5, "proof.created")
    assert found.document == badge(ISSUER)
    assert read(badge(ISSUER)).document is None


V2 = "https://www.w3.org/ns/credentials/v2"
OTHER = "https://example.org/context"


@pytest.mark.parametrize("context", [..., None, [], V2, [OTHER, V2], [V2 + "#"], [V2.upper()], {}, [{}, V2]])
def test_first_context_must_be_the_base_one(context: Any) -> None:
    assert fault(**{"@context": context}) == ("context.order", "/@context", True)


@pytest.mark.parametrize("entry", ["relative", 7, None, []])
def test_further_contexts_are_urls_or_objects(entry: Any) -> None:
    assert fault(**{"@context": [V2, entry]}) == ("format.credential", "/@context/1", True)
    assert fault(**{"@context": [V2, {"x": "https://example.org/x"}, OTHER]}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", ...),
        ("type", ["OpenBadgeCredential"]),
        ("type", ["VerifiableCredential", 7]),
        ("type", {"VerifiableCredential": 1}),
        ("id", "not a url"),
        ("id", 7),
        ("id", ["urn:a", "urn:b"]),
        ("issuer", "Example College"),
        ("issuer", {"id": "x"}),
        ("credentialSubject", ...),
        ("credentialSubject", None),
        ("credentialSubject", "did:example:1"),
        ("credentialSubject", {}),
        ("credentialSubject", []),
        ("credentialSubject", [{"name": "x"}, {}]),
        ("credentialSubject", {"id": "x", "name": "y"}),
        ("credentialStatus", {}),
        ("credentialStatus", "https://example.org/status"),
        ("credentialStatus", {"type": 7}),
        ("credentialSchema", {"id": "https://example.org/s"}),
        ("credentialSchema", {"type": "JsonSchema"}),
        ("evidence", {"id": "https://example.org/e"}),
        ("termsOfUse", {}),
        ("refreshService", {"id": "https://example.org/r"}),
    ],
)
def test_member_of_the_wrong_form(name: str, value: Any) -> None:
    assert fault(**{name: value}) == ("format.credential", f"/{name}", True)


def test_one_bad_entry_among_good_ones_is_pointed_at() -> None:
    assert fault(credentialStatus=[ENTRY, {}]) == ("format.credential", "/credentialStatus/1", True)
    assert fault(credentialStatus=[ENTRY, None]) == ("format.credential", "/credentialStatus/1", True)


def test_string_forms_are_as_good_as_arrays() -> None:
    assert fault(type="VerifiableCredential", issuer=ISSUER, credentialSubject=[{"name": "x"}]) is None


@pytest.mark.parametrize(
    "value", [None, 7, "", "2025-01-01", "2025-01-01T00:00:60Z", ["2025-01-01T00:00:00Z"]]
)
@pytest.mark.parametrize("name", ["validFrom", "validUntil"])
def test_dates_that_are_none(name: str, value: Any) -> None:
    assert fault(**{name: value}) == ("validity.malformed", f"/{name}", True)


def test_period_that_ends_before_it_begins() -> None:
    wrong = {"validFrom": "2025-01-01T01:00:00+02:00", "validUntil": "2024-12-31T22:59:59Z"}
    assert fault(**wrong) == ("validity.malformed", "/validUntil", True)
    assert fault(**{**wrong, "validUntil": "2024-12-31T23:00:00Z"}) is None


def test_version_1_needs_an_issuance_date() -> None:
    document = badge(ISSUER, version="1.1")
    del document["issuanceDate"]
    malformed = read(document).malformed
    assert malformed is not None
    assert (malformed.code, malformed.pointer) == ("validity.malformed", "/issuanceDate")
    assert fault(validFrom=...) is None


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_dates_of_the_other_data_model_bind_too(version: str) -> None:
    """Else a genuine record could be made to last by exchanging its context for one that has both."""
    document = badge(ISSUER, version=version)
    for name in ("validUntil", "expirationDate"):
        found = read({**document, name: "2026-01-01T00:00:00Z"})
        assert found.valid_until == instant("2026-01-01T00:00:00Z")
    both = {"validUntil": "2026-01-01T00:00:00Z", "expirationDate": "2027-01-01T00:00:00Z"}
    assert read({**document, **both}).valid_until == instant("2026-01-01T00:00:00Z")
    both = {"validFrom": "2025-02-01T00:00:00Z", "issuanceDate": "2025-03-01T00:00:00Z"}
    assert read({**document, **both}).valid_from == instant("2025-03-01T00:00:00Z")


def test_date_without_offset_is_utc_and_a_warning() -> None:
    found = read(badge(ISSUER, validFrom="2025-01-01T00:00:00"))
    assert found.malformed is None
    assert found.valid_from == instant("2025-01-01T00:00:00Z")
    [warning] = found.warnings
    assert (warning.code, warning.pointer, warning.decided) == ("validity.malformed", "/validFrom", False)


def test_more_status_entries_than_are_checked() -> None:
    malformed = read(badge(ISSUER, credentialStatus=[ENTRY] * 17)).malformed
    assert malformed is not None
    assert (malformed.code, malformed.decided) == ("status.too_many", False)


# ── Credentials inside ──────────────────────────────────────────────────────────────────────────────


def test_endorsements_are_found_wherever_they_stand() -> None:
    inner = {"type": ["VerifiableCredential"], "endorsement": [{"type": "deeper"}]}
    document = badge(ISSUER, endorsement=[inner], endorsementJwt="a.b.c")
    document["issuer"]["endorsement"] = inner
    document["credentialSubject"]["achievement"]["a/b"] = [{"endorsementJwt": ["d.e.f"]}]
    found = read(document).embedded
    assert {(one.pointer, one.role) for one in found} == {
        ("/issuer/endorsement", "endorsement"),
        ("/credentialSubject/achievement/a~1b/0/endorsementJwt/0", "endorsement"),
        ("/endorsement/0", "endorsement"),
        ("/endorsementJwt", "endorsement"),
    }
    contents = {one.pointer: one.content for one in found}
    assert contents["/endorsementJwt"] == b"a.b.c"
    assert contents["/endorsement/0"] == (
        b'{"endorsement":[{"type":"deeper"}],"type":["VerifiableCredential"]}'
    )


def test_credentials_of_a_transcript_are_found() -> None:
    document = badge(ISSUER)
    document["credentialSubject"] = {"type": ["ClrSubject"], "verifiableCredential": [{"name": "é"}, "a.b.c"]}
    assert [(one.pointer, one.role, one.content.decode()) for one in read(document).embedded] == [
        ("/credentialSubject/verifiableCredential/0", "credential", '{"name":"é"}'),
        ("/credentialSubject/verifiableCredential/1", "credential", "a.b.c"),
    ]


def test_more_credentials_inside_than_are_checked() -> None:
    found = read(badge(ISSUER, endorsement=[{"n": number} for number in range(65)]))
    assert len(found.embedded) == 64
    assert found.malformed is not None
    assert (found.malformed.code, found.malformed.decided) == ("embedded.undecided", False)
