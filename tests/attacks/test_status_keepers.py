"""Lists kept by somebody else than the issuer: the issuer's own, a recognised keeper's, or refused."""

from typing import Any

import pytest

from ler_trust.errors import Failure
from ler_trust.model.instant import DAY
from ler_trust.model.policy import DEFAULT, Policy
from ler_trust.model.report import CheckResult, Outcome, Report
from ler_trust.model.statement import Registry, StatementStatus
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.issuing import badge
from tests.kit.world import NOW, World, entry

LISTS = "https://lists.example.org/1"
KIND = "BitstringStatusListCredential"
REVOKED, CLEAR = 7, 8


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


@pytest.fixture
def keeper(world: World) -> LocalSigner:
    key = world.web_issuer("keeper")
    world.publish_list(LISTS, key, REVOKED)
    return key


async def judged(world: World, school: LocalSigner, index: int = CLEAR, policy: Policy = DEFAULT) -> Report:
    document = badge(school.issuer, credentialStatus=entry(LISTS, index))
    return await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), policy)


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


async def test_list_of_a_recognised_keeper_counts_and_is_named(
    world: World, school: LocalSigner, keeper: LocalSigner
) -> None:
    world.recognise(keeper.issuer, types=(KIND,))
    assert (await judged(world, school, REVOKED)).reason == "status.revoked"
    fine = await judged(world, school, CLEAR)
    assert fine.outcome is Outcome.VALID
    assert status_of(fine).code is None
    assert status_of(fine).evidence["list_issuer"] == keeper.issuer
    assert status_of(fine).evidence["delegated"] is True


@pytest.mark.parametrize(
    "members",
    [
        {"types": ()},  # any type of record, which says nothing of other issuers' lists
        {"types": ("OpenBadgeCredential",)},
        {"types": ("StatusList2021Credential",)},
        {"types": (KIND,), "status": StatementStatus.SUSPENDED},
        {"types": (KIND,), "status": StatementStatus.WITHDRAWN},
        {"types": (KIND,), "effective_from": NOW + DAY},
        {"types": (KIND,), "effective_until": NOW - DAY},
    ],
)
async def test_statement_that_does_not_make_a_keeper(
    world: World, school: LocalSigner, keeper: LocalSigner, members: Any
) -> None:
    world.recognise(keeper.issuer, **members)
    for index in (REVOKED, CLEAR):
        report = await judged(world, school, index)
        assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_issuer")


async def test_keeper_of_a_registry_the_policy_does_not_trust(
    world: World, school: LocalSigner, keeper: LocalSigner
) -> None:
    world.unchecked.append(Registry("other", "Other registry", "did:web:other.example.org", 1))
    world.recognise(keeper.issuer, registry="other", types=(KIND,))
    both = Policy("both", 1, "", registries=("home", "other"))
    assert (await judged(world, school, policy=both)).outcome is Outcome.VALID
    home = Policy("home", 1, "", registries=("home",))
    assert (await judged(world, school, policy=home)).reason == "status.list_issuer"


async def test_keeper_cannot_pass_off_anothers_list_as_the_issuers(
    world: World, school: LocalSigner, keeper: LocalSigner
) -> None:
    world.recognise(keeper.issuer, types=(KIND,))
    world.publish_list(LISTS, keeper, issuer=school.issuer)
    assert (await judged(world, school)).reason == "status.list_signature"


async def test_without_registries_to_ask_nobody_keeps_lists_for_others(
    world: World, school: LocalSigner, keeper: LocalSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(tenant: str) -> Any:
        raise Failure(False, "request.unavailable", "the database is away").raised()

    world.recognise(keeper.issuer, types=(KIND,))
    monkeypatch.setattr(world, "view", unreachable)
    report = await judged(world, school)
    assert report.outcome is Outcome.INDETERMINATE
    assert status_of(report).code == "status.list_issuer"
