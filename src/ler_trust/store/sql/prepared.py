"""Statements for the hot paths: compiled once a database, then given to its driver as they are.

SQLAlchemy's own execution costs several times what the database does for a statement of one row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, Table


class Prepared:
    """One statement, whose values and rows need no conversion (no JSON)."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str]]] = {}

    def rows(self, connection: Connection, /, **values: Any) -> Sequence[tuple[Any, ...]]:
        """Execute it with ``values`` and return the rows it gives."""
        text, names = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, tuple(values[name] for name in names))
            return cursor.fetchall()
        finally:
            cursor.close()

    def for_each(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once for each of ``values``."""
        text, names = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(text, [tuple(each[name] for name in names) for each in values])
        finally:
            cursor.close()

    def _for(self, connection: Connection) -> tuple[str, Sequence[str]]:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect)
            self._compiled[name] = str(compiled), tuple(getattr(compiled, "positiontup", ()))
        return self._compiled[name]


class BulkInsert:
    """An INSERT of any number of rows: on PostgreSQL one statement of arrays, else one a row.

    ``ending`` is what follows the rows, such as ``ON CONFLICT …``.
    """

    def __init__(self, table: Table, columns: Sequence[str], ending: str = "") -> None:
        self._table, self._columns, self._ending = table, columns, ending
        self._texts: dict[str, str] = {}

    def rows(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Insert ``rows``, each with its values in the order of the columns."""
        if not rows:
            return
        text = self._text(connection)
        cursor = connection.connection.cursor()
        try:
            if connection.dialect.name == "postgresql":
                cursor.execute(text, tuple(list(values) for values in zip(*rows, strict=True)))
            else:
                cursor.executemany(text, rows)
        finally:
            cursor.close()

    def _text(self, connection: Connection) -> str:
        dialect = connection.dialect
        if dialect.name not in self._texts:
            quote = dialect.identifier_preparer.quote
            types = [self._table.c[name].type.compile(dialect=dialect) for name in self._columns]
            names = ", ".join(map(quote, self._columns))
            if dialect.name == "postgresql":
                arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(types, 1))
                rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - names of columns and types, no values
            else:
                rows = f"VALUES ({', '.join('?' * len(types))})"
            into = f"INSERT INTO {quote(self._table.name)} ({names}) {rows} {self._ending}"
            self._texts[dialect.name] = into
        return self._texts[dialect.name]
