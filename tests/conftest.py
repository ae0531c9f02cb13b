"""Fixtures that several rooms share: databases of both kinds."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ler_trust.store.sql import SqlStore
from tests.kit.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start one PostgreSQL server for the run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database with or without the schema, of either kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ler-trust.sqlite3"
    server: Postgres = request.getfixturevalue("postgres")
    return await server.clean_database()


@pytest.fixture
async def sql_store(database: str) -> AsyncIterator[SqlStore]:
    """Return a store on a new database, of either kind in turn."""
    store = await SqlStore.open(database)
    yield store
    await store.close()
