"""Status lists in the database: allocation, changes with their audit trail, publication."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ler_trust.errors import Conflict
from ler_trust.model.instant import Instant
from ler_trust.model.records import AuditedChange, ListRecord, ListState, PublishedList, StatusChange
from ler_trust.store.sql.repository import Repository, to_the_end
from ler_trust.store.sql.tables import PUBLISHED_LIST, STATUS_CHANGE, STATUS_LIST, STATUS_VALUE

_FINAL_PURPOSE: Final = "revocation"  # Bitstring Status List 1.0 §2.1: it is not reversible
_CHUNK: Final = 10_000  # values in one statement: both databases take some 32,000
_RECORD: Final = tuple(column for column in STATUS_LIST.c if column.name != "number")


class StatusRepository(Repository):
    """The status half of the store (``contracts.StatusStore``)."""

    @to_the_end
    async def create_list(self, record: ListRecord) -> None:
        """Add a list; raises ``Conflict('request.conflict')`` when its id or URL is taken."""
        values = {column.name: getattr(record, column.name) for column in _RECORD}
        async with self._database.writing() as connection:
            await connection.execute(insert(STATUS_LIST).values(values))

    @to_the_end
    async def list_record(self, list_id: str) -> ListRecord | None:
        """Return a list's record, ``None`` when there is none."""
        found = await self._records(select(*_RECORD).where(STATUS_LIST.c.id == list_id))
        return found[0] if found else None

    @to_the_end
    async def list_records(self, tenant: str) -> Sequence[ListRecord]:
        """Return a tenant's lists in order of creation."""
        query = select(*_RECORD).where(STATUS_LIST.c.tenant == tenant).order_by(STATUS_LIST.c.number)
        return await self._records(query)

    async def _records(self, query: Select[Any]) -> Sequence[ListRecord]:
        async with self._database.reading() as connection:
            return [ListRecord(**row._asdict()) for row in await connection.execute(query)]

    @to_the_end
    async def allocate(self, list_id: str, count: int) -> int:
        """Hand out ``count`` entries and return the ordinal of the first; none is ever handed out twice.

        Raises ``Conflict`` with ``request.list_full``, ``request.not_found``, or ``request.invalid`` for a
        count below 1.
        """
        if count < 1:
            raise Conflict("request.invalid", "at least one entry must be asked for")
        taken = STATUS_LIST.c.allocated
        query = (
            update(STATUS_LIST)
            .where(STATUS_LIST.c.id == list_id, STATUS_LIST.c.length - taken >= count)
            .values(allocated=taken + count)
            .returning(taken)
        )
        async with self._database.writing() as connection:
            last = (await connection.execute(query)).scalar_one_or_none()
            if last is None:
                await _number(connection, list_id)
                raise Conflict("request.list_full", f"the list has fewer than {count} free entries")
            return int(last) - count

    @to_the_end
    async def change(self, list_id: str, changes: Sequence[StatusChange], *, actor: str, at: Instant) -> int:
        """Apply all changes or none, record each in the audit trail, return the new sequence.

        Raises ``Conflict`` with ``request.final`` when an entry of a revocation list would go back to 0,
        ``request.not_found`` without such a list, ``request.invalid`` for an entry the list does not have
        or a value that one bit does not hold.
        """
        async with self._database.writing() as connection:
            # Changing the list's own row first makes every other change of this list wait for this one.
            found = await _advance(connection, list_id, len(changes))
            _check(changes, found.length)
            if found.purpose == _FINAL_PURPOSE:
                await _refuse_undoing(connection, found.number, changes)
            if changes:
                first = found.sequence - len(changes) + 1
                await _audit(connection, found.number, first, changes, actor, at)
                await self._set(connection, found.number, {change.index: change.value for change in changes})
            return int(found.sequence)

    async def _set(self, connection: AsyncConnection, number: int, values: Mapping[int, int]) -> None:
        rows = [
            {"list": number, "index": index, "value": value}
            for index, value in sorted(values.items())
            if value
        ]
        if rows:
            statement = self._database.insert(STATUS_VALUE)
            replacing = statement.on_conflict_do_update(
                index_elements=["list", "index"], set_={"value": statement.excluded.value}
            )
            await connection.execute(replacing, rows)
        for part in _parts(index for index, value in values.items() if not value):
            await connection.execute(delete(STATUS_VALUE).where(_entries(number, part)))

    @to_the_end
    async def state(self, list_id: str) -> ListState:
        """Return the entries that are not 0, with the sequence they belong to.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        # One statement, so that also PostgreSQL answers it from one state of the database.
        query = (
            select(STATUS_LIST.c.sequence, STATUS_VALUE.c.index, STATUS_VALUE.c.value)
            .outerjoin(STATUS_VALUE, STATUS_VALUE.c.list == STATUS_LIST.c.number)
            .where(STATUS_LIST.c.id == list_id)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            raise _missing(list_id)
        return ListState(rows[0].sequence, {index: value for _, index, value in rows if index is not None})

    @to_the_end
    async def published(self, list_id: str) -> PublishedList | None:
        """Return what was last published."""
        columns = [column for column in PUBLISHED_LIST.c if column.name != "list"]
        query = select(*columns).join(STATUS_LIST).where(STATUS_LIST.c.id == list_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return PublishedList(list_id=list_id, **row._asdict()) if row else None

    @to_the_end
    async def publish(self, new: PublishedList, *, replaces: PublishedList | None) -> bool:
        """Publish ``new`` if what is published is still ``replaces`` and its sequence does not go back.

        Returns whether it was done; ``False`` means somebody else published first. Raises
        ``Conflict('request.not_found')`` without such a list.
        """
        async with self._database.writing() as connection:
            values = _publication(new) | {"list": await _number(connection, new.list_id)}
            if replaces is None:
                first = self._database.insert(PUBLISHED_LIST).values(values).on_conflict_do_nothing()
                return (await connection.execute(first)).rowcount == 1
            unchanged = [PUBLISHED_LIST.c[name] == value for name, value in _publication(replaces).items()]
            query = update(PUBLISHED_LIST).where(
                PUBLISHED_LIST.c.list == values["list"], PUBLISHED_LIST.c.sequence <= new.sequence, *unchanged
            )
            return (await connection.execute(query.values(values))).rowcount == 1

    @to_the_end
    async def changes(self, list_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[AuditedChange]:
        """Return the audit trail after a sequence number, oldest first."""
        columns = [column for column in STATUS_CHANGE.c if column.name != "list"]
        query = (
            select(*columns)
            .join(STATUS_LIST)
            .where(STATUS_LIST.c.id == list_id, STATUS_CHANGE.c.sequence > after)
            .order_by(STATUS_CHANGE.c.sequence)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [
                AuditedChange(list_id=list_id, **row._asdict()) for row in await connection.execute(query)
            ]


def _missing(list_id: str) -> Conflict:
    return Conflict("request.not_found", f"there is no status list {list_id}")


async def _number(connection: AsyncConnection, list_id: str) -> int:
    found = await connection.scalar(select(STATUS_LIST.c.number).where(STATUS_LIST.c.id == list_id))
    if found is None:
        raise _missing(list_id)
    return int(found)


async def _advance(connection: AsyncConnection, list_id: str, count: int) -> Row[Any]:
    columns = STATUS_LIST.c
    query = (
        update(STATUS_LIST)
        .where(columns.id == list_id)
        .values(sequence=columns.sequence + count)
        .returning(columns.number, columns.purpose, columns.length, columns.sequence)
    )
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise _missing(list_id)
    return found


def _check(changes: Iterable[StatusChange], length: int) -> None:
    for change in changes:
        if not 0 <= change.index < length:
            raise Conflict("request.invalid", f"the list has no entry {change.index}")
        if change.value not in (0, 1):
            raise Conflict("request.invalid", "an entry of one bit is 0 or 1")


async def _refuse_undoing(connection: AsyncConnection, number: int, changes: Sequence[StatusChange]) -> None:
    cleared = {change.index for change in changes if not change.value}
    revoked: set[int] = set()
    for part in _parts(cleared):
        revoked.update(await connection.scalars(select(STATUS_VALUE.c.index).where(_entries(number, part))))
    for change in changes:
        if change.value:
            revoked.add(change.index)
        elif change.index in revoked:
            raise Conflict("request.final", "a revocation is final and cannot be undone")


async def _audit(
    connection: AsyncConnection,
    number: int,
    first: int,
    changes: Sequence[StatusChange],
    actor: str,
    at: Instant,
) -> None:
    rows = [
        {
            "list": number,
            "sequence": sequence,
            "index": change.index,
            "value": change.value,
            "reason": change.reason,
            "actor": actor,
            "recorded_at": at,
        }
        for sequence, change in enumerate(changes, first)
    ]
    await connection.execute(insert(STATUS_CHANGE), rows)


def _parts(indexes: Iterable[int]) -> Iterable[Sequence[int]]:
    ordered = sorted(indexes)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def _entries(number: int, indexes: Sequence[int]) -> Any:
    return and_(STATUS_VALUE.c.list == number, STATUS_VALUE.c.index.in_(indexes))


def _publication(published: PublishedList) -> dict[str, Any]:
    return {
        column.name: getattr(published, column.name) for column in PUBLISHED_LIST.c if column.name != "list"
    }
