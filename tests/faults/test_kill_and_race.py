"""Processes that are killed or get in each other's way lose nothing and leave nothing half done."""

import asyncio
import json
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ler_trust.model.records import AuditedChange
from ler_trust.store.sql import SqlStore
from tests.faults.changing_process import GROUP
from tests.kit.store_contract import list_record

ROOT = Path(__file__).parents[2]
ROUNDS = 4
RACERS = 3
OPERATIONS = 60


@dataclass
class Acknowledged:
    """What processes printed: changes by last sequence, ordinals in the order they were handed out."""

    changes: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    ordinals: list[int] = field(default_factory=list)

    def add(self, lines: bytes) -> None:
        for line in lines.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                continue  # cut by the kill
            kind, number, what = json.loads(line)
            if kind == "allocate":
                self.ordinals.extend(range(number, number + what))
            else:
                assert number not in self.changes, "one sequence was given out twice"
                self.changes[number] = [(index, value) for index, value in what]


async def _start(url: str, actor: str, seed: int, *more: Any) -> Process:
    arguments = [url, "list-1", actor, str(seed), *map(str, more)]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.changing_process", *arguments, stdout=PIPE, cwd=ROOT
    )


async def _all_changes(store: SqlStore) -> list[AuditedChange]:
    found: list[AuditedChange] = []
    while page := await store.changes("list-1", after=len(found)):
        found.extend(page)
    return found


async def _check(store: SqlStore, acknowledged: Acknowledged) -> None:
    """Compare what is stored with itself and with what was acknowledged."""
    trail = await _all_changes(store)
    state = await store.state("list-1")
    assert [change.sequence for change in trail] == list(range(1, state.sequence + 1))
    assert state.sequence % GROUP == 0
    replayed: dict[int, int] = {}
    for change in trail:
        replayed[change.index] = change.value
    assert state.values == {index: value for index, value in replayed.items() if value}
    for last, pairs in acknowledged.changes.items():
        assert [(change.index, change.value) for change in trail[last - GROUP : last]] == pairs
    record = await store.list_record("list-1")
    assert record is not None
    assert len(set(acknowledged.ordinals)) == len(acknowledged.ordinals)
    assert record.allocated > max(acknowledged.ordinals, default=-1)


async def test_kill_at_any_moment_loses_nothing_acknowledged(sql_store: SqlStore, database: str) -> None:
    await sql_store.create_list(list_record(purpose="suspension"))
    acknowledged = Acknowledged()
    chance = random.Random(7)  # noqa: S311 - a repeatable choice, not a secret
    for number in range(ROUNDS):
        process = await _start(database, f"actor-{number}", number)
        assert process.stdout is not None
        first = await asyncio.wait_for(process.stdout.readline(), 20)
        more = [await asyncio.wait_for(process.stdout.readline(), 20) for _ in range(number)]
        await asyncio.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        rest, _ = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == -signal.SIGKILL
        acknowledged.add(b"".join([first, *more, rest]))
        store = await SqlStore.open(database)
        await _check(store, acknowledged)
        await store.close()
    assert len(acknowledged.changes) > ROUNDS


async def test_processes_that_change_one_list_at_once_lose_no_change(
    sql_store: SqlStore, database: str
) -> None:
    await sql_store.create_list(list_record(purpose="suspension"))
    racers = [await _start(database, f"actor-{n}", n, OPERATIONS) for n in range(RACERS)]
    outputs = await asyncio.wait_for(asyncio.gather(*[racer.communicate() for racer in racers]), 60)
    assert [racer.returncode for racer in racers] == [0] * RACERS
    acknowledged = Acknowledged()
    for output, _ in outputs:
        acknowledged.add(output)
    await _check(sql_store, acknowledged)
    state = await sql_store.state("list-1")
    assert state.sequence == GROUP * len(acknowledged.changes)
    assert sorted(acknowledged.ordinals) == list(range(len(acknowledged.ordinals)))
