"""Lists of older kinds through the whole walk: none passes silently, and what they lack is said."""

from typing import Any

import orjson
import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import CheckOutcome, CheckResult, Outcome, Report
from ler_trust.model.status import StatusList
from ler_trust.suites.signing import LocalSigner, add_proof
from status_lists.revocation_list_2020 import RevocationList2020
from tests.kit.issuing import CONTEXT_V1, DATA_INTEGRITY, badge
from tests.kit.status_format_contract import bits_with
from tests.kit.world import NOW, World

LIST = "https://lists.example.org/revocations"
RECORD = "https://school.example.org/assertions/8f14e45fceea"
REVOKED, CLEAR = 7, 8


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


async def judged(world: World, school: LocalSigner, status: Any, **members: Any) -> Report:
    document = badge(school.issuer, credentialStatus=status, **members)
    return await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), DEFAULT)


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


# ── 1EdTech Revocation List ─────────────────────────────────────────────────────────────────────────


def listed(url: str = LIST) -> dict[str, str]:
    return {"id": url, "type": "1EdTechRevocationList"}


def publish(world: World, *revoked: Any, url: str = LIST, **members: Any) -> None:
    content = {"id": url, "issuer": "https://school.example.org", "revokedCredential": list(revoked)}
    world.web.pages[url] = orjson.dumps(content | members)


async def test_unsigned_list_decides_and_says_what_vouches_for_it(world: World, school: LocalSigner) -> None:
    publish(world, {"id": RECORD, "revocationReason": "issued in error"})
    revoked = await judged(world, school, listed(), id=RECORD)
    assert (revoked.outcome, revoked.reason) == (Outcome.INVALID, "status.revoked")
    assert status_of(revoked).evidence["message"] == "issued in error"
    fine = await judged(world, school, listed(), id="urn:uuid:00000000-0000-4000-8000-000000000001")
    check = status_of(fine)
    assert (fine.outcome, check.outcome, check.code) == (
        Outcome.VALID,
        CheckOutcome.WARNING,
        "status.list_unsigned",
    )
    assert check.evidence["secured_by"] == "transport"
    assert check.evidence["list_issuer"] == "https://lists.example.org"


async def test_list_of_one_record_is_flagged(world: World, school: LocalSigner) -> None:
    own = f"{RECORD}/revocations"
    publish(world, url=own)
    check = status_of(await judged(world, school, listed(own), id=RECORD))
    assert (check.outcome, check.code) == (CheckOutcome.WARNING, "status.list_tracking")
    assert "TLS" in (check.detail or "")


async def test_unreachable_list_is_not_not_revoked(world: World, school: LocalSigner) -> None:
    world.web.pages[LIST] = Undecided("fetch.timeout", retryable=True)
    report = await judged(world, school, listed(), id=RECORD)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_unreachable")


@pytest.mark.parametrize(
    "page",
    [b"<html>", b"[]", b"{}", b'{"error":"gone"}', b'{"revokedCredential":{}}', b'{"a":1,"a":2}', b""],
)
async def test_page_that_is_no_list(world: World, school: LocalSigner, page: bytes) -> None:
    world.web.pages[LIST] = page
    report = await judged(world, school, listed(), id=RECORD)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_malformed")


async def test_list_of_another_address(world: World, school: LocalSigner) -> None:
    publish(world, id="https://lists.example.org/others")
    assert (await judged(world, school, listed(), id=RECORD)).reason == "status.list_malformed"


async def test_record_without_an_id(world: World, school: LocalSigner) -> None:
    publish(world)
    document = badge(school.issuer, credentialStatus=listed())
    del document["id"]
    report = await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.entry_malformed")


async def test_redirects_must_stay_with_the_host(world: World, school: LocalSigner) -> None:
    """An open redirect would otherwise let the host vouch for a stranger's list."""
    publish(world)
    await judged(world, school, listed(), id=RECORD)
    [request] = [request for request in world.web.requests if request.url == LIST]
    assert request.same_host


async def test_signed_list_is_not_taken_from_an_unsigned_page(world: World, school: LocalSigner) -> None:
    """The kind of entry says how its list is secured; a page cannot choose the weaker kind."""
    kinds = ["VerifiableCredential", "BitstringStatusListCredential"]
    world.web.pages[LIST] = orjson.dumps({"type": kinds, "issuer": school.issuer, "revokedCredential": []})
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "1",
        "statusListCredential": LIST,
    }
    assert (await judged(world, school, entry)).reason == "status.list_signature"


# ── Revocation List 2020 ────────────────────────────────────────────────────────────────────────────

CONTEXT_2020 = "https://w3id.org/vc-revocation-list-2020/v1"


def publish_2020(world: World, by: LocalSigner, **members: Any) -> None:
    subject = RevocationList2020().encode(StatusList("", (), bits_with(REVOKED)))
    document = {
        "@context": [CONTEXT_V1, CONTEXT_2020, DATA_INTEGRITY],
        "id": LIST,
        "type": ["VerifiableCredential", "RevocationList2020Credential"],
        "issuer": by.issuer,
        "issuanceDate": format_instant(NOW - DAY),
        "credentialSubject": {"id": f"{LIST}#list", **subject},
        **members,
    }
    world.web.pages[LIST] = orjson.dumps(add_proof(document, by, "eddsa-rdfc-2022", created=NOW - DAY))


def entry_2020(index: int) -> dict[str, str]:
    return {
        "id": f"{LIST}#{index}",
        "type": "RevocationList2020Status",
        "revocationListIndex": str(index),
        "revocationListCredential": LIST,
    }


async def test_revocation_list_2020(world: World, school: LocalSigner) -> None:
    publish_2020(world, school)
    assert (await judged(world, school, entry_2020(REVOKED))).reason == "status.revoked"
    assert (await judged(world, school, entry_2020(CLEAR))).outcome is Outcome.VALID


async def test_revocation_list_2020_of_a_stranger(world: World, school: LocalSigner) -> None:
    publish_2020(world, world.web_issuer("stranger"))
    assert (await judged(world, school, entry_2020(CLEAR))).reason == "status.list_issuer"


async def test_revocation_list_2020_that_is_over(world: World, school: LocalSigner) -> None:
    publish_2020(world, school, expirationDate=format_instant(NOW - DAY // 2))
    assert (await judged(world, school, entry_2020(CLEAR))).reason == "status.list_expired"
