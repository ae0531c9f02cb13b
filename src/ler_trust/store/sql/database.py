"""One database: how to reach it, how to read it, and what a durable change is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, Table, exc, make_url
from sqlalchemy.dialects import postgresql, sqlite

from ler_trust.errors import ConfigurationError
from ler_trust.store.sql.postgresql_driver import PostgresqlDriver
from ler_trust.store.sql.sqlite_driver import SqliteDriver
from ler_trust.store.sql.transaction import Outcome, Work

_GROUP: Final = 100  # callers in one transaction: it is over soon enough for other processes to have a turn

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Order = TypeVar("_Order")


class Driver(Protocol):
    """What differs between the databases: where blocking work is done, and on which connection."""

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Do work that is one SELECT; it sees one state of the database."""
        ...

    def start(self, works: Sequence[Work], done: Callable[[Sequence[Outcome]], None]) -> None:
        """Begin works in one durable transaction, as :func:`transaction.commit` says.

        ``done`` is called on the event loop with their outcomes, an error being everybody's.
        """
        ...

    async def close(self) -> None:
        """Finish what has begun, and close every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Manner(Generic[_Order, _T]):
    """How orders of one kind are carried out: one as such, one alone, several together.

    What the last two do, and when they do nothing and return ``None``, :class:`transaction.Work` says.
    """

    do: Callable[[Connection, _Order], _T]
    alone: Callable[[Connection, _Order], _T | None]
    together: Callable[[Connection, Sequence[_Order]], Sequence[_T] | None]


class Database:
    """Reads and changes a database by functions of a connection.

    Such a function may be called again after its transaction was undone, so it changes nothing else. What
    goes wrong is told as ``failures.told_plainly`` says.

    Changes that would wait for each other anyway share a transaction (group commit): while one is being
    made durable, those that come after it gather, and are the next. SQLite has one writer, so all of a
    process's changes are of one kind; on PostgreSQL those are that lock the same row.
    """

    def __init__(self, url: URL) -> None:
        self._is_sqlite = url.get_backend_name() == "sqlite"
        self._driver: Driver = SqliteDriver(url) if self._is_sqlite else PostgresqlDriver(url)
        self._waiting: dict[object, list[_Caller]] = {}
        self._drained: asyncio.Future[None] | None = None

    @property
    def is_sqlite(self) -> bool:
        """Return whether this is SQLite; PostgreSQL otherwise."""
        return self._is_sqlite

    async def read(
        self, work: Callable[Concatenate[Connection, _P], _T], *positional: _P.args, **named: _P.kwargs
    ) -> _T:
        """Return what ``work`` finds by one SELECT, which sees one state of the database."""
        return await self._driver.read(lambda connection: work(connection, *positional, **named))

    async def write(
        self,
        row: str | None,
        work: Callable[Concatenate[Connection, _P], _T],
        *positional: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Return what ``work`` returned once its changes are durable; none is made when it raises.

        ``row`` names the row that it locks first, for whose sake it may be grouped with others; ``None``
        when there is no such row. Once begun it comes to its end although the caller is cancelled.
        """
        value: _T = await self._write(row, Work(lambda connection: work(connection, *positional, **named)))
        return value

    async def write_order(self, row: str, manner: "Manner[_Order, _T]", order: _Order) -> _T:
        """Do the same for an ``order`` of a kind that is so common that there are quicker ways for it."""
        work = Work(
            lambda connection: manner.do(connection, order),
            lambda connection: manner.alone(connection, order),
            manner.together,
            order,
        )
        value: _T = await self._write(row, work)
        return value

    async def _write(self, row: str | None, work: Work) -> Any:
        loop = asyncio.get_running_loop()
        caller = _Caller(work, loop.create_future())
        kind: object = "file" if self._is_sqlite else row or caller
        if kind in self._waiting:
            self._waiting[kind].append(caller)
        else:
            self._waiting[kind] = [caller]
            loop.call_soon(self._start, kind)  # and not now, so that those who come at once are together
        return await caller.answer

    def _start(self, kind: object) -> None:
        group = self._waiting[kind][:_GROUP]
        del self._waiting[kind][:_GROUP]
        if group:
            self._driver.start(
                [caller.work for caller in group], lambda outcomes: self._done(kind, group, outcomes)
            )
            return
        del self._waiting[kind]
        if self._drained is not None and not self._waiting:
            self._drained.set_result(None)

    def _done(self, kind: object, group: Sequence["_Caller"], outcomes: Sequence[Outcome]) -> None:
        for caller, outcome in zip(group, outcomes, strict=True):
            caller.tell(outcome)
        self._start(kind)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that can say what to do when the row is there already."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    async def close(self) -> None:
        """Finish what has begun, and close every connection."""
        if self._waiting:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained
        await self._driver.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Caller:
    work: Work
    answer: asyncio.Future[Any]

    def tell(self, outcome: Outcome) -> None:
        if self.answer.done():  # cancelled: nobody listens
            return
        if outcome.error is None:
            self.answer.set_result(outcome.value)
        else:
            self.answer.set_exception(outcome.error)


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
        return url.set(drivername="sqlite")
    if name in ("postgresql", "postgres"):
        return url.set(drivername="postgresql")
    raise ConfigurationError(f"database_url: {name} is not supported; use sqlite:/// or postgresql://")
