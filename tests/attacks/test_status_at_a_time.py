"""The state at a time in the past: asked for where a format has it, and never made up."""

from typing import Any

import orjson
import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY, SECOND, format_instant
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import CheckOutcome, CheckResult, Outcome, Report
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact
from tests.kit.issuing import badge
from tests.kit.list_tokens import claims, jwt
from tests.kit.world import NOW, World, entry

LISTS = "https://lists.example.org/1"
TOKENS = "https://lists.example.org/tokens/1"
THEN = NOW - 30 * DAY
PAST_LIST = f"{LISTS}?timestamp=2025-06-01T12%3A00%3A00Z"
PAST_TOKEN = f"{TOKENS}?time={THEN // SECOND}"
REVOKED, CLEAR = 7, 8


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


def publish(world: World, school: LocalSigner, url: str, *revoked: int, **members: Any) -> None:
    """Publish the list as it was at ``THEN``: its id is that of the list, whatever it was asked for by."""
    period: dict[str, Any] = {"validFrom": format_instant(THEN - DAY), "until": THEN + DAY}
    world.publish_list(url, school, *revoked, **({**period, "id": LISTS} | members))


async def judged(world: World, school: LocalSigner, index: int = REVOKED) -> Report:
    document = badge(school.issuer, credentialStatus=entry(LISTS, index))
    signed = add_proof(document, school, "eddsa-jcs-2022", created=THEN - DAY)
    return await world.verify_one(signed, DEFAULT, THEN)


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


async def test_revoked_since_is_valid_then_and_told(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, REVOKED)
    publish(world, school, PAST_LIST)
    report = await judged(world, school)
    check = status_of(report)
    assert (report.outcome, check.outcome, check.code) == (
        Outcome.VALID,
        CheckOutcome.WARNING,
        "status.set_since",
    )
    assert check.evidence["state_at"] == format_instant(THEN)


async def test_revoked_then_is_invalid(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, REVOKED)
    publish(world, school, PAST_LIST, REVOKED)
    report = await judged(world, school)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "status.revoked")


async def test_clear_then_and_now(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, REVOKED)
    publish(world, school, PAST_LIST)
    assert status_of(await judged(world, school, CLEAR)).outcome is CheckOutcome.PASS


async def test_list_then_is_enough_when_the_present_one_is_gone(world: World, school: LocalSigner) -> None:
    world.web.pages[LISTS] = Undecided("fetch.timeout")
    publish(world, school, PAST_LIST)
    assert (await judged(world, school, CLEAR)).outcome is Outcome.VALID


@pytest.mark.parametrize(
    "members",
    [
        {"validFrom": format_instant(THEN + DAY), "until": NOW + DAY},  # the present list, whatever was asked
        {"validFrom": format_instant(THEN - 2 * DAY), "until": THEN - DAY},
        {"id": "https://lists.example.org/2"},
        {"issuer": "did:web:stranger.example.org"},
    ],
)
async def test_answer_that_is_not_of_that_time_is_not_used(
    world: World, school: LocalSigner, members: Any
) -> None:
    world.publish_list(LISTS, school, REVOKED)
    publish(world, school, PAST_LIST, **members)
    report = await judged(world, school)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "status.revoked")
    assert "state_at" not in status_of(report).evidence


async def test_past_that_cannot_be_had_is_told(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, REVOKED)
    check = status_of(await judged(world, school, CLEAR))
    assert (check.outcome, check.code) == (CheckOutcome.WARNING, "status.not_at_time")


async def test_nothing_but_the_present_is_asked_for_without_a_time(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school)
    document = badge(school.issuer, credentialStatus=entry(LISTS, CLEAR))
    signed = add_proof(document, school, "eddsa-jcs-2022", created=THEN)
    for at in (None, NOW + DAY):
        await world.verify_one(signed, DEFAULT, at)
    assert [url for url in world.web.asked if "time" in url] == []


async def test_token_of_that_time(world: World, school: LocalSigner) -> None:
    payload = {**badge(school.issuer), "status": {"status_list": {"idx": REVOKED, "uri": TOKENS}}}
    record = sign_compact({"typ": "vc+jwt", "kid": school.method}, payload, school).encode()
    world.web.pages[TOKENS] = jwt(claims(TOKENS, school, NOW, {REVOKED: 1}), school)
    period = {"iat": (THEN - DAY) // SECOND, "exp": (THEN + DAY) // SECOND}
    world.web.pages[PAST_TOKEN] = jwt(claims(TOKENS, school, NOW, {}, **period), school)
    report = await world.verify_one(record, DEFAULT, THEN)
    assert (report.outcome, status_of(report).code) == (Outcome.VALID, "status.set_since")


@pytest.mark.parametrize("seconds", [0, -2 * 86_400])
async def test_token_whose_period_does_not_include_the_time_is_refused(
    world: World, school: LocalSigner, seconds: int
) -> None:
    payload = {**badge(school.issuer), "status": {"status_list": {"idx": REVOKED, "uri": TOKENS}}}
    record = sign_compact({"typ": "vc+jwt", "kid": school.method}, payload, school).encode()
    world.web.pages[TOKENS] = jwt(claims(TOKENS, school, NOW, {REVOKED: 1}), school)
    ended = THEN // SECOND + seconds
    iat = NOW // SECOND if seconds == 0 else ended - 10
    period = {"iat": iat, "exp": NOW // SECOND + 10 if seconds == 0 else ended}
    world.web.pages[PAST_TOKEN] = jwt(claims(TOKENS, school, NOW, {}, **period), school)
    report = await world.verify_one(record, DEFAULT, THEN)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "status.revoked")


async def test_question_about_the_past_says_nothing_of_the_record(world: World, school: LocalSigner) -> None:
    publish(world, school, PAST_LIST)
    await judged(world, school, CLEAR)
    assert {url for url in world.web.asked if "lists." in url} == {LISTS, PAST_LIST}
    assert orjson.loads(world.web.pages[PAST_LIST])["id"] == LISTS  # type: ignore[arg-type]
