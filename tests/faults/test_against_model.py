"""Anything an issuer can do, in any order, against a model that fits on a page (hypothesis)."""

import asyncio
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ler_trust.errors import Conflict
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import SECOND
from ler_trust.model.records import StatusChange
from ler_trust.status.changes import ChangeOrder
from ler_trust.store.sql import SqlStore
from tests.kit.clock import SteppedClock
from tests.unit.status.test_publisher import TENANT, publisher_on, set_in


class Issuer(RuleBasedStateMachine):
    """Two replicas of a service, one revocation and one suspension list, and what must be true of them.

    Every run has lists and idempotency keys of its own on the database at ``url``.
    """

    url: str
    runs = count(1)
    entries: Bundle[tuple[str, int]] = Bundle("entries")
    pending: Bundle[tuple[str, int, int]] = Bundle("pending")

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.Runner()
        self.number = next(self.runs)
        self.clock = SteppedClock()
        self.stores = [self.loop.run(SqlStore.open(self.url)) for _ in range(2)]
        self.replicas = [publisher_on(store, self.clock) for store in self.stores]
        self.lists = {
            purpose: self.loop.run(self.replicas[0].create_list(TENANT, purpose, KeyKind.ED25519)).id
            for purpose in ("revocation", "suspension")
        }
        self.given: dict[str, list[int]] = {purpose: [] for purpose in self.lists}
        self.set: dict[str, set[int]] = {purpose: set() for purpose in self.lists}
        self.sequence = dict.fromkeys(self.lists, 0)
        self.due: list[tuple[int, int, str, int]] = []  # when, number, purpose, index
        self.keys: dict[str, tuple[Any, Any]] = {}
        self.turn = 0

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            for store in self.stores:
                self.loop.run(store.close())
            self.loop.close()

    def do(self, work: Any) -> Any:
        """Have the replica whose turn it is do ``work``; return what it returns, or its refusal's code."""
        self.turn += 1
        try:
            return self.loop.run(work(self.replicas[self.turn % 2]))
        except Conflict as refusal:
            return refusal.code.name

    @rule(target=entries, purpose=st.sampled_from(["revocation", "suspension"]), count=st.integers(1, 4))
    def allocate(self, purpose: str, count: int) -> Any:
        found = self.do(lambda replica: replica.allocate(TENANT, self.lists[purpose], count))
        indexes = [int(entry["statusListIndex"]) for entry in found]
        self.given[purpose] += indexes
        return multiple(*((purpose, index) for index in indexes))

    @rule(chosen=st.lists(entries, min_size=1, max_size=4), value=st.integers(0, 1))
    def change(self, chosen: list[tuple[str, int]], value: int) -> None:
        batches: dict[str, list[StatusChange]] = {}
        for purpose, index in chosen:
            batches.setdefault(self.lists[purpose], []).append(StatusChange(index, value))
        answer = self.do(lambda replica: replica.change_each(TENANT, ChangeOrder(batches, "key")))
        undone = value == 0 and any(
            index in self.set[purpose] for purpose, index in chosen if purpose == "revocation"
        )
        if undone:
            assert answer == "request.final"
            return
        for purpose, index in chosen:
            self.sequence[purpose] += 1
            (self.set[purpose].add if value else self.set[purpose].discard)(index)
        assert answer.sequences == {
            self.lists[purpose]: self.sequence[purpose] for purpose in {name for name, _ in chosen}
        }

    @rule(index=st.integers(0, 131_071), purpose=st.sampled_from(["revocation", "suspension"]))
    def change_what_was_never_given(self, index: int, purpose: str) -> None:
        if index not in self.given[purpose]:
            order = ChangeOrder({self.lists[purpose]: [StatusChange(index, 1)]}, "key")
            assert self.do(lambda replica: replica.change_each(TENANT, order)) == "request.not_allocated"

    @rule(target=pending, chosen=entries, seconds=st.integers(1, 5))
    def schedule(self, chosen: tuple[str, int], seconds: int) -> Any:
        purpose, index = chosen
        moment = self.clock.now() + seconds * SECOND
        order = ChangeOrder({self.lists[purpose]: [StatusChange(index, 1)]}, "key", effective_at=moment)
        self.do(lambda replica: replica.change_each(TENANT, order))
        number = self.loop.run(self.stores[0].scheduled(self.lists[purpose]))[-1].number
        self.due.append((moment, number, purpose, index))
        return (purpose, moment, number)

    @rule(chosen=consumes(pending))
    def call_off(self, chosen: tuple[str, int, int]) -> None:
        purpose, moment, number = chosen
        waiting = [each for each in self.due if each[:3] == (moment, number, purpose)]
        ended = self.do(lambda replica: replica.call_off(TENANT, self.lists[purpose], [number], actor="boss"))
        assert ended == len(waiting)
        self.due = [each for each in self.due if each not in waiting]

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        now = self.clock.now()
        for _, _, purpose, index in sorted(each for each in self.due if each[0] <= now):
            self.set[purpose].add(index)
            self.sequence[purpose] += 1
        self.due = [each for each in self.due if each[0] > now]

    @rule(name=st.sampled_from("abc"), chosen=entries)
    def change_once(self, name: str, chosen: tuple[str, int]) -> None:
        purpose, index = chosen
        order = ChangeOrder(
            {self.lists[purpose]: [StatusChange(index, 1)]}, "key", key=f"{self.number}-{name}"
        )
        answer = self.do(lambda replica: replica.change_each(TENANT, order))
        if name in self.keys:
            asked, told = self.keys[name]
            assert answer == (told if asked == chosen else "request.key_reused")
            return
        self.sequence[purpose] += 1
        self.set[purpose].add(index)
        self.keys[name] = (chosen, answer)

    @invariant()
    def every_replica_shows_what_was_acknowledged(self) -> None:
        for purpose, list_id in getattr(self, "lists", {}).items():
            shown = self.do(lambda replica, name=list_id: replica.published(name))
            assert set_in(shown) == self.set[purpose]
            assert shown.sequence == self.sequence[purpose]

    @invariant()
    def no_index_is_given_twice(self) -> None:
        for indexes in getattr(self, "given", {}).values():
            assert len(indexes) == len(set(indexes))


def test_anything_an_issuer_can_do_leaves_what_the_model_says(database: str) -> None:
    told = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )

    class Here(Issuer):
        url = database

    run_state_machine_as_test(Here, settings=told)
