"""Issuer registries in the database: descriptions that are replaced, statements that are only added to."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, Row, Select, insert, select, tuple_

from ler_trust.errors import Conflict, Failure
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import REGISTRY, STATEMENT, STATEMENT_COUNTER

_FAILURE: Final = TypeAdapter(Failure)


class RegistryRepository(Repository):
    """The registry part of the store (``contracts.RegistryStore``)."""

    async def put_registry(self, tenant: str, registry: Registry) -> None:
        """Add a registry or replace its description; its statements stay."""
        values = {column.name: getattr(registry, column.name, tenant) for column in REGISTRY.c}
        values["unchecked"] = _FAILURE.dump_python(registry.unchecked) if registry.unchecked else None
        new = self._database.insert(REGISTRY).values(values)
        replacing = new.on_conflict_do_update(index_elements=["tenant", "id"], set_=values)
        await self._database.write(None, _execute, replacing)

    async def registries(self, tenant: str) -> Sequence[Registry]:
        """Return a tenant's registries by position."""
        columns = [column for column in REGISTRY.c if column.name != "tenant"]
        query = (
            select(*columns).where(REGISTRY.c.tenant == tenant).order_by(REGISTRY.c.position, REGISTRY.c.id)
        )
        return [_registry(row) for row in await self._database.read(_rows, query)]

    async def record(
        self, tenant: str, statements: Sequence[Statement], *, expected: int | None = None
    ) -> int:
        """Append new versions of statements, all or none, numbering them; return the last sequence.

        The numbers of a tenant have no gaps: they are taken and used in one transaction. Raises
        ``Conflict`` with ``request.not_found`` when a statement's registry does not exist, and
        ``request.conflict`` when ``expected`` is given and is not the last sequence any more.
        """
        count = len(statements)
        counter = self._database.insert(STATEMENT_COUNTER).values(tenant=tenant, last=count)
        advance = counter.on_conflict_do_update(
            index_elements=["tenant"], set_={"last": STATEMENT_COUNTER.c.last + count}
        ).returning(STATEMENT_COUNTER.c.last)
        return await self._database.write(None, _record, advance, tenant, statements, expected)

    async def statements(self, tenant: str, *, after: int = 0) -> Sequence[Statement]:
        """Return all versions of a tenant's statements recorded after a sequence number, in that order."""
        columns = [column for column in STATEMENT.c if column.name != "tenant"]
        query = (
            select(*columns)
            .where(STATEMENT.c.tenant == tenant, STATEMENT.c.sequence > after)
            .order_by(STATEMENT.c.sequence)
        )
        return [_statement(row) for row in await self._database.read(_rows, query)]

    async def sequence(self, tenant: str) -> int:
        """Return the sequence of the last version recorded, 0 when there is none."""
        query = select(STATEMENT_COUNTER.c.last).where(STATEMENT_COUNTER.c.tenant == tenant)
        return int(await self._database.read(lambda connection: connection.scalar(query)) or 0)


def _execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _record(
    connection: Connection,
    advance: Executable,
    tenant: str,
    statements: Sequence[Statement],
    expected: int | None,
) -> int:
    last = int(connection.execute(advance).scalar_one())
    if expected is not None and expected != last - len(statements):
        raise Conflict("request.conflict", "another statement was recorded meanwhile")
    _require_registries(connection, tenant, {statement.registry for statement in statements})
    if statements:
        first = last - len(statements) + 1
        rows = [_values(tenant, *numbered) for numbered in enumerate(statements, first)]
        connection.execute(insert(STATEMENT), rows)
    return last


def _require_registries(connection: Connection, tenant: str, ids: set[str]) -> None:
    keys = [(tenant, each) for each in sorted(ids)]
    query = select(REGISTRY.c.id).where(tuple_(REGISTRY.c.tenant, REGISTRY.c.id).in_(keys))
    missing = ids.difference(connection.scalars(query)) if ids else set()
    if missing:
        raise Conflict("request.not_found", f"there is no registry {min(missing)}")


def _values(tenant: str, sequence: int, statement: Statement) -> dict[str, Any]:
    values = {column.name: getattr(statement, column.name, tenant) for column in STATEMENT.c}
    return values | {
        "sequence": sequence,
        "types": list(statement.types),
        "status": statement.status.value,
        "pinned_keys": list(statement.pinned_keys),
    }


def _registry(row: Row[Any]) -> Registry:
    values = row._asdict()
    unchecked = values["unchecked"]
    values["unchecked"] = _FAILURE.validate_python(unchecked) if unchecked else None
    return Registry(**values)


def _statement(row: Row[Any]) -> Statement:
    values = row._asdict()
    values["types"] = tuple(values["types"])
    values["pinned_keys"] = tuple(values["pinned_keys"])
    values["status"] = StatementStatus(values["status"])
    return Statement(**values)
