"""Attempts to be recognised without being so, or to keep a registry from working."""

import asyncio
import json
import time
from dataclasses import dataclass

import pytest

from ler_trust.errors import Conflict, Rejected
from ler_trust.model.limits import MIB
from ler_trust.model.statement import StatementStatus
from ler_trust.store.sql import SqlStore
from ler_trust.trust.decisions import StatementDraft
from ler_trust.trust.importers import read_known_registries, read_legacy_list
from ler_trust.trust.source import TrustService

NOW = 1_750_000_000_000_000


@dataclass
class Clock:
    def now(self) -> int:
        return NOW


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "hasOwnProperty", "__class__", ""])
def test_registry_list_with_a_name_that_languages_treat_specially(name: str) -> None:
    data = b'{"meta": {}, "registry": {"%s": {"name": "Everybody"}}}' % name.encode()
    with pytest.raises(Rejected, match=r"request\.invalid"):
        read_legacy_list(data)


def test_registry_list_that_names_a_member_twice() -> None:
    twice = b'{"registry": {"did:web:a.example": {"name": "A"}, "did:web:a.example": {"name": "B"}}}'
    with pytest.raises(Rejected, match=r"format\.duplicate_key"):
        read_legacy_list(twice)


def test_registry_list_of_ten_megabytes_is_read_in_bounded_time() -> None:
    registry = {f"did:web:member-{n}.example": {"name": "M" * 80, "url": "x" * 40} for n in range(60_000)}
    data = json.dumps({"registry": registry}).encode()
    assert len(data) > 10 * MIB
    start = time.perf_counter()
    assert len(read_legacy_list(data)) == 60_000
    assert time.perf_counter() - start < 10


def test_registry_list_without_end_is_refused_unread() -> None:
    with pytest.raises(Rejected, match=r"format\.too_large"):
        read_legacy_list(b" " * (16 * MIB + 1))


def test_list_of_registries_that_repeats_itself_does_not_cost_the_square() -> None:
    entry = {"type": "dcc-legacy", "name": "R"}
    many = [{**entry, "url": f"https://registry.example/{number}"} for number in range(100_000)]
    start = time.perf_counter()
    assert len(read_known_registries(json.dumps(many).encode())) == 100_000
    assert time.perf_counter() - start < 120  # a guard against hanging: the square would take an hour


def test_registry_list_nested_a_thousand_deep() -> None:
    with pytest.raises(Rejected, match=r"format\.too_deep"):
        read_legacy_list(b'{"registry":' + b"[" * 1000 + b"]" * 1000 + b"}")


async def test_registry_statement_withdrawn_while_another_hand_reinstates_it(sql_store: SqlStore) -> None:
    """Two people decide at once on what each saw: the withdrawal must never be lost."""
    first, second = TrustService(sql_store, Clock()), TrustService(sql_store, Clock())
    await first.add_registry("t", "members", "Members", "did:web:accreditor.example")
    for _ in range(5):
        added = await first.add_statement("t", StatementDraft("members", "did:web:a.example", "A"))
        await first.suspend("t", added.id)
        decisions = (first.withdraw("t", added.id), second.reinstate("t", added.id))
        results = await asyncio.gather(*decisions, return_exceptions=True)
        assert not isinstance(results[0], BaseException)
        assert isinstance(results[1], Conflict) or results[1].sequence < results[0].sequence  # type: ignore[union-attr]
        last = {each.id: each.status for each in await second.statements("t")}
        assert last[added.id] is StatementStatus.WITHDRAWN


async def test_registry_of_another_tenant_recognises_nobody_here(sql_store: SqlStore) -> None:
    service = TrustService(sql_store, Clock())
    await service.add_registry("attacker", "members", "Members", "did:web:attacker.example")
    await service.add_registry("college", "members", "Members", "did:web:accreditor.example")
    draft = StatementDraft("members", "did:web:attacker.example", "Attacker University")
    await service.add_statement("attacker", draft)
    view = await service.view("college")
    asked = view.answer(
        "did:web:attacker.example", ["X"], issued_at=NOW, now=NOW, jurisdiction=None, registries=None
    )
    assert asked.matching == ()
