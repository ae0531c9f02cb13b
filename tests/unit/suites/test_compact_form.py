"""Which ways of writing a document are usual, and which could hide something."""

from typing import Any

import pytest

from ler_trust.errors import Undecided
from ler_trust.suites.compact_form import require_compact
from tests.kit.issuing import badge

ISSUER = "did:web:college.example.org"


def finding(**members: Any) -> tuple[str, str] | None:
    try:
        require_compact(badge(ISSUER, **members))
    except Undecided as found:
        return found.code.name, found.pointer
    return None


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_badge_as_issued_is_usual(version: str) -> None:
    require_compact(badge(ISSUER, version=version))


@pytest.mark.parametrize(
    "members",
    [
        {"name": {"@value": "Equipo", "@language": "es", "@direction": "ltr"}},
        {"evidence": [{"type": ["Evidence", "https://college.example.org/terms#Essay", "urn:x:y"]}]},
        {"endorsement": [{"@context": ["https://www.w3.org/ns/credentials/v2", {"a:b": "@id"}]}]},
        {"endorsement": [{"credentialSubject": {"id": badge("")["id"], "type": ["EndorsementSubject"]}}]},
    ],
)
def test_usual_forms(members: dict[str, Any]) -> None:
    assert finding(**members) is None


@pytest.mark.parametrize("name", ["@included", "@graph", "@id", "@type", "@nest", "a:b", "https://x.org/y"])
def test_keyword_or_address_in_place_of_a_word(name: str) -> None:
    assert finding(**{name: "x"}) == ("jsonld.not_compact", "/" + name.replace("/", "~1"))
    assert finding(evidence=[{name: "x"}]) is not None
    usual_beside_a_value = name == "@type"
    assert (finding(name={"@value": "x", name: "y"}) is None) is usual_beside_a_value


@pytest.mark.parametrize(
    "kind",
    [
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry",
        "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrSubject",
        "https://w3id.org/security#DataIntegrityProof",
        "cred:VerifiableCredential",
    ],
)
def test_type_by_address_where_there_is_a_word(kind: str) -> None:
    assert finding(evidence=[{"type": ["Evidence", kind]}]) == ("jsonld.not_compact", "/evidence/0/type")
    assert finding(evidence={"type": kind}) == ("jsonld.not_compact", "/evidence/type")


@pytest.mark.parametrize("name", ["credentialStatus", "validUntil", "expirationDate", "issuer"])
def test_more_said_of_the_record_elsewhere(name: str) -> None:
    elsewhere = {"id": badge("")["id"], name: "x"}
    assert finding(evidence=[elsewhere]) == ("jsonld.not_compact", "/evidence/0")
    assert finding(evidence=[{**elsewhere, "id": "urn:another"}]) is None
