"""One database: how to reach it, what a transaction is, and what its errors mean to a caller."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg
from sqlalchemy import URL, Connection, Table, event, exc, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ler_trust.errors import ConfigurationError, Conflict, Undecided

LOCK_SECONDS: Final = 10  # how long a change waits for others: far past any honest transaction here
ANSWER_SECONDS: Final = 30  # how long PostgreSQL may take over one statement or a new connection
CONNECTIONS: Final = 10  # kept open by a process to PostgreSQL; as many again when they are all busy

_BEGIN_OPTION: Final = "begin_statement"

# What a driver raises by itself, past SQLAlchemy, when the database is out of reach.
_DRIVER_ERRORS: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error)


class Database:
    """A pool of connections, handed out as transactions that either read or write.

    What goes wrong in one is told as :class:`Undecided` (``request.unavailable``: the database cannot be
    reached, is locked too long or cannot write) or :class:`Conflict` (a constraint does not hold, or a
    value does not fit its column). The one case in which a change may have been made although its
    transaction raised is a connection lost while committing; the caller reads before trying again.
    """

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._write_engine = self._engine.execution_options(**{_BEGIN_OPTION: "BEGIN IMMEDIATE"})
        self._turn = asyncio.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is SQLite; PostgreSQL otherwise."""
        return self._is_sqlite

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read by; on SQLite all its statements see the same state."""
        with _told_plainly():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction that is durable when the block ends, and undone when it raises.

        SQLite has one writer at a time, so writers of this process take turns instead of polling for
        the file's lock; those of other processes are waited for by its busy timeout.
        """
        with _told_plainly():
            async with self._in_turn(), self._write_engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if not self._is_sqlite:
            yield
            return
        async with asyncio.timeout(LOCK_SECONDS):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that can say what to do when the row is there already."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def database_url(text: str) -> URL:
    """Read a database URL: ``sqlite:///file`` or ``postgresql://user@host/name``.

    Raises :class:`ConfigurationError` for any other; drivers are this service's choice, not the URL's.
    """
    try:
        url = make_url(text)
    except exc.ArgumentError as error:
        raise ConfigurationError("database_url: this is not a database URL") from error
    name = url.get_backend_name()
    if name == "sqlite":
        if url.database in (None, "", ":memory:") or url.query.get("mode"):
            raise ConfigurationError(
                "database_url: SQLite needs a file, as in sqlite:///data/ler-trust.sqlite3"
            )
        return url.set(drivername="sqlite+aiosqlite")
    if name in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+asyncpg")
    raise ConfigurationError(f"database_url: {name} is not supported; use sqlite:/// or postgresql://")


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url, connect_args={"timeout": LOCK_SECONDS, "isolation_level": None}, pool_timeout=ANSWER_SECONDS
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=ANSWER_SECONDS,
        pool_pre_ping=True,  # a server that was restarted is noticed before a transaction, not in it
        connect_args={
            "timeout": ANSWER_SECONDS,
            "command_timeout": ANSWER_SECONDS,
            "server_settings": {"lock_timeout": f"{LOCK_SECONDS}s", "application_name": "ler-trust"},
        },
    )
    event.listen(engine.sync_engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    _run(
        connection,
        "PRAGMA synchronous = FULL",  # a commit has reached the disk when it returns
        "PRAGMA fullfsync = ON",  # the same on macOS, where fsync alone does not promise it
        "PRAGMA foreign_keys = ON",
    )


def _prepare_postgresql(connection: DBAPIConnection, _record: object) -> None:
    # A server may be set up to acknowledge before it has written; stronger settings are left alone.
    _run(
        connection,
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'",
    )


def _run(connection: DBAPIConnection, *statements: str) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # The driver's own transactions start too late: they take the write lock at the first write, and
    # two that have read by then cannot both go on.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN_OPTION, "BEGIN"))


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except exc.StatementError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except (OverflowError, UnicodeError) as error:  # from SQLite's driver, which does not wrap them
        raise _unfit() from error
    except (exc.TimeoutError, *_DRIVER_ERRORS) as error:
        raise _unavailable(error) from error


def _meaning(error: exc.StatementError) -> Conflict | Undecided | None:
    """Return what an error says to the caller; ``None`` when it is a mistake in this package."""
    if isinstance(error, exc.IntegrityError):
        return Conflict("request.conflict", "this exists already, or refers to something that does not")
    if _is_unfit_value(error):
        return _unfit()
    if isinstance(error, exc.DBAPIError) and not isinstance(error, exc.ProgrammingError):
        return _unavailable(error)
    return None


def _unfit() -> Conflict:
    return Conflict("request.invalid", "a value is outside what can be stored")


def _is_unfit_value(error: exc.StatementError) -> bool:
    """Tell whether a value does not fit: too large a number, or text that is not Unicode or has a NUL.

    Drivers notice some of these before the server does, and then with errors of Python's own.
    """
    causes = (error, error.orig, getattr(error.orig, "__cause__", None))
    return any(
        isinstance(cause, exc.DataError | OverflowError | ValueError | asyncpg.DataError) for cause in causes
    )


def _unavailable(error: Exception) -> Undecided:
    kind = type(getattr(error, "orig", None) or error).__name__
    return Undecided("request.unavailable", f"the database cannot do this now ({kind})", retryable=True)
