"""PostgreSQL: a pool of asyncpg's connections, which the event loop serves without threads."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ler_trust.store.sql.failures import told_plainly
from ler_trust.store.sql.transaction import Outcome, Work, commit

LOCK_SECONDS: Final = 10  # how long a change waits for others: far past any honest transaction here
ANSWER_SECONDS: Final = 30  # how long the server may take over one statement or a new connection
CONNECTIONS: Final = 10  # kept open by a process; as many again when they are all busy

_T = TypeVar("_T")


class PostgresqlDriver:
    """Connections to one server; what has begun on one comes to its end although its caller is cancelled.

    A statement that is abandoned half-way would cost its connection.
    """

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._running: set[asyncio.Task[Any]] = set()

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Do ``work``, which is one SELECT."""
        return await self._to_the_end(self._on(self._reading, work))

    def start(self, works: Sequence[Work], done: Callable[[Sequence[Outcome]], None]) -> None:
        """Begin ``works`` in one transaction, as :func:`transaction.commit` says; ``done`` hears of it."""
        task = asyncio.create_task(self._commit(works, done))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _commit(self, works: Sequence[Work], done: Callable[[Sequence[Outcome]], None]) -> None:
        outcomes: Sequence[Outcome] | None
        try:
            outcomes = await self._alone(works)
            if outcomes is None:
                outcomes = await self._on(self._engine, lambda connection: commit(connection, works))
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers are told
            outcomes = [Outcome(error=error)] * len(works)
        done(outcomes)

    async def _alone(self, works: Sequence[Work]) -> Sequence[Outcome] | None:
        """Do a single work by its one statement, if it has one and that is enough."""
        alone = works[0].alone if len(works) == 1 else None
        if alone is None:
            return None
        value = await self._on(self._reading, alone)
        return None if value is None else [Outcome(value)]

    async def _on(self, engine: AsyncEngine, work: Callable[[Connection], _T]) -> _T:
        with told_plainly():
            async with engine.connect() as connection:
                return await connection.run_sync(work)

    async def _to_the_end(self, work: Coroutine[Any, Any, _T]) -> _T:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Finish what has begun, and close every connection."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=ANSWER_SECONDS,
        connect_args={
            "timeout": ANSWER_SECONDS,
            "command_timeout": ANSWER_SECONDS,
            "server_settings": {"lock_timeout": f"{LOCK_SECONDS}s", "application_name": "ler-trust"},
        },
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "checkout", _require_open)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    # A server may be set up to acknowledge before it has written; stronger settings are left alone.
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()


def _require_open(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    # A server that has restarted has closed its connections, and the event loop has noticed: so there is no
    # need to ask each time, which would cost more than a revocation. The pool connects anew.
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError
