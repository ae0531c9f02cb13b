"""Very many revoked in one request, until a reader has the list that says so."""

import asyncio
import sys
from time import perf_counter

from tests.bench.corpus import Corpus, corpus
from tests.bench.issuer import Issuer, revocation_of
from tests.bench.over_http import require
from tests.bench.plan import Plan, hall
from tests.bench.processes import START_SECONDS
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK
from tests.kit.postgres import running_postgres
from tests.kit.servers import postgresql_programs

_LENGTH = 131_072
_LISTS = 2  # each revoked from in one request


def measure(plan: Plan) -> list[Row]:
    """Return the seconds it takes on SQLite, and on PostgreSQL where it is installed."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    rows = _rows("revocation", plan, found, {})
    if postgresql_programs() is None:
        print("bench: PostgreSQL is not installed, and so not measured", file=sys.stderr)
        return rows
    with running_postgres(durable=True) as server:
        database = {"database_url": asyncio.run(server.new_database())}
        return rows + _rows("revocation/postgresql", plan, found, database)


def _rows(name: str, plan: Plan, found: Corpus, database: dict[str, str]) -> list[Row]:
    name = f"{name}/{plan.bulk}-at-once"
    with hall(plan) as workers:
        told = workers.service("server", database, found, plan.cores[0]).hear(START_SECONDS)
        with Issuer(told, told["token"]) as issuer:
            times = [_revoke_all(issuer, plan.bulk) for _ in range(_LISTS)]
    acknowledged, published = (sum(each) / _LISTS for each in zip(*times, strict=True))
    return [
        Row(name, published, "s", None, None, 1, False),
        Row(f"{name}/acknowledged", acknowledged, "s", None, None, 1, False),
    ]


def _revoke_all(issuer: Issuer, count: int) -> tuple[float, float]:
    """Return the seconds until ``count`` revocations are acknowledged, and until a reader has them all."""
    list_id = issuer.list_of(_LENGTH)
    body = revocation_of(issuer.allocate(list_id, count))
    before = issuer.published(list_id)
    require(before is not None and not any(before[1]), "a new list says that something is revoked")
    started = perf_counter()
    issuer.post(f"/v1/status-lists/{list_id}/changes", body)
    acknowledged = perf_counter() - started
    after = issuer.published(list_id)
    published = perf_counter() - started
    shown = 0 if after is None else sum(map(int.bit_count, after[1]))
    require(shown == count, f"{shown} entries are revoked, not {count}")
    return acknowledged, published
