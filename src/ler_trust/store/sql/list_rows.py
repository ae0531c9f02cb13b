"""A list's own row: found, locked, and what is said when it is not there."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, any_, bindparam, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from ler_trust.errors import Conflict
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.tables import STATUS_LIST

LIST: Final = STATUS_LIST.c
THIS_LIST: Final = LIST.id == bindparam("list_id")
COUNT: Final = bindparam("count", type_=LIST.length.type)

_NUMBER: Final = Prepared(select(LIST.number).where(THIS_LIST))
_LOCKED_NUMBER: Final = Prepared(select(LIST.number).where(THIS_LIST).with_for_update())
_CHUNK: Final = 10_000  # values in one statement: both databases take some 32,000


def missing(list_id: str) -> Conflict:
    """Return what is said of a list that does not exist."""
    return Conflict("request.not_found", f"there is no status list {list_id}")


def number_of(connection: Connection, list_id: str) -> int:
    """Return the number by which other tables name the list; raises ``Conflict('request.not_found')``."""
    rows = _NUMBER.rows(connection, list_id=list_id)
    if not rows:
        raise missing(list_id)
    return int(rows[0][0])


def locked_number_of(connection: Connection, list_id: str) -> int:
    """Do the same, and make every other change of this list wait for this transaction."""
    rows = _LOCKED_NUMBER.rows(connection, list_id=list_id)
    if not rows:
        raise missing(list_id)
    return int(rows[0][0])


def lock(connection: Connection, list_ids: Iterable[str]) -> None:
    """Make every other change of these lists wait for this transaction.

    Always in the same order, so that no two transactions wait for each other. On SQLite the transaction
    itself is the lock, and the clause is not written.
    """
    connection.execute(
        select(LIST.number).where(LIST.id.in_(sorted(list_ids))).order_by(LIST.id).with_for_update()
    ).all()


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of ``values``: on PostgreSQL one array, planned well."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(values, ARRAY(column.type)))
    return column.in_(values)


def parts(values: Iterable[int]) -> Iterable[Sequence[int]]:
    """Cut values, in order, into as many as one statement takes."""
    ordered = sorted(values)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
