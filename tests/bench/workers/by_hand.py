"""Revocations committed by hand: the rows the store writes, as one transaction each, without any check."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import asyncpg

_ACTOR: Final = "bench"
_REASON: Final = "withdrawn by the issuer"
_ADVANCE: Final = "UPDATE status_list SET sequence = sequence + 1 WHERE id = $1 RETURNING number, sequence"
_RECORD: Final = (
    'INSERT INTO status_change (list, sequence, "index", value, reason, actor, recorded_at)'
    " VALUES ($1, $2, $3, 1, $4, $5, $6)"
)
_SET: Final = (
    'INSERT INTO status_value (list, "index", value) VALUES ($1, $2, 1)'
    ' ON CONFLICT (list, "index") DO UPDATE SET value = 1'
)


class ByHand(Protocol):
    """Revokes entries of one list on a connection of its own."""

    async def revoke(self, indexes: Sequence[int]) -> None:
        """Revoke one entry after another, each durable before the next."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class BySqlite:
    """Commits with the sqlite3 module to the file, as durably: a write-ahead log, fully synchronised."""

    def __init__(self, path: Path, list_id: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._list_id = list_id

    async def revoke(self, indexes: Sequence[int]) -> None:
        """Revoke one entry after another; blocks, as nothing else runs here."""
        execute = self._connection.execute
        advance, record, change = (text.replace("$", "?") for text in (_ADVANCE, _RECORD, _SET))
        for index in indexes:
            execute("BEGIN IMMEDIATE")
            number, sequence = execute(advance, (self._list_id,)).fetchone()
            execute(record, (number, sequence, index, _REASON, _ACTOR, time.time_ns() // 1_000))
            execute(change, (number, index))
            execute("COMMIT")

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class ByAsyncpg:
    """Commits with asyncpg, whose prepared statements it keeps."""

    def __init__(self, connection: asyncpg.Connection, list_id: str) -> None:
        self._connection = connection
        self._list_id = list_id

    async def revoke(self, indexes: Sequence[int]) -> None:
        """Revoke one entry after another."""
        connection = self._connection
        for index in indexes:
            async with connection.transaction():
                number, sequence = await connection.fetchrow(_ADVANCE, self._list_id)
                now = time.time_ns() // 1_000
                await connection.execute(_RECORD, number, sequence, index, _REASON, _ACTOR, now)
                await connection.execute(_SET, number, index)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


async def by_hand(database_url: str, list_id: str) -> ByHand:
    """Return what commits by hand to the list ``list_id`` of that database."""
    if database_url.startswith("sqlite:///"):
        return BySqlite(Path(database_url.removeprefix("sqlite:///")), list_id)
    return ByAsyncpg(await asyncpg.connect(database_url), list_id)
