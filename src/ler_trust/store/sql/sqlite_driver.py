"""SQLite: plain blocking calls on threads of their own, one to write and a few to read."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from ler_trust.store.sql.failures import told_plainly
from ler_trust.store.sql.transaction import Outcome, Work, commit

LOCK_SECONDS: Final = 10  # how long a change waits for other processes: far past any honest transaction here
_READERS: Final = 4  # threads: a read is short, and the interpreter runs one at a time

_T = TypeVar("_T")
_Done = Callable[[Sequence[Outcome]], None]
_Order = tuple[Sequence[Work], asyncio.AbstractEventLoop, _Done]


class SqliteDriver:
    """Connections to one file, each kept open by the one thread that uses it.

    SQLite has one writer at a time: this process's is a single thread, and those of other processes are
    waited for by the busy timeout.
    """

    def __init__(self, url: URL) -> None:
        self._reading, self._writing = _engine(url), _engine(url)
        event.listen(self._writing, "begin", _begin)
        self._readers = ThreadPoolExecutor(_READERS, "ler-sqlite-read")
        # A thread and a queue, for an executor and its futures take longer than a transaction in memory.
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="ler-sqlite-write", daemon=True)
        self._writer.start()
        self._mine = threading.local()
        self._opened: list[Connection] = []

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Do ``work``, which is one SELECT."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def start(self, works: Sequence[Work], done: _Done) -> None:
        """Begin ``works`` in one transaction, as :func:`transaction.commit` says; ``done`` hears of it."""
        self._orders.put((works, asyncio.get_running_loop(), done))

    def _write(self) -> None:
        """Carry out what was ordered, one transaction after the other, until told to stop."""
        while (order := self._orders.get()) is not None:
            works, loop, done = order
            try:
                outcomes = self._commit(works)
            except Exception as error:  # noqa: BLE001 - whatever it is, the callers are told
                outcomes = [Outcome(error=error)] * len(works)
            with suppress(RuntimeError):  # whoever asked has ended with its event loop, and others have not
                loop.call_soon_threadsafe(done, outcomes)

    def _read(self, work: Callable[[Connection], _T]) -> _T:
        with told_plainly():
            connection = self._connection(self._reading)
            try:
                return work(connection)
            finally:
                connection.rollback()

    def _commit(self, works: Sequence[Work]) -> Sequence[Outcome]:
        with told_plainly():
            connection = self._connection(self._writing)
            alone = works[0].alone if len(works) == 1 else None
            value = None if alone is None else alone(connection)
        return commit(connection, works) if value is None else [Outcome(value)]

    def _connection(self, engine: Engine) -> Connection:
        """Return this thread's connection."""
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = engine.connect()
            self._opened.append(connection)
        return connection

    async def close(self) -> None:
        """Finish what has begun, and close every connection."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._orders.put(None)
        self._writer.join()
        while self._opened:
            self._opened.pop().close()


def _engine(url: URL) -> Engine:
    # With isolation_level None the driver begins no transaction of its own accord.
    options: dict[str, Any] = {"timeout": LOCK_SECONDS, "isolation_level": None, "check_same_thread": False}
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, connect_args=options)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # a commit has reached the disk when it returns
    cursor.execute("PRAGMA fullfsync = ON")  # the same on macOS, where fsync alone does not promise it
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that takes the lock at its first write cannot go on if another has written meanwhile.
    cursor = connection.connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    cursor.close()
