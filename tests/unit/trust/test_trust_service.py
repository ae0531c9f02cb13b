"""Registries as they are curated, imported and seen, on both databases."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Conflict, Failure, Rejected, Undecided
from ler_trust.model.instant import DAY, SECOND
from ler_trust.model.statement import StatementStatus, TrustAnswer
from ler_trust.store.faulty import FaultyStore, Moment
from ler_trust.store.sql import SqlStore
from ler_trust.trust.decisions import StatementDraft
from ler_trust.trust.source import TrustService
from ler_trust.trust.synchronise import ImportOutcome
from ler_trust.trust.view import RegistryView

NOW = 1_750_000_000_000_000
AUTHORITY = "did:web:accreditor.example"
COLLEGE = "did:web:college.example"
LIST_URL = "https://registry.example/list.json"
KNOWN = [
    {
        "name": "DCC Members",
        "type": "dcc-legacy",
        "url": LIST_URL,
        "governanceUrl": "https://registry.example/rules",
    },
    {"name": "A Federation", "type": "oidf", "trustAnchorEC": "https://anchor.example/ec"},
]


@dataclass
class Clock:
    instant: int = NOW

    def now(self) -> int:
        return self.instant


@dataclass
class OnePage:
    """A fetcher that has one answer."""

    answer: bytes | Undecided

    async def fetch(self, request: FetchRequest) -> Fetched:
        if isinstance(self.answer, Undecided):
            raise self.answer
        return Fetched(request.url, self.answer, "application/json", NOW)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(sql_store: SqlStore, clock: Clock) -> TrustService:
    service = TrustService(sql_store, clock)
    await service.add_registry("t", "members", "Members", AUTHORITY)
    return service


def draft(**members: Any) -> StatementDraft:
    return replace(StatementDraft("members", COLLEGE, "College", effective_from=0), **members)


def listing(**names: str) -> bytes:
    registry = {f"did:web:{key}.example": {"name": name, "url": ""} for key, name in names.items()}
    return json.dumps({"meta": {}, "registry": registry}).encode()


def asked(view: RegistryView, issuer: str = COLLEGE, issued_at: int = 1, now: int = NOW) -> TrustAnswer:
    return view.answer(issuer, ["X"], issued_at=issued_at, now=now, jurisdiction=None, registries=None)


async def test_statement_is_seen_at_once_with_its_number(service: TrustService) -> None:
    assert asked(await service.view("t")).matching == ()
    added = await service.add_statement("t", draft(types=("X",), jurisdiction="US-CA", reason="accredited"))
    assert (added.sequence, added.recorded_at, added.authority) == (1, NOW, AUTHORITY)
    found = asked(await service.view("t"))
    assert [(match.statement, match.sequence) for match in found.matching] == [(added.id, 1)]
    assert found.sequence == 1
    assert asked(await service.view("another")).matching == ()


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"entity": "college.example"}, "/entity"),
        ({"entity": "http://college.example"}, "/entity"),
        ({"entity": "did:web:college.example#key"}, "/entity"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 1001}, "/name"),
        ({"types": ("X", "")}, "/types/1"),
        ({"jurisdiction": "us"}, "/jurisdiction"),
        ({"jurisdiction": "USA"}, "/jurisdiction"),
        ({"effective_until": 0}, "/effective_until"),
        ({"effective_until": 2**80}, "/effective_until"),
        ({"effective_from": -(2**80)}, "/effective_from"),
        ({"reason": "\x00"}, "/reason"),
        ({"pinned_keys": ("z6Mk",)}, "/pinned_keys/0"),
        ({"entity": "https://college.example", "pinned_keys": ("nonsense",)}, "/pinned_keys/0"),
    ],
)
async def test_wrong_draft_is_refused_with_a_pointer(
    service: TrustService, members: Mapping[str, Any], pointer: str
) -> None:
    with pytest.raises(Rejected) as caught:
        await service.add_statement("t", draft(**members))
    assert (caught.value.code.name, caught.value.pointer) == ("request.invalid", pointer)
    assert (await service.view("t")).sequence == 0


async def test_registry_must_be_there_and_its_id_free(service: TrustService) -> None:
    with pytest.raises(Conflict, match=r"request\.not_found"):
        await service.add_statement("t", draft(registry="other"))
    with pytest.raises(Conflict, match=r"request\.conflict"):
        await service.add_registry("t", "members", "Again", AUTHORITY)
    with pytest.raises(Rejected, match=r"request\.invalid"):
        await service.add_registry("t", "No Good", "Name", AUTHORITY)
    second = await service.add_registry("t", "second", "Second", AUTHORITY)
    assert second.position == 1


async def test_suspension_and_reinstatement_keep_history(service: TrustService, clock: Clock) -> None:
    added = await service.add_statement("t", draft())
    for number, decide in enumerate([service.suspend, service.reinstate, service.withdraw], 2):
        clock.instant += DAY
        assert (await decide("t", added.id, reason="because")).sequence == number
    history = await service.history("t", COLLEGE)
    assert [each.status.value for each in history] == ["active", "suspended", "active", "withdrawn"]
    at = [asked(await service.view("t"), issued_at=NOW + days * DAY + 1) for days in range(4)]
    refusals = [found.matching[0].refusal for found in at]
    assert [found.matching[0].at_issuance for found in at] == [True, False, True, False]
    assert refusals[1] == "issuer.suspended"
    assert [each.status for each in await service.statements("t")] == [StatementStatus.WITHDRAWN]


async def test_withdrawal_can_be_dated_back(service: TrustService) -> None:
    added = await service.add_statement("t", draft())
    await service.withdraw("t", added.id, at=0, reason="never should have been")
    assert not asked(await service.view("t")).matching[0].at_issuance


async def test_impossible_decisions_are_refused(service: TrustService) -> None:
    added = await service.add_statement("t", draft(effective_until=NOW + DAY))
    with pytest.raises(Conflict, match=r"request\.conflict"):
        await service.reinstate("t", added.id)
    with pytest.raises(Conflict, match=r"request\.not_found"):
        await service.suspend("t", "nothing")
    with pytest.raises(Rejected, match=r"request\.invalid"):
        await service.suspend("t", added.id, at=NOW + DAY)
    await service.withdraw("t", added.id)
    for decide in (service.suspend, service.reinstate, service.withdraw):
        with pytest.raises(Conflict, match=r"request\.conflict"):
            await decide("t", added.id)
    assert (await service.view("t")).sequence == 2


async def test_what_was_known_then_can_be_asked(service: TrustService) -> None:
    added = await service.add_statement("t", draft())
    await service.withdraw("t", added.id, at=0)
    then, nothing = await service.known_at("t", 1), await service.known_at("t", 0)
    assert (then.sequence, asked(then).matching[0].at_issuance) == (1, True)
    assert asked(nothing).matching == ()


async def test_other_replicas_see_a_statement_within_the_interval(
    service: TrustService, sql_store: SqlStore, clock: Clock
) -> None:
    replica = TrustService(sql_store, clock)
    assert asked(await replica.view("t")).matching == ()
    await service.add_statement("t", draft())
    clock.instant += SECOND - 1
    assert asked(await replica.view("t")).matching == ()
    clock.instant += 1
    assert len(asked(await replica.view("t")).matching) == 1


async def test_store_is_asked_once_an_interval_however_many_look(sql_store: SqlStore, clock: Clock) -> None:
    counting = FaultyStore(sql_store)
    service = TrustService(counting.store, clock)
    await service.add_registry("t", "members", "Members", AUTHORITY)
    await service.add_statement("t", draft())
    await service.view("t")
    counting.calls.clear()
    clock.instant += SECOND
    await asyncio.gather(*[service.view("t") for _ in range(50)])
    assert counting.calls == {"registries": 1, "sequence": 1}


async def test_store_that_fails_is_undecided_and_asked_again(sql_store: SqlStore, clock: Clock) -> None:
    failing = FaultyStore(sql_store)
    service = TrustService(failing.store, clock)
    failing.fail("sequence", Moment.BEFORE)
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await service.view("t")
    assert (await service.view("t")).sequence == 0


async def test_import_is_idempotent_and_withdraws_what_vanished(service: TrustService, clock: Clock) -> None:
    assert await service.import_list("t", "members", listing(a="A", b="B", c="C")) == ImportOutcome(
        3, 0, 0, 0
    )
    assert await service.import_list("t", "members", listing(a="A", b="B", c="C")) == ImportOutcome(
        0, 0, 0, 3
    )
    assert (await service.view("t")).sequence == 3
    clock.instant += DAY
    assert await service.import_list("t", "members", listing(a="A", b="Bee", d="D")) == ImportOutcome(
        1, 1, 1, 1
    )
    view = await service.view("t")
    assert view.sequence == 6
    gone = asked(view, "did:web:c.example", issued_at=NOW, now=clock.instant).matching[0]
    assert (gone.at_issuance, gone.now, gone.refusal) == (True, False, "issuer.withdrawn")
    assert asked(view, "did:web:b.example").matching[0].entity_name == "Bee"
    clock.instant += DAY
    assert await service.import_list("t", "members", listing(a="A", b="Bee", c="C")) == ImportOutcome(
        1, 0, 1, 2
    )
    back = asked(await service.view("t"), "did:web:c.example", issued_at=clock.instant, now=clock.instant)
    assert back.matching[0].now


async def test_import_leaves_own_statements_and_suspensions(service: TrustService) -> None:
    own = await service.add_statement("t", draft())
    await service.import_list("t", "members", listing(a="A"))
    await service.suspend("t", "members:did:web:a.example")
    assert await service.import_list("t", "members", listing(a="A")) == ImportOutcome(0, 0, 0, 1)
    statuses = {each.id: each.status.value for each in await service.statements("t", "members")}
    assert statuses == {own.id: "active", "members:did:web:a.example": "suspended"}


async def test_known_registries_are_imported_in_order_and_again(service: TrustService) -> None:
    for _ in range(2):
        imported = await service.import_known_registries("t", json.dumps(KNOWN).encode())
        assert [each.id for each in imported] == ["dcc-members", "a-federation"]
    registries = await service.registries("t")
    assert [each.id for each in registries] == ["members", "dcc-members", "a-federation"]
    unchecked = dict(asked(await service.view("t")).unchecked)
    assert set(unchecked) == {"dcc-members", "a-federation"}
    assert "not supported" in unchecked["a-federation"].detail


async def test_refresh_reads_the_source_and_says_when_it_cannot(service: TrustService, clock: Clock) -> None:
    await service.import_known_registries("t", json.dumps(KNOWN).encode())
    page = OnePage(listing(college="College"))
    assert await service.refresh("t", "dcc-members", page) == ImportOutcome(1, 0, 0, 0)
    assert [name for name, _ in asked(await service.view("t")).unchecked] == ["a-federation"]
    for answer in (Undecided("fetch.timeout", retryable=True), b"<html>", b'{"registry": []}'):
        page.answer = answer
        failure = await service.refresh("t", "dcc-members", page)
        assert isinstance(failure, Failure)
        assert not failure.decided
        found = asked(await service.view("t"))
        assert found.matching[0].at_issuance
        assert dict(found.unchecked)["dcc-members"] == failure
    page.answer = listing(college="College")
    assert await service.refresh("t", "dcc-members", page) == ImportOutcome(0, 0, 0, 1)
    assert "dcc-members" not in dict(asked(await service.view("t")).unchecked)
    assert isinstance(await service.refresh("t", "a-federation", page), Failure)
    with pytest.raises(Conflict, match=r"request\.conflict"):
        await service.refresh("t", "members", page)


async def test_source_not_read_for_a_day_counts_as_not_asked(service: TrustService, clock: Clock) -> None:
    await service.import_known_registries("t", json.dumps(KNOWN[:1]).encode())
    await service.refresh("t", "dcc-members", OnePage(listing(college="College")))
    clock.instant += DAY
    assert asked(await service.view("t")).unchecked == ()
    clock.instant += SECOND
    found = asked(await service.view("t"))
    assert [name for name, _ in found.unchecked] == ["dcc-members"]
    assert found.matching[0].at_issuance
