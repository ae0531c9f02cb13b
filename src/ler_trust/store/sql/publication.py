"""What is published of a list, what was, and what it was made of."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from ler_trust.model.instant import Instant
from ler_trust.model.records import ListState, PublishedList, PublishedVersion
from ler_trust.steps import passing
from ler_trust.store.sql.list_rows import LIST, THIS_LIST, locked_number_of, number_of
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import (
    PUBLISHED_LIST,
    PUBLISHED_VERSION,
    STATUS_CHANGE,
    STATUS_LIST,
)

_VERSION: Final = tuple(field.name for field in fields(PublishedVersion))[1:]
_PUBLISHED: Final = Prepared(
    select(LIST.id, *[PUBLISHED_LIST.c[field.name] for field in fields(PublishedList)[1:-1]])
    .join(PUBLISHED_LIST)
    .where(THIS_LIST)
)


class PublicationRepository(Repository):
    """The part of ``contracts.StatusStore`` that knows what was published."""

    async def published(self, list_id: str) -> PublishedList | None:
        """Return what was last published."""
        rows = await self._database.read(_PUBLISHED.rows, list_id=list_id)
        return PublishedList(*rows[0]) if rows else None

    async def publish(self, new: PublishedList, *, replaces: PublishedList | None) -> bool:
        """Publish ``new`` if what is published is still ``replaces`` and its sequence does not go back.

        Returns whether it was done; ``False`` means somebody else published first. Raises
        ``Conflict('request.not_found')`` without such a list.
        """
        done = await self._database.write(new.list_id, self._publish, new, replaces)
        passing("publish.durable")
        return done

    def _publish(self, connection: Connection, new: PublishedList, replaces: PublishedList | None) -> bool:
        # The list's row is locked first here, too: those that share a transaction come in any order, and one
        # that published and then changed would wait for one that changed and then published.
        number = locked_number_of(connection, new.list_id)
        done = self._swap(connection, number, new, replaces)
        if done:
            row = {name: getattr(new, name) for name in _VERSION} | {"list": number}
            connection.execute(insert(PUBLISHED_VERSION).values(row))
        passing("publish.written")
        return done

    def _swap(
        self, connection: Connection, number: int, new: PublishedList, replaces: PublishedList | None
    ) -> bool:
        values = _publication(new) | {"list": number}
        if replaces is None:
            first = self._database.insert(PUBLISHED_LIST).values(values).on_conflict_do_nothing()
            return connection.execute(first).rowcount == 1
        unchanged = [PUBLISHED_LIST.c[name] == value for name, value in _publication(replaces).items()]
        query = update(PUBLISHED_LIST).where(
            PUBLISHED_LIST.c.list == values["list"], PUBLISHED_LIST.c.sequence <= new.sequence, *unchanged
        )
        return connection.execute(query.values(values)).rowcount == 1

    async def version_at(self, list_id: str, at: Instant) -> PublishedVersion | None:
        """Return what was published last at ``at``; ``None`` when nothing was, or it is not remembered."""
        version = PUBLISHED_VERSION.c
        query = (
            select(LIST.id, *[version[name] for name in _VERSION])
            .join(STATUS_LIST, LIST.number == version.list)
            .where(LIST.id == list_id, version.published_at <= at)
            .order_by(version.published_at.desc(), version.number.desc())
            .limit(1)
        )
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else PublishedVersion(*row)

    async def state_at(self, list_id: str, sequence: int) -> ListState:
        """Return the entries that were not 0 once the change ``sequence`` was made.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        return await self._database.read(_state_at, list_id, sequence)

    async def changed(self, list_id: str, *, after: int, until: int) -> Collection[int]:
        """Return the indexes of the entries that changes after one sequence up to another were about."""
        change = STATUS_CHANGE.c
        query = (
            select(change.index)
            .join(STATUS_LIST, LIST.number == change.list)
            .where(LIST.id == list_id, change.sequence > after, change.sequence <= until)
        )
        return await self._database.read(lambda connection: set(connection.scalars(query)))


def _state_at(connection: Connection, list_id: str, sequence: int) -> ListState:
    change = STATUS_CHANGE.c
    query = (
        select(change.index, change.value)
        .where(change.list == number_of(connection, list_id), change.sequence <= sequence)
        .order_by(change.sequence)
    )
    last = {index: value for index, value in connection.execute(query)}  # noqa: C416 - the later ones win
    return ListState(sequence, {index: value for index, value in last.items() if value})


def _publication(published: PublishedList) -> dict[str, Any]:
    return {
        column.name: getattr(published, column.name) for column in PUBLISHED_LIST.c if column.name != "list"
    }
