"""How long until a revocation that one replica acknowledged is seen at another, with Redis between them."""

import asyncio
import math
import sys
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

from tests.bench.corpus import Corpus, corpus
from tests.bench.issuer import Issuer, revocation_of
from tests.bench.over_http import require
from tests.bench.plan import Plan, hall
from tests.bench.processes import START_SECONDS, BenchError
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK
from tests.kit.postgres import running_postgres
from tests.kit.redis_server import running_redis
from tests.kit.servers import postgresql_programs, redis_program

_LENGTH: Final = 131_072
_MASTER_KEY: Final = "5a" * 32  # replicas have the same
_WINDOWS: Final = {"visible": {}, "visible/window-0": {"publish_seconds": 0}}
_SHARES: Final = (50, 99)
_TOO_LONG: Final = 10.0  # seconds


def measure(plan: Plan) -> list[Row]:
    """Return the median and the 99th percentile, with the usual coalescing window and without any."""
    if postgresql_programs() is None or redis_program() is None:
        print("bench: PostgreSQL or Redis is not installed: visibility is not measured", file=sys.stderr)
        return []
    found, rows = corpus(MAIN_WORK, plan.count, plan.corpora), list[Row]()
    with running_postgres(durable=True) as server, running_redis() as redis:
        for name, lists in _WINDOWS.items():
            settings = {"redis_url": redis.url, "master_key": _MASTER_KEY, "lists": lists}
            database = asyncio.run(server.new_database())
            seconds = sorted(_seconds(plan, found, {"database_url": database, "settings": settings}))
            rows += [
                Row(f"{name}/p{share}", 1_000 * _percentile(seconds, share), "ms", None, None, 2, False)
                for share in _SHARES
            ]
    return rows


def _seconds(plan: Plan, found: Corpus, share: dict[str, Any]) -> list[float]:
    """Return the time of each sample between two server processes, each on a core of its own."""
    with hall(plan) as workers:
        changing = workers.service("server", share, found, plan.cores[0]).hear(START_SECONDS)
        other = workers.service("server", share | {"issuers": []}, found, plan.cores[-1])
        with Issuer(changing, changing["token"]) as issuer, Issuer(other.hear(START_SECONDS)) as reader:
            list_id = issuer.list_of(_LENGTH)
            indexes = issuer.allocate(list_id, plan.samples)
            return [
                _until_seen(issuer, reader, list_id, index, number) for number, index in enumerate(indexes, 1)
            ]


def _until_seen(issuer: Issuer, reader: Issuer, list_id: str, index: int, number: int) -> float:
    """Revoke an entry, the ``number``-th, at one replica and return the seconds until the other shows it.

    The other has the list at hand, and is asked again and again.
    """
    before = reader.published(list_id)
    if before is None:
        raise BenchError("a list is the one with no entity tag")
    issuer.post(f"/v1/status-lists/{list_id}/changes", revocation_of([index]))
    acknowledged = perf_counter()
    while (after := reader.published(list_id, before[0])) is None:
        if perf_counter() - acknowledged > _TOO_LONG:
            raise BenchError(f"a revocation was not seen in {_TOO_LONG:.0f} s")
    seconds = perf_counter() - acknowledged
    shown = sum(map(int.bit_count, after[1]))
    is_set = bool(after[1][index // 8] & 0x80 >> index % 8)
    require(is_set and shown == number, "the list says something else")
    return seconds


def _percentile(ordered: Sequence[float], share: int) -> float:
    """Return the smallest of the values that ``share`` percent of all are not above."""
    return ordered[math.ceil(len(ordered) * share / 100) - 1]
