"""Entries changed: their values, the audit trail, and what was scheduled before, each list's in one order."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, select

from ler_trust.model.instant import Instant
from ler_trust.model.records import AuditedChange, ReasonCode, RequestKey, StatusChange
from ler_trust.steps import passing
from ler_trust.store.sql import at_once, journal
from ler_trust.store.sql.at_once import ChangesAtOnce
from ler_trust.store.sql.database import Manner
from ler_trust.store.sql.entry_rules import FINAL_PURPOSE, refuse_undoing, require_entries
from ler_trust.store.sql.list_rows import LIST, lock, missing
from ler_trust.store.sql.requests import once
from ler_trust.store.sql.schedule import ADVANCE, ScheduleRepository, make_due
from ler_trust.store.sql.tables import STATUS_CHANGE, STATUS_LIST

_FIELDS: Final = tuple(field.name for field in fields(AuditedChange))
_TRAIL: Final = [LIST.id if name == "list_id" else STATUS_CHANGE.c[name] for name in _FIELDS]


class ChangeRepository(ScheduleRepository):
    """The part of ``contracts.StatusStore`` that changes entries."""

    async def change(self, list_id: str, changes: Sequence[StatusChange], *, actor: str, at: Instant) -> int:
        """Apply all changes or none, record each in the audit trail, return the new sequence.

        What is scheduled and due at ``at`` takes effect before them. Raises ``Conflict`` with
        ``request.final`` when an entry of a revocation list would go back to 0, ``request.not_found`` without
        such a list, ``request.invalid`` for an entry the list does not have or a value that one bit does not
        hold.
        """
        passing("change.asked")
        order = ChangesAtOnce(list_id, changes, actor, at)
        sequence = await self._database.write_order(list_id, _MANNER, order)
        passing("change.durable")
        return sequence

    async def change_each(
        self,
        batches: Mapping[str, Sequence[StatusChange]],
        *,
        actor: str,
        at: Instant,
        request: RequestKey | None = None,
    ) -> Mapping[str, int]:
        """Apply all changes of all lists or none, as ``change`` does; return each list's new sequence.

        With ``request``, the same one again gives the same answer and does nothing; raises
        ``Conflict('request.key_reused')`` for a key that came with another request.
        """
        passing("change.asked")
        sequences = await self._database.write(None, _change_each, batches, actor, at, request)
        passing("change.durable")
        return sequences

    async def changes(self, list_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[AuditedChange]:
        """Return the audit trail after a sequence number, oldest first."""
        query = (
            select(*_TRAIL)
            .join(STATUS_LIST, LIST.number == STATUS_CHANGE.c.list)
            .where(LIST.id == list_id, STATUS_CHANGE.c.sequence > after)
            .order_by(STATUS_CHANGE.c.sequence)
            .limit(limit)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_audited(*row) for row in rows]


def _audited(*values: Any) -> AuditedChange:
    named = dict(zip(_FIELDS, values, strict=True))
    return AuditedChange(**named | {"code": ReasonCode(named["code"])})


def _change_each(
    connection: Connection,
    batches: Mapping[str, Sequence[StatusChange]],
    actor: str,
    at: Instant,
    request: RequestKey | None,
) -> Mapping[str, int]:
    lock(connection, batches)
    return once(
        connection,
        request,
        lambda: {
            list_id: _change(connection, ChangesAtOnce(list_id, changes, actor, at))
            for list_id, changes in batches.items()
        },
    )


def _change(connection: Connection, order: ChangesAtOnce) -> int:
    list_id, changes, at = order.list_id, order.changes, order.at
    if connection.dialect.name == "postgresql":
        done = at_once.change(connection, order)
        if done is not None:
            passing("change.written")
            return done
    # Changing the list's own row first makes every other change of this list wait for this one.
    rows = ADVANCE.rows(connection, list_id=list_id, count=len(changes))
    if not rows:
        raise missing(list_id)
    number, purpose, length, sequence, next_due = rows[0]
    require_entries(changes, length)
    if next_due is not None and next_due <= at:
        sequence += make_due(connection, number, sequence - len(changes) + 1, at)
    if purpose == FINAL_PURPOSE:
        refuse_undoing(connection, number, changes)
    journal.write(connection, number, at_once.entries(number, sequence - len(changes) + 1, order))
    passing("change.written")
    return int(sequence)


_MANNER: Final = Manner(_change, at_once.change, at_once.change_together)
