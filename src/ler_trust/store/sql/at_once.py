"""The commonest change: by one statement of PostgreSQL, a round trip instead of five, or by SQLite's driver.

Entries that are set need no look at what they were. The list's row is changed first, as always, and what is
written follows from it; so the statement waits for other changes of the list, and is whole or not at all.
"""

import sqlite3
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, or_, update

from ler_trust.model.instant import Instant
from ler_trust.model.records import StatusChange
from ler_trust.steps import passing
from ler_trust.store.sql import journal
from ler_trust.store.sql.entry_rules import FINAL_PURPOSE
from ler_trust.store.sql.list_rows import COUNT, LIST, THIS_LIST
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.tables import STATUS_LIST

_SET: Final = """
WITH changed AS (
    UPDATE status_list SET sequence = sequence + $2
    WHERE id = $1 AND (next_due IS NULL OR next_due > $3) AND length > $4
    RETURNING number, sequence
), entry AS (
    SELECT * FROM unnest($5::BIGINT[], $6::TEXT[], $7::TEXT[])
    WITH ORDINALITY AS entry ("index", reason, code, place)
), trail AS (
    INSERT INTO status_change
        (list, sequence, "index", value, reason, code, actor, recorded_at, effective_at)
    SELECT changed.number, changed.sequence - $2 + entry.place, entry."index", 1, entry.reason, entry.code,
        $8, $3, $3
    FROM changed, entry
), shown AS (
    INSERT INTO status_value (list, "index", value)
    SELECT changed.number, entry."index", 1 FROM changed, entry
    ON CONFLICT (list, "index") DO UPDATE SET value = 1
)
SELECT sequence FROM changed
"""


_ADVANCE: Final = (
    "UPDATE status_list SET sequence = sequence + ? "
    "WHERE id = ? AND (next_due IS NULL OR next_due > ?) AND length > ? RETURNING number, sequence"
)
_TRAIL: Final = (
    "INSERT INTO status_change "
    '(list, sequence, "index", value, reason, code, actor, recorded_at, effective_at) '
    "VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)"
)
_SHOW: Final = (
    'INSERT INTO status_value (list, "index", value) VALUES (?, ?, 1) '
    'ON CONFLICT (list, "index") DO UPDATE SET value = 1'
)


_ADVANCE_TOGETHER: Final = Prepared(
    update(STATUS_LIST)
    .where(
        THIS_LIST,
        or_(LIST.next_due.is_(None), LIST.next_due > bindparam("at")),
        LIST.length > bindparam("highest", type_=LIST.length.type),
        LIST.purpose != bindparam("but"),
    )
    .values(sequence=LIST.sequence + COUNT)
    .returning(LIST.number, LIST.sequence)
)
_MOST_TOGETHER: Final = 1_000  # changes: callers with many have little to gain


class ChangesAtOnce(NamedTuple):
    """What one caller wants changed, all or nothing."""

    list_id: str
    changes: Sequence[StatusChange]
    actor: str
    at: Instant


def change(connection: Connection, order: ChangesAtOnce) -> int | None:
    """Set the entries that ``order`` names and return the new sequence; on PostgreSQL by one statement.

    On SQLite in a transaction of its own. Returns ``None``, and has done nothing, where it takes more than
    that: something is due before, an entry is to be cleared, is named twice or is not one of the list, or
    there is no such list.
    """
    list_id, changes, actor, at = order
    indexes = [change.index for change in changes]
    if not changes or min(indexes) < 0 or len(set(indexes)) < len(indexes):
        return None
    if any(change.value != 1 for change in changes):
        return None
    if connection.dialect.name == "sqlite":
        return _on_sqlite(connection, order)
    reasons = [change.reason for change in changes]
    codes = [change.code.value for change in changes]
    values = (list_id, len(changes), at, max(indexes), indexes, reasons, codes, actor)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_SET, values)
        rows = cursor.fetchall()
    finally:
        cursor.close()
    return int(rows[0][0]) if rows else None


def _on_sqlite(connection: Connection, order: ChangesAtOnce) -> int | None:
    """Do it by the driver alone: SQLAlchemy's transaction takes as long as all the statements in it."""
    list_id, changes, actor, at = order
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("BEGIN IMMEDIATE")
    try:
        highest = max(change.index for change in changes)
        row = driver.execute(_ADVANCE, (len(changes), list_id, at, highest)).fetchone()
        if row is not None:
            number, last = row
            first = last - len(changes) + 1
            driver.executemany(
                _TRAIL,
                [
                    (number, sequence, change.index, change.reason, change.code.value, actor, at, at)
                    for sequence, change in enumerate(changes, first)
                ],
            )
            driver.executemany(_SHOW, [(number, change.index) for change in changes])
            passing("change.written")
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:  # an error ends it here, if it has not ended it by itself
            driver.execute("ROLLBACK")
    return None if row is None else int(last)


def change_together(connection: Connection, orders: Sequence[ChangesAtOnce]) -> Sequence[int] | None:
    """Carry out the orders of several callers for one list, one after the other, and return each's sequence.

    Takes as many statements as one order does. Returns ``None``, and has done nothing, where one of them
    may be refused or is about another list, or something is due before.
    """
    changes = [change for order in orders for change in order.changes]
    indexes = [change.index for change in changes]
    if len({order.list_id for order in orders}) > 1 or not 0 < len(changes) <= _MOST_TOGETHER:
        return None
    if min(indexes) < 0 or not {change.value for change in changes} <= {0, 1}:
        return None
    rows = _ADVANCE_TOGETHER.rows(
        connection,
        list_id=orders[0].list_id,
        count=len(changes),
        at=max(order.at for order in orders),
        highest=max(indexes),
        but="" if all(change.value for change in changes) else FINAL_PURPOSE,
    )
    if not rows:
        return None
    [(number, last)] = rows
    sequences = list(accumulate((len(order.changes) for order in orders), initial=last - len(changes)))
    journal.write(
        connection,
        number,
        [
            entry
            for order, before in zip(orders, sequences, strict=False)
            for entry in entries(number, before + 1, order)
        ],
    )
    passing("change.written")
    return sequences[1:]


def entries(number: int, first: int, order: ChangesAtOnce) -> list[journal.Entry]:
    """Return what ``order`` adds to the trail of the list ``number`` from sequence ``first`` on."""
    return [
        journal.Entry(
            number,
            sequence,
            change.index,
            change.value,
            change.reason,
            change.code.value,
            order.actor,
            order.at,
            order.at,
        )
        for sequence, change in enumerate(order.changes, first)
    ]
