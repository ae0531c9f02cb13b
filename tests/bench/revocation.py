"""Durable revocations a second, one caller's and sixteen's, beside the same commits made by hand."""

import asyncio
import sys
from typing import Final

from tests.bench.corpus import Corpus, corpus
from tests.bench.plan import Hall, Plan, hall, parts
from tests.bench.processes import Worker, take_turns
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK
from tests.kit.postgres import running_postgres
from tests.kit.servers import postgresql_programs

_CALLERS: Final = 16
_TURNS: Final = 5  # in each of the plan's rounds: a disk's moods are short, and all sides should meet each


def measure(plan: Plan) -> list[Row]:
    """Return the rates on SQLite, and on PostgreSQL where it is installed.

    All sides write in turns to the same database, each to a list of its own. PostgreSQL flushes to the same
    disk, from a server that is not kept to the one core.
    """
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    with hall(plan) as workers:
        rows = _rows("revocation", plan, workers, found, {})
    if postgresql_programs() is None:
        print("bench: PostgreSQL is not installed, and so not measured", file=sys.stderr)
        return rows
    with running_postgres(durable=True) as server, hall(plan) as workers:
        database = {"database_url": asyncio.run(server.new_database())}
        return rows + _rows("revocation/postgresql", plan, workers, found, database)


def _rows(name: str, plan: Plan, workers: Hall, found: Corpus, database: dict[str, str]) -> list[Row]:
    turns = plan.rounds * _TURNS
    common = {"data": str(workers.directory)} | database

    def side(callers: int, count: int) -> list[Worker]:
        (rounds,) = parts(range(count), turns, 1)
        share = common | {"rounds": [list(ordinals) for ordinals in rounds], "callers": callers}
        return [workers.service("revocation", share, found, plan.cores[0])]

    def beside_hand(callers: int) -> tuple[float, float]:
        # Two sides at a time: a third would always have the same one before it, and bear its checkpoints.
        sides = {"publisher": side(callers, plan.revocations * callers), "by-hand": side(0, plan.revocations)}
        tallies = take_turns(sides, turns)
        return tallies["publisher"].rate, tallies["by-hand"].rate

    one, by_hand = beside_hand(1)
    many, by_hand_then = beside_hand(_CALLERS)
    unit, against = "revocations/s", "hand-commit"
    return [
        Row(name, one, unit, against, one / by_hand, 1, False),
        Row(f"{name}/{_CALLERS}-callers", many, unit, against, many / by_hand_then, 1, False),
        Row(f"{name}/by-hand", by_hand, unit, None, None, 1, False),
    ]
