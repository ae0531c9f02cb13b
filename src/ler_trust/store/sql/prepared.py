"""Statements for the hot paths: compiled once a database, then given to its driver as they are.

SQLAlchemy's own execution costs several times what the database does for a statement of one row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection


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
