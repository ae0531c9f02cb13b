"""The audit trail, and the values it leads to: written together, whatever the changes came from."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete

from ler_trust.model.instant import Instant
from ler_trust.store.sql.list_rows import among, parts
from ler_trust.store.sql.prepared import BulkInsert
from ler_trust.store.sql.tables import STATUS_CHANGE, STATUS_VALUE


class Entry(NamedTuple):
    """One row of the audit trail, in the order of ``_COLUMNS``; ``place`` is the index."""

    list: int
    sequence: int
    place: int
    value: int
    reason: str
    code: str
    actor: str
    recorded_at: Instant
    effective_at: Instant


_COLUMNS: Final = (
    "list",
    "sequence",
    "index",
    "value",
    "reason",
    "code",
    "actor",
    "recorded_at",
    "effective_at",
)
_AUDIT: Final = BulkInsert(STATUS_CHANGE, _COLUMNS)
_SET: Final = BulkInsert(
    STATUS_VALUE,
    ("list", "index", "value"),
    'ON CONFLICT (list, "index") DO UPDATE SET value = excluded.value',
)


def write(connection: Connection, number: int, entries: Sequence[Entry]) -> None:
    """Add ``entries`` to the trail of the list ``number`` and bring its values up to the last of each."""
    _AUDIT.rows(connection, entries)
    _set(connection, number, {entry.place: entry.value for entry in entries})


def _set(connection: Connection, number: int, values: Mapping[int, int]) -> None:
    _SET.rows(connection, [(number, index, value) for index, value in sorted(values.items()) if value])
    for part in parts(index for index, value in values.items() if not value):
        connection.execute(
            delete(STATUS_VALUE).where(
                STATUS_VALUE.c.list == number, among(connection, STATUS_VALUE.c.index, part)
            )
        )
