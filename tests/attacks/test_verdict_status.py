"""Status lists, through the whole walk: what cannot be checked is never "not revoked"."""

from typing import Any

import orjson
import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, Policy
from ler_trust.model.report import CheckOutcome, Outcome, Report
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.issuing import badge, signer
from tests.kit.world import NOW, World, entry

LISTS = "https://lists.example.org/1"
OTHER = "https://lists.example.org/2"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


async def judged(
    world: World, school: LocalSigner, status: Any, policy: Policy = DEFAULT, **members: Any
) -> Report:
    document = badge(school.issuer, credentialStatus=status, **members)
    return await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), policy)


async def test_revoked_and_suspended_are_invalid(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, 7)
    world.publish_list(OTHER, school, 8, purpose="suspension")
    revoked = await judged(world, school, entry(LISTS, 7))
    suspended = await judged(world, school, [entry(LISTS, 6), entry(OTHER, 8, "suspension")])
    assert (revoked.outcome, revoked.reason) == (Outcome.INVALID, "status.revoked")
    assert (suspended.outcome, suspended.reason) == (Outcome.INVALID, "status.suspended")


async def test_first_entry_does_not_stand_for_the_others(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, 7)
    legacy = {"id": "https://school.example.org/1", "type": "CredentialStatusList2017"}
    report = await judged(world, school, [entry(LISTS, 6), legacy, entry(LISTS, 7)])
    assert [check.code for check in report.checks if check.check == "status"] == [
        None,
        "status.type_unsupported",
        "status.revoked",
    ]
    assert report.outcome is Outcome.INVALID


async def test_unknown_status_type_is_indeterminate_by_name(world: World, school: LocalSigner) -> None:
    unknown = {"id": "https://a.example.org/1", "type": "CredentialStatusList2017"}
    report = await judged(world, school, unknown)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.type_unsupported")
    assert "CredentialStatusList2017" in str(report.checks)


@pytest.mark.parametrize(
    ("index", "code"),
    [
        ("131072", "status.index_out_of_range"),
        ("1000000000", "status.index_out_of_range"),
        ("-1", "status.entry_malformed"),
        ("007", "status.entry_malformed"),
        ("1e9", "status.entry_malformed"),
        ("", "status.entry_malformed"),
    ],
)
async def test_index_tricks(world: World, school: LocalSigner, index: str, code: str) -> None:
    world.publish_list(LISTS, school)
    report = await judged(world, school, entry(LISTS, index))
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, code)


async def test_list_with_another_purpose(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, purpose="suspension")
    assert (await judged(world, school, entry(LISTS, 7))).reason == "status.list_purpose"


async def test_list_signed_by_a_stranger(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, world.web_issuer("stranger"))
    report = await judged(world, school, entry(LISTS, 7))
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_issuer")


async def test_list_that_claims_the_issuer_and_is_signed_by_a_stranger(
    world: World, school: LocalSigner
) -> None:
    forger = signer(name="forger", method=school.method)
    world.publish_list(LISTS, forger)
    report = await judged(world, school, entry(LISTS, 7))
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_signature")


async def test_tampered_unsigned_short_and_expired_lists(world: World, school: LocalSigner) -> None:
    published = world.publish_list(LISTS, school)
    unsigned = {name: value for name, value in published.items() if name != "proof"}
    pages = {
        "unsigned": orjson.dumps(unsigned),
        "tampered": orjson.dumps(published | {"validUntil": "2040-01-01T00:00:00Z"}),
    }
    for name, page in pages.items():
        world.web.pages[f"{LISTS}/{name}"] = page
        report = await judged(world, school, entry(f"{LISTS}/{name}", 7))
        assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_signature"), name
    world.publish_list(f"{LISTS}/short", school, entries=100_000)
    assert (await judged(world, school, entry(f"{LISTS}/short", 7))).reason == "status.list_too_short"
    world.publish_list(f"{LISTS}/old", school, until=NOW - DAY)
    assert (await judged(world, school, entry(f"{LISTS}/old", 7))).reason == "status.list_expired"


async def test_list_unreachable_is_not_not_revoked(world: World, school: LocalSigner) -> None:
    world.web.pages[LISTS] = Undecided("fetch.timeout", retryable=True)
    report = await judged(world, school, entry(LISTS, 7))
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_unreachable")
    assert any(check.retryable for check in report.checks)


async def test_status_list_that_points_at_itself_ends(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, credentialStatus=entry(LISTS, 7))
    assert (await judged(world, school, entry(LISTS, 7))).outcome is Outcome.VALID
    report = await judged(world, school, entry(LISTS, 7), id=LISTS)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_self")
    assert world.web.asked.count(LISTS) == 1


async def test_refresh_and_message_do_not_invalidate(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, 7, purpose="refresh")
    report = await judged(world, school, entry(LISTS, 7, "refresh"))
    assert report.outcome is Outcome.VALID
    assert ("status.refresh", CheckOutcome.WARNING) in [(c.code, c.outcome) for c in report.checks]


async def test_a_stale_list_counts_only_within_the_policys_grace(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, until=NOW + 30 * DAY)
    assert (await judged(world, school, entry(LISTS, 7))).outcome is Outcome.VALID
    world.web.pages[LISTS] = Undecided("fetch.unreachable", retryable=True)
    world.clock.instant += DAY
    strict = await judged(world, school, entry(LISTS, 7))
    assert (strict.outcome, strict.reason) == (Outcome.INDETERMINATE, "status.list_unreachable")
    lenient = Policy("lenient", 1, "", issuer=False, stale_list_grace=2 * 86_400)
    graced = await judged(world, school, entry(LISTS, 7), lenient)
    assert graced.outcome is Outcome.VALID
    assert "status.list_stale" in [check.code for check in graced.checks]


async def test_revocation_by_a_list_of_another_issuer_is_heeded_when_issuers_are_not_required(
    world: World, school: LocalSigner
) -> None:
    world.publish_list(LISTS, world.web_issuer("keeper"), 7)
    revoked = await judged(world, school, entry(LISTS, 7), ANY_ISSUER)
    fine = await judged(world, school, entry(LISTS, 6), ANY_ISSUER)
    assert revoked.reason == "status.revoked"
    assert (fine.outcome, "status.list_issuer" in [check.code for check in fine.checks]) == (
        Outcome.VALID,
        True,
    )
