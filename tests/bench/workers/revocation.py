"""Revokes one entry after another, each durable before the next: through the publisher, and by hand.

By hand means: the same rows written with the sqlite3 module into the same database file, as one transaction a
revocation with the same durability (write-ahead log, full synchronisation), and without any check.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import uvloop

from ler_trust.accounts import FIRST_TENANT
from ler_trust.model.did import KeyKind
from ler_trust.model.records import ListRecord, StatusChange
from ler_trust.service import Service
from tests.bench.workers.assembly import DATABASE, service_for
from tests.bench.workers.protocol import serve, share

_ACTOR: Final = "bench"
_REASON: Final = "withdrawn by the issuer"
_BY_HAND: Final = (
    "UPDATE status_list SET sequence = sequence + 1 WHERE id = ? RETURNING number, sequence",
    'INSERT INTO status_change (list, sequence, "index", value, reason, actor, recorded_at)'
    " VALUES (?, ?, ?, 1, ?, ?, ?)",
    'INSERT INTO status_value (list, "index", value) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET value = 1',
)


async def _prepare(service: Service, count: int) -> tuple[ListRecord, Sequence[int]]:
    """Return a new list and ``count`` of its entries."""
    key = await service.issuers.create(FIRST_TENANT, KeyKind.ED25519)
    record = await service.publisher.create_list(FIRST_TENANT, "revocation", key.id)
    entries = await service.publisher.allocate(FIRST_TENANT, record.id, count)
    return record, [int(entry["statusListIndex"]) for entry in entries]


class _ByHand:
    """Commits on a connection of its own to the same file."""

    def __init__(self, path: Path, list_id: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._list_id = list_id

    def revoke(self, index: int) -> None:
        """Write one revocation, durably."""
        advance, record, change = _BY_HAND
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        number, sequence = execute(advance, (self._list_id,)).fetchone()
        execute(record, (number, sequence, index, _REASON, _ACTOR, time.time_ns() // 1_000))
        execute(change, (number, index))
        execute("COMMIT")


def main() -> None:
    """Do the rounds: a round is a list of ordinals of entries, revoked one by one."""
    content: dict[str, Any] = share()
    count = sum(map(len, content["rounds"]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        service = runner.run(stack.enter_async_context(service_for(content)))
        record, indexes = runner.run(_prepare(service, count))
        by_hand = _ByHand(Path(content["data"]) / DATABASE, record.id)

        async def through_publisher(ordinals: list[int]) -> None:
            for ordinal in ordinals:
                change = StatusChange(indexes[ordinal], 1, _REASON)
                await service.publisher.change(FIRST_TENANT, record.id, [change], actor=_ACTOR)

        def work(ordinals: list[int]) -> None:
            if content["by_hand"]:
                for ordinal in ordinals:
                    by_hand.revoke(indexes[ordinal])
            else:
                runner.run(through_publisher(ordinals))

        serve(content["rounds"], work, {"sqlite": sqlite3.sqlite_version})
        runner.run(_require_revoked(service, record, count))
        runner.run(stack.aclose())


async def _require_revoked(service: Service, record: ListRecord, count: int) -> None:
    state = await service.store.state(record.id)
    if len(state.values) != count:
        raise ValueError(f"{len(state.values)} entries are revoked, not {count}")


if __name__ == "__main__":
    main()
