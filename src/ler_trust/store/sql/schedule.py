"""Changes that take effect later: kept beside the list until they are due, or called off."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from ler_trust.errors import Conflict
from ler_trust.model.instant import Instant
from ler_trust.model.records import ReasonCode, RequestKey, ScheduledChange, StatusChange
from ler_trust.steps import passing
from ler_trust.store.sql import journal
from ler_trust.store.sql.entry_rules import FINAL_PURPOSE, final, require_entries
from ler_trust.store.sql.list_rows import COUNT, LIST, THIS_LIST, lock, missing, parts
from ler_trust.store.sql.prepared import BulkInsert, Prepared
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.requests import once
from ler_trust.store.sql.tables import STATUS_LIST, STATUS_SCHEDULE

_SCHEDULE: Final = STATUS_SCHEDULE.c
_COLUMNS: Final = ("list", "index", "value", "reason", "code", "actor", "recorded_at", "effective_at")
_INSERT: Final = BulkInsert(STATUS_SCHEDULE, _COLUMNS)
ADVANCE: Final = Prepared(
    update(STATUS_LIST)
    .where(THIS_LIST)
    .values(sequence=LIST.sequence + COUNT)
    .returning(LIST.number, LIST.purpose, LIST.length, LIST.sequence, LIST.next_due)
)


class ScheduleRepository(Repository):
    """The part of ``contracts.StatusStore`` that knows what is to come."""

    async def schedule(
        self,
        batches: Mapping[str, Sequence[StatusChange]],
        *,
        actor: str,
        at: Instant,
        effective_at: Instant,
        request: RequestKey | None = None,
    ) -> Mapping[str, int]:
        """Record changes that take effect later, all or none; return how many for each list.

        Raises what ``change_each`` does, ``request.final`` for any change to 0 on a revocation list, and
        ``request.invalid`` when ``effective_at`` is not after ``at``, except for a request done before.
        """
        entries = {
            list_id: [
                (change.index, change.value, change.reason, change.code.value, actor, at, effective_at)
                for change in changes
            ]
            for list_id, changes in batches.items()
        }
        return await self._database.write(None, _schedule, batches, entries, at, effective_at, request)

    async def scheduled(
        self, list_id: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[ScheduledChange]:
        """Return scheduled changes after a number, in the order they were asked for, ended ones included."""
        columns = [
            LIST.id if field.name == "list_id" else _SCHEDULE[field.name] for field in fields(ScheduledChange)
        ]
        query = (
            select(*columns)
            .join(STATUS_LIST, LIST.number == _SCHEDULE.list)
            .where(LIST.id == list_id, _SCHEDULE.number > after)
            .order_by(_SCHEDULE.number)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_scheduled(row) for row in rows]

    async def call_off(self, list_id: str, numbers: Sequence[int], *, actor: str, at: Instant) -> int:
        """Call off scheduled changes that have not taken effect, and return how many there were."""
        return await self._database.write(list_id, _call_off, list_id, numbers, actor, at)

    async def make_due(self, list_id: str, at: Instant) -> int:
        """Make the scheduled changes that are due at ``at``; return the sequence after them.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        return await self._database.write(list_id, _make_all_due, list_id, at)


def make_due(connection: Connection, number: int, first: int, at: Instant) -> int:
    """Make what is due for the list ``number``, from sequence ``first`` on; return how many changes it was.

    The list's row must be locked; its sequence and its ``next_due`` are brought up to date.
    """
    due = (_SCHEDULE.list == number) & _SCHEDULE.ended_at.is_(None) & (_SCHEDULE.effective_at <= at)
    query = select(STATUS_SCHEDULE).where(due).order_by(_SCHEDULE.effective_at, _SCHEDULE.number)
    rows = connection.execute(query).all()
    journal.write(connection, number, [_entry(row, sequence) for sequence, row in enumerate(rows, first)])
    connection.execute(update(STATUS_SCHEDULE).where(due).values(ended_at=at))
    connection.execute(
        update(STATUS_LIST)
        .where(LIST.number == number)
        .values(sequence=LIST.sequence + len(rows), next_due=_next_due(number))
    )
    passing("due.written")
    return len(rows)


def _next_due(number: int) -> Any:
    return (
        select(func.min(_SCHEDULE.effective_at))
        .where(_SCHEDULE.list == number, _SCHEDULE.ended_at.is_(None))
        .scalar_subquery()
    )


def _schedule(
    connection: Connection,
    batches: Mapping[str, Sequence[StatusChange]],
    entries: Mapping[str, Sequence[tuple[Any, ...]]],
    at: Instant,
    effective_at: Instant,
    request: RequestKey | None,
) -> Mapping[str, int]:
    def work() -> dict[str, int]:
        if effective_at <= at:  # asked here and not before: a repeat may well come after its time
            raise Conflict("request.invalid", "effective_at is not in the future")
        for list_id, changes in batches.items():
            number = _require(connection, list_id, changes)
            _INSERT.rows(connection, [(number, *entry) for entry in entries[list_id]])
            soonest = func.coalesce(LIST.next_due, effective_at)
            connection.execute(
                update(STATUS_LIST)
                .where(LIST.number == number, soonest >= effective_at)
                .values(next_due=effective_at)
            )
        return {list_id: len(changes) for list_id, changes in batches.items()}

    lock(connection, batches)
    return once(connection, request, work)


def _require(connection: Connection, list_id: str, changes: Sequence[StatusChange]) -> int:
    rows = ADVANCE.rows(connection, list_id=list_id, count=0)
    if not rows:
        raise missing(list_id)
    number, purpose, length, _, _ = rows[0]
    require_entries(changes, length)
    if purpose == FINAL_PURPOSE and not all(change.value for change in changes):
        raise final()
    return int(number)


def _make_all_due(connection: Connection, list_id: str, at: Instant) -> int:
    rows = ADVANCE.rows(connection, list_id=list_id, count=0)
    if not rows:
        raise missing(list_id)
    number, _, _, sequence, _ = rows[0]
    return int(sequence) + make_due(connection, number, sequence + 1, at)


def _call_off(connection: Connection, list_id: str, numbers: Sequence[int], actor: str, at: Instant) -> int:
    rows = ADVANCE.rows(connection, list_id=list_id, count=0)
    if not rows:
        raise missing(list_id)
    number, _, _, sequence, _ = rows[0]
    make_due(connection, number, sequence + 1, at)
    ended = 0
    for part in parts(numbers):
        waiting = (_SCHEDULE.list == number) & _SCHEDULE.ended_at.is_(None) & _SCHEDULE.number.in_(part)
        query = update(STATUS_SCHEDULE).where(waiting).values(ended_at=at, ended_by=actor)
        ended += connection.execute(query).rowcount
    connection.execute(update(STATUS_LIST).where(LIST.number == number).values(next_due=_next_due(number)))
    return ended


def _entry(row: Row[Any], sequence: int) -> journal.Entry:
    return journal.Entry(
        list=row.list,
        sequence=sequence,
        place=row._mapping["index"],
        value=row.value,
        reason=row.reason,
        code=row.code,
        actor=row.actor,
        recorded_at=row.recorded_at,
        effective_at=row.effective_at,
    )


def _scheduled(row: Row[Any]) -> ScheduledChange:
    values = dict(row._mapping)
    values["list_id"] = values.pop("id")
    values["code"] = ReasonCode(values["code"])
    return ScheduledChange(**values)
