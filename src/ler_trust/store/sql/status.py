"""Status lists in the database: allocation, changes with their audit trail, publication.

What is done for each entry or request is :class:`Prepared`; the rest is SQLAlchemy's everyday form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from ler_trust.errors import Conflict
from ler_trust.model.instant import Instant
from ler_trust.model.records import AuditedChange, ListRecord, ListState, PublishedList, StatusChange
from ler_trust.store.sql.database import Database
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import PUBLISHED_LIST, STATUS_CHANGE, STATUS_LIST, STATUS_VALUE

_FINAL_PURPOSE: Final = "revocation"  # Bitstring Status List 1.0 §2.1: it is not reversible
_CHUNK: Final = 10_000  # values in one statement: both databases take some 32,000

_LIST: Final = STATUS_LIST.c
_THIS_LIST: Final = _LIST.id == bindparam("list_id")
_COUNT: Final = bindparam("count", type_=_LIST.length.type)

_RECORD: Final = select(*[_LIST[field.name] for field in fields(ListRecord)])
_ONE_RECORD: Final = Prepared(_RECORD.where(_THIS_LIST))
_NUMBER: Final = Prepared(select(_LIST.number).where(_THIS_LIST))
_ALLOCATE: Final = Prepared(
    update(STATUS_LIST)
    .where(_THIS_LIST, _LIST.length - _LIST.allocated >= _COUNT)
    .values(allocated=_LIST.allocated + _COUNT)
    .returning(_LIST.allocated)
)
_ADVANCE: Final = Prepared(
    update(STATUS_LIST)
    .where(_THIS_LIST)
    .values(sequence=_LIST.sequence + _COUNT)
    .returning(_LIST.number, _LIST.purpose, _LIST.length, _LIST.sequence)
)
_AUDIT: Final = Prepared(insert(STATUS_CHANGE))
# One statement, so that also PostgreSQL answers it from one state of the database.
_STATE: Final = Prepared(
    select(_LIST.sequence, STATUS_VALUE.c.index, STATUS_VALUE.c.value)
    .outerjoin(STATUS_VALUE, STATUS_VALUE.c.list == _LIST.number)
    .where(_THIS_LIST)
)
_PUBLISHED: Final = Prepared(
    select(_LIST.id, *[PUBLISHED_LIST.c[field.name] for field in fields(PublishedList)[1:]])
    .join(PUBLISHED_LIST)
    .where(_THIS_LIST)
)


class StatusRepository(Repository):
    """The status half of the store (``contracts.StatusStore``)."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        new = database.insert(STATUS_VALUE)
        replacing = {"value": new.excluded.value}
        self._set = Prepared(new.on_conflict_do_update(index_elements=["list", "index"], set_=replacing))

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
        query = _RECORD.where(_LIST.tenant == tenant).order_by(_LIST.number)
        return [ListRecord(*row) for row in await self._database.read(_rows, query)]

    async def allocate(self, list_id: str, count: int) -> int:
        """Hand out ``count`` entries and return the ordinal of the first; none is ever handed out twice.

        Raises ``Conflict`` with ``request.list_full``, ``request.not_found``, or ``request.invalid`` for a
        count below 1.
        """
        if count < 1:
            raise Conflict("request.invalid", "at least one entry must be asked for")
        return await self._database.write(list_id, _allocate, list_id, count)

    async def change(self, list_id: str, changes: Sequence[StatusChange], *, actor: str, at: Instant) -> int:
        """Apply all changes or none, record each in the audit trail, return the new sequence.

        Raises ``Conflict`` with ``request.final`` when an entry of a revocation list would go back to 0,
        ``request.not_found`` without such a list, ``request.invalid`` for an entry the list does not have
        or a value that one bit does not hold.
        """
        return await self._database.write(list_id, _change, self._set, list_id, changes, actor, at)

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
        return await self._database.write(new.list_id, self._publish, new, replaces)

    def _publish(self, connection: Connection, new: PublishedList, replaces: PublishedList | None) -> bool:
        values = _publication(new) | {"list": _number(connection, new.list_id)}
        if replaces is None:
            first = self._database.insert(PUBLISHED_LIST).values(values).on_conflict_do_nothing()
            return connection.execute(first).rowcount == 1
        unchanged = [PUBLISHED_LIST.c[name] == value for name, value in _publication(replaces).items()]
        query = update(PUBLISHED_LIST).where(
            PUBLISHED_LIST.c.list == values["list"], PUBLISHED_LIST.c.sequence <= new.sequence, *unchanged
        )
        return connection.execute(query.values(values)).rowcount == 1

    async def changes(self, list_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[AuditedChange]:
        """Return the audit trail after a sequence number, oldest first."""
        query = (
            select(_LIST.id, *[STATUS_CHANGE.c[field.name] for field in fields(AuditedChange)[1:]])
            .join(STATUS_CHANGE)
            .where(_LIST.id == list_id, STATUS_CHANGE.c.sequence > after)
            .order_by(STATUS_CHANGE.c.sequence)
            .limit(limit)
        )
        return [AuditedChange(*row) for row in await self._database.read(_rows, query)]


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    return connection.execute(query).all()


def _state(connection: Connection, list_id: str) -> ListState:
    rows = _STATE.rows(connection, list_id=list_id)
    if not rows:
        raise _missing(list_id)
    return ListState(rows[0][0], {index: value for _, index, value in rows if index is not None})


def _allocate(connection: Connection, list_id: str, count: int) -> int:
    rows = _ALLOCATE.rows(connection, list_id=list_id, count=count)
    if not rows:
        _number(connection, list_id)
        raise Conflict("request.list_full", f"the list has fewer than {count} free entries")
    return int(rows[0][0]) - count


def _change(
    connection: Connection,
    setting: Prepared,
    list_id: str,
    changes: Sequence[StatusChange],
    actor: str,
    at: Instant,
) -> int:
    # Changing the list's own row first makes every other change of this list wait for this one.
    rows = _ADVANCE.rows(connection, list_id=list_id, count=len(changes))
    if not rows:
        raise _missing(list_id)
    number, purpose, length, sequence = rows[0]
    _check(changes, length)
    if purpose == _FINAL_PURPOSE:
        _refuse_undoing(connection, number, changes)
    if changes:
        first = sequence - len(changes) + 1
        _AUDIT.for_each(connection, _audited(number, first, changes, actor, at))
        _set(connection, setting, number, {change.index: change.value for change in changes})
    return int(sequence)


def _set(connection: Connection, setting: Prepared, number: int, values: Mapping[int, int]) -> None:
    rows = [
        {"list": number, "index": index, "value": value} for index, value in sorted(values.items()) if value
    ]
    if rows:
        setting.for_each(connection, rows)
    for part in _parts(index for index, value in values.items() if not value):
        connection.execute(delete(STATUS_VALUE).where(_entries(number, part)))


def _missing(list_id: str) -> Conflict:
    return Conflict("request.not_found", f"there is no status list {list_id}")


def _number(connection: Connection, list_id: str) -> int:
    rows = _NUMBER.rows(connection, list_id=list_id)
    if not rows:
        raise _missing(list_id)
    return int(rows[0][0])


def _check(changes: Iterable[StatusChange], length: int) -> None:
    for change in changes:
        if not 0 <= change.index < length:
            raise Conflict("request.invalid", f"the list has no entry {change.index}")
        if change.value not in (0, 1):
            raise Conflict("request.invalid", "an entry of one bit is 0 or 1")


def _refuse_undoing(connection: Connection, number: int, changes: Sequence[StatusChange]) -> None:
    cleared = {change.index for change in changes if not change.value}
    revoked: set[int] = set()
    for part in _parts(cleared):
        revoked.update(connection.scalars(select(STATUS_VALUE.c.index).where(_entries(number, part))))
    for change in changes:
        if change.value:
            revoked.add(change.index)
        elif change.index in revoked:
            raise Conflict("request.final", "a revocation is final and cannot be undone")


def _audited(
    number: int, first: int, changes: Sequence[StatusChange], actor: str, at: Instant
) -> list[dict[str, Any]]:
    return [
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


def _parts(indexes: Iterable[int]) -> Iterable[Sequence[int]]:
    ordered = sorted(indexes)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def _entries(number: int, indexes: Sequence[int]) -> Any:
    return and_(STATUS_VALUE.c.list == number, STATUS_VALUE.c.index.in_(indexes))


def _publication(published: PublishedList) -> dict[str, Any]:
    return {
        column.name: getattr(published, column.name) for column in PUBLISHED_LIST.c if column.name != "list"
    }
