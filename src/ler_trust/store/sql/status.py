"""Status lists in the database: their records, their state, what is published.

What is done for each request is :class:`Prepared`; the rest is SQLAlchemy's everyday form.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from ler_trust.model.records import ListRecord, ListState, PublishedList
from ler_trust.steps import passing
from ler_trust.store.sql.allocation import AllocationRepository
from ler_trust.store.sql.changes import ChangeRepository
from ler_trust.store.sql.list_rows import LIST, THIS_LIST, locked_number_of, missing
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.tables import PUBLISHED_LIST, STATUS_LIST, STATUS_VALUE

_RECORD: Final = select(*[LIST[field.name] for field in fields(ListRecord)])
_ONE_RECORD: Final = Prepared(_RECORD.where(THIS_LIST))
# One statement, so that also PostgreSQL answers it from one state of the database.
_STATE: Final = Prepared(
    select(LIST.sequence, STATUS_VALUE.c.index, STATUS_VALUE.c.value)
    .outerjoin(STATUS_VALUE, STATUS_VALUE.c.list == LIST.number)
    .where(THIS_LIST)
)
_PUBLISHED: Final = Prepared(
    select(LIST.id, *[PUBLISHED_LIST.c[field.name] for field in fields(PublishedList)[1:-1]])
    .join(PUBLISHED_LIST)
    .where(THIS_LIST)
)


class StatusRepository(AllocationRepository, ChangeRepository):
    """The status half of the store (``contracts.StatusStore``)."""

    async def create_list(self, record: ListRecord) -> None:
        """Add a list; raises ``Conflict('request.conflict')`` when its id or URL is taken."""
        query = insert(STATUS_LIST).values(asdict(record))
        await self._database.write(None, lambda connection: connection.execute(query).rowcount)

    async def list_record(self, list_id: str) -> ListRecord | None:
        """Return a list's record, ``None`` when there is none."""
        rows = await self._database.read(_ONE_RECORD.rows, list_id=list_id)
        return ListRecord(*rows[0]) if rows else None

    async def list_records(self, tenant: str) -> Sequence[ListRecord]:
        """Return a tenant's lists in order of creation."""
        query = _RECORD.where(LIST.tenant == tenant).order_by(LIST.number)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [ListRecord(*row) for row in rows]

    async def state(self, list_id: str) -> ListState:
        """Return the entries that are not 0, with the sequence they belong to.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        return await self._database.read(_state, list_id)

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
        done = self._swap(connection, new, replaces)
        passing("publish.written")
        return done

    def _swap(self, connection: Connection, new: PublishedList, replaces: PublishedList | None) -> bool:
        # The list's row is locked first here, too: those that share a transaction come in any order, and one
        # that published and then changed would wait for one that changed and then published.
        values = _publication(new) | {"list": locked_number_of(connection, new.list_id)}
        if replaces is None:
            first = self._database.insert(PUBLISHED_LIST).values(values).on_conflict_do_nothing()
            return connection.execute(first).rowcount == 1
        unchanged = [PUBLISHED_LIST.c[name] == value for name, value in _publication(replaces).items()]
        query = update(PUBLISHED_LIST).where(
            PUBLISHED_LIST.c.list == values["list"], PUBLISHED_LIST.c.sequence <= new.sequence, *unchanged
        )
        return connection.execute(query.values(values)).rowcount == 1


def _state(connection: Connection, list_id: str) -> ListState:
    rows = _STATE.rows(connection, list_id=list_id)
    if not rows:
        raise missing(list_id)
    return ListState(rows[0][0], {index: value for _, index, value in rows if index is not None})


def _publication(published: PublishedList) -> dict[str, Any]:
    return {
        column.name: getattr(published, column.name) for column in PUBLISHED_LIST.c if column.name != "list"
    }
