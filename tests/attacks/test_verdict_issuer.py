"""Recognition: then and now, here and there, for this type; and registries that could not be asked."""

from dataclasses import replace
from typing import Any

import pytest

from ler_trust.errors import Failure
from ler_trust.model.instant import DAY
from ler_trust.model.policy import DEFAULT, AuthorisedWhen
from ler_trust.model.report import CheckOutcome, Outcome
from ler_trust.model.statement import Registry, StatementStatus
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact
from tests.kit.issuing import badge, signer
from tests.kit.world import NOW, World

WEBSITE = "https://school.example.org/issuers/1"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    return world.web_issuer("school")


def signed(school: LocalSigner, **members: Any) -> dict[str, Any]:
    return add_proof(badge(school.issuer, **members), school, "eddsa-rdfc-2022", created=NOW - 10 * DAY)


async def test_unknown_issuer_is_indeterminate_and_told_how_to_be_added(
    world: World, school: LocalSigner
) -> None:
    report = await world.verify_one(signed(school), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "issuer.not_recognised")
    assert any("registry add-statement" in (check.detail or "") for check in report.checks)


async def test_a_registry_that_could_not_be_asked_is_not_a_no(world: World, school: LocalSigner) -> None:
    gone = Failure(False, "issuer.registry_unreachable", "no answer", retryable=True)
    world.unchecked.append(Registry("far", "Far registry", "did:web:far.example.org", 1, unchecked=gone))
    report = await world.verify_one(signed(school), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "issuer.registry_unreachable")
    world.recognise(school.issuer, types=("SomethingElse",))
    report = await world.verify_one(signed(school), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "issuer.registry_unreachable")
    only_home = replace(DEFAULT, id="home", registries=("home",))
    report = await world.verify_one(signed(school), only_home)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "issuer.type_not_authorised")


@pytest.mark.parametrize(
    ("statement", "policy", "code"),
    [
        ({"types": ("ClrCredential",)}, {}, "issuer.type_not_authorised"),
        ({"jurisdiction": "US-CA"}, {"jurisdiction": "DE"}, "issuer.place_not_authorised"),
        ({"effective_from": NOW - DAY}, {}, "issuer.time_not_authorised"),
        ({"effective_until": NOW - 20 * DAY}, {}, "issuer.time_not_authorised"),
        ({"status": StatementStatus.SUSPENDED}, {}, "issuer.suspended"),
        ({"status": StatementStatus.WITHDRAWN}, {}, "issuer.withdrawn"),
    ],
)
async def test_known_but_not_authorised_is_invalid_by_its_own_code(
    world: World, school: LocalSigner, statement: dict[str, Any], policy: dict[str, Any], code: str
) -> None:
    world.recognise(school.issuer, **statement)
    report = await world.verify_one(signed(school), replace(DEFAULT, id="own", **policy))
    assert (report.outcome, report.reason) == (Outcome.INVALID, code)


async def test_authorised_at_issuance_and_authorised_now_are_two_answers(
    world: World, school: LocalSigner
) -> None:
    world.recognise(school.issuer, effective_until=NOW - DAY)
    report = await world.verify_one(signed(school), DEFAULT)
    assert report.outcome is Outcome.VALID
    assert ("issuer.no_longer_authorised", CheckOutcome.WARNING) in [
        (c.code, c.outcome) for c in report.checks
    ]
    now = replace(DEFAULT, id="now", authorised_when=AuthorisedWhen.NOW)
    assert (await world.verify_one(signed(school), now)).reason == "issuer.time_not_authorised"


async def test_pinned_key_lets_an_https_issuer_speak_and_nobody_else(world: World) -> None:
    key, forger = signer(name="pinned"), signer(name="forger")
    world.recognise(WEBSITE, pinned_keys=(key.method.partition("#")[2],))
    document = badge(WEBSITE)
    claims = {**document, "iss": WEBSITE}
    good = sign_compact({"typ": "JWT"}, claims, key).encode()
    bad = sign_compact({"typ": "JWT"}, claims, forger).encode()
    assert (await world.verify_one(good, DEFAULT)).outcome is Outcome.VALID
    assert (await world.verify_one(bad, DEFAULT)).reason == "proof.signature"
