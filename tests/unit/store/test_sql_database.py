"""What the SQL store adds to the contract: its schema, its file, and what database errors become."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from ler_trust.errors import ConfigurationError, Conflict, Undecided
from ler_trust.model.records import StatusChange
from ler_trust.store.sql import SqlStore
from ler_trust.store.sql.database import Database, database_url
from ler_trust.store.sql.tables import METADATA
from tests.kit.store_contract import list_record, registry, statement


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/folder/a.sqlite3")
    yield store
    await store.close()


async def test_migrations_make_the_tables_in_use(sql_store: SqlStore, database: str) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), METADATA)

    found = Database(database_url(database))
    async with found.reading() as connection:
        assert await connection.run_sync(differences) == []
    await found.close()


async def test_reopened_database_has_everything(database: str) -> None:
    for number in (1, 2):
        store = await SqlStore.open(database)
        await store.create_list(list_record(number))
        assert len(await store.list_records("college")) == number
        await store.close()


async def test_database_of_a_newer_release_is_refused(sql_store: SqlStore, database: str) -> None:
    async def rename(old: str, new: str) -> None:
        async with sql_store._database.writing() as connection:
            query = text("UPDATE alembic_version SET version_num = :new WHERE version_num = :old")
            assert (await connection.execute(query, {"old": old, "new": new})).rowcount == 1

    await rename("0001", "9999")
    with pytest.raises(ConfigurationError, match="newer release"):
        await SqlStore.open(database)
    await rename("9999", "0001")  # the database is used by other tests


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/x", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("not a url", "not a database URL"),
        ("sqlite:////proc/nowhere/x.sqlite3", "cannot write"),
    ],
)
async def test_unusable_url_is_said_plainly(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        await SqlStore.open(url)


async def test_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite3"
    path.write_text("Dear Sir or Madam, this is not a database. " * 100)
    with pytest.raises(ConfigurationError, match="cannot use"):
        await SqlStore.open(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear Sir")


async def test_file_is_private_and_fully_synchronised(sqlite: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.sqlite3"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    async with sqlite._database.writing() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [await connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    assert values == ["wal", 2, 1, 10_000]


async def test_opening_again_in_one_process_keeps_the_files_locks(sqlite: SqlStore, tmp_path: Path) -> None:
    await sqlite.create_list(list_record())
    path = tmp_path / "folder" / "a.sqlite3"
    await (await SqlStore.open(f"sqlite:///{path}")).close()
    # Another process that closes the file tidies the log up, unless it sees that the file is in use.
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM tenant'); c.close()"
    )
    command = [sys.executable, "-c", program, str(path)]
    await asyncio.to_thread(lambda: subprocess.run(command, check=True, timeout=20))
    assert path.with_name("a.sqlite3-wal").exists()


async def test_postgresql_acknowledges_what_is_written(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgres")
    url = await server.new_database()
    store = await SqlStore.open(url)
    async with store._database.writing() as connection:
        await connection.execute(
            text(f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET synchronous_commit = off")
        )
    await store.close()
    store = await SqlStore.open(url)
    async with store._database.writing() as connection:
        assert await connection.scalar(text("SHOW synchronous_commit")) == "on"
    await store.close()


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
async def test_number_that_does_not_fit_is_refused(sql_store: SqlStore, number: int) -> None:
    with pytest.raises(Conflict, match=r"request\.invalid"):
        await sql_store.create_list(replace(list_record(), ttl=number))
    await sql_store.put_registry("college", registry())
    with pytest.raises(Conflict, match=r"request\.invalid"):
        await sql_store.record("college", [statement(), replace(statement(), effective_from=number)])
    assert await sql_store.sequence("college") == 0


async def test_text_that_is_not_unicode_is_refused(sql_store: SqlStore) -> None:
    await sql_store.create_list(list_record())
    with pytest.raises(Conflict, match=r"request\.invalid"):
        await sql_store.change("list-1", [StatusChange(1, 1, "\ud800")], actor="key", at=1)
    assert (await sql_store.state("list-1")).sequence == 0


async def test_unreachable_server_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match=r"request\.unavailable") as caught:
        await SqlStore.open(f"postgresql://postgres@/nothing?host={tmp_path}")
    assert caught.value.retryable


async def test_lost_database_is_unavailable_and_found_again(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgres")
    url = await server.new_database()
    store = await SqlStore.open(url)
    await server.cut_connections(url)
    await store.ping()  # the pool notices and connects anew

    async def lose_connection() -> None:
        async with store._database.writing() as connection:
            await connection.execute(text("SELECT 1"))
            await server.cut_connections(url)
            await connection.execute(text("SELECT 1"))

    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await lose_connection()
    await store.ping()
    await store.close()


async def test_full_disk_is_unavailable_and_changes_nothing(sqlite: SqlStore) -> None:
    await sqlite.create_list(list_record(purpose="suspension"))
    async with sqlite._database.reading() as connection:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    many = [StatusChange(index, 1, "x" * 100) for index in range(5_000)]
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await sqlite.change("list-1", many, actor="key", at=1)
    assert (await sqlite.state("list-1")).sequence == 0


async def test_locked_too_long_is_unavailable(sqlite: SqlStore, tmp_path: Path) -> None:
    await sqlite.create_list(list_record())
    async with sqlite._database.reading() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 100"))
    other = sqlite3.connect(tmp_path / "folder" / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await sqlite.allocate("list-1", 1)
    assert (await sqlite.state("list-1")).sequence == 0  # readers go on
    other.execute("ROLLBACK")
    other.close()
    assert await sqlite.allocate("list-1", 1) == 0


async def test_cancelled_changes_are_whole_and_leave_nothing_locked(
    sql_store: SqlStore, database: str
) -> None:
    await sql_store.create_list(list_record())
    changes = [StatusChange(index, 1) for index in range(3)]
    for delay in range(30):
        task = asyncio.create_task(sql_store.change("list-1", changes, actor="key", at=1))
        await asyncio.sleep(delay / 5_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(sql_store.change("list-1", changes, actor="key", at=1), 10)
    await sql_store.close()
    reopened = await SqlStore.open(database)
    assert [each.sequence for each in await reopened.changes("list-1")] == list(range(1, 31 * 3 + 1))
    await reopened.close()
