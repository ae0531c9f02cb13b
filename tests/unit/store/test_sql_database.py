"""What the SQL store adds to the contract: its schema, its file, and what database errors become."""

import asyncio
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url, text

from ler_trust import steps
from ler_trust.errors import ConfigurationError, Conflict, Undecided
from ler_trust.model.records import ListState, StatusChange
from ler_trust.store.sql import SqlStore
from ler_trust.store.sql.database import Database, database_url
from ler_trust.store.sql.sqlite_driver import SqliteDriver
from ler_trust.store.sql.tables import METADATA
from ler_trust.store.sql.transaction import Outcome, Work
from tests.kit.store_contract import LENGTH, list_record, publication, registry, statement


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/folder/a.sqlite3")
    yield store
    await store.close()


async def _do(store: SqlStore, statement: str) -> None:
    """Do a statement on a connection that writes."""

    def work(connection: Connection) -> None:
        connection.execute(text(statement))

    await store._database.write(None, work)


async def test_migrations_make_the_tables_in_use(sql_store: SqlStore, database: str) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), METADATA)

    found = Database(database_url(database))
    assert await found.read(differences) == []
    await found.close()


async def test_reopened_database_has_everything(database: str) -> None:
    for number in (1, 2):
        store = await SqlStore.open(database)
        await store.create_list(list_record(number))
        assert len(await store.list_records("college")) == number
        await store.close()


async def test_database_of_a_newer_release_is_refused(sql_store: SqlStore, database: str) -> None:
    async def rename(old: str, new: str) -> None:
        query = text("UPDATE alembic_version SET version_num = :new WHERE version_num = :old")
        values = {"old": old, "new": new}
        assert await sql_store._database.write(None, lambda on: on.execute(query, values).rowcount) == 1

    query = text("SELECT version_num FROM alembic_version")
    present: str = await sql_store._database.read(lambda on: on.scalar(query))
    await rename(present, "9999")
    with pytest.raises(ConfigurationError, match="newer release"):
        await SqlStore.open(database)
    await rename("9999", present)  # the database is used by other tests


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

    def values(connection: Connection) -> list[object]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]

    assert await sqlite._database.write(None, values) == ["wal", 2, 1, 10_000]


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
    name = url.split("/")[3].split("?")[0]
    await _do(store, f"ALTER DATABASE {name} SET synchronous_commit = off")
    await store.close()
    store = await SqlStore.open(url)
    shown = await store._database.write(None, lambda on: on.scalar(text("SHOW synchronous_commit")))
    assert shown == "on"
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

    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await _do(store, "SELECT pg_terminate_backend(pg_backend_pid())")
    await store.ping()
    await store.close()


async def test_full_disk_is_unavailable_and_changes_nothing(sqlite: SqlStore) -> None:
    await sqlite.create_list(list_record(purpose="suspension"))
    pages = await sqlite._database.read(lambda on: on.scalar(text("PRAGMA page_count")))
    await _do(sqlite, f"PRAGMA max_page_count = {pages}")
    many = [StatusChange(index, 1, "x" * 100) for index in range(5_000)]
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await sqlite.change("list-1", many, actor="key", at=1)
    assert (await sqlite.state("list-1")).sequence == 0


async def test_locked_too_long_is_unavailable(sqlite: SqlStore, tmp_path: Path) -> None:
    await sqlite.create_list(list_record())
    await _do(sqlite, "PRAGMA busy_timeout = 100")
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


async def _list_behind_others(store: SqlStore) -> asyncio.Task[bool]:
    """Begin a change; what is begun next waits for it, and so shares a transaction."""
    await store.create_list(list_record())
    first = asyncio.create_task(store.publish(publication(0), replaces=None))
    await asyncio.sleep(0)
    return first


async def test_callers_who_wait_share_a_transaction(sql_store: SqlStore) -> None:
    commits: list[int] = []
    driver = sql_store._database._driver
    start = driver.start

    def counted(works: Sequence[Work], done: Callable[[Sequence[Outcome]], None]) -> None:
        commits.append(len(works))
        start(works, done)

    driver.start = counted  # type: ignore[method-assign]
    await (await _list_behind_others(sql_store))
    assert commits == [1, 1]
    work = [sql_store.change("list-1", [StatusChange(n, 1)], actor="key", at=1) for n in range(250)]
    assert sorted(await asyncio.gather(*work)) == list(range(1, 251))
    assert commits == [1, 1, 100, 100, 50]


async def test_refused_change_spares_those_it_shares_a_transaction_with(sql_store: SqlStore) -> None:
    first = await _list_behind_others(sql_store)
    work = [sql_store.change("list-1", [StatusChange(n, 1)], actor="key", at=1) for n in (1, LENGTH, 2)]
    done = await asyncio.gather(*work, sql_store.allocate("list-1", 5), return_exceptions=True)
    assert await first
    assert [done[0], done[2], done[3]] == [1, 2, 0]
    assert isinstance(done[1], Conflict)
    assert await sql_store.state("list-1") == ListState(2, {1: 1, 2: 1})


async def test_mistake_in_one_change_spares_those_it_shares_a_transaction_with(sql_store: SqlStore) -> None:
    def mistaken(connection: Connection) -> None:
        raise ZeroDivisionError

    first = await _list_behind_others(sql_store)
    work = sql_store.change("list-1", [StatusChange(1, 1)], actor="key", at=1)
    done = await asyncio.gather(work, sql_store._database.write("list-1", mistaken), return_exceptions=True)
    assert await first
    assert done[0] == 1
    assert isinstance(done[1], ZeroDivisionError)
    assert (await sql_store.state("list-1")).sequence == 1


async def test_lock_held_too_long_fails_all_who_wait_together(sqlite: SqlStore, tmp_path: Path) -> None:
    await sqlite.create_list(list_record())
    await _do(sqlite, "PRAGMA busy_timeout = 100")
    other = sqlite3.connect(tmp_path / "folder" / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = asyncio.get_running_loop().time()
    work = [sqlite.allocate("list-1", 1) for _ in range(50)]
    done = await asyncio.gather(*work, return_exceptions=True)
    assert all(isinstance(each, Undecided) for each in done)
    assert asyncio.get_running_loop().time() - started < 2  # not one after the other
    other.execute("ROLLBACK")
    other.close()
    assert await sqlite.allocate("list-1", 1) == 0


async def test_closing_finishes_what_has_begun(sql_store: SqlStore, database: str) -> None:
    await sql_store.create_list(list_record())
    work = [asyncio.create_task(sql_store.allocate("list-1", 1)) for _ in range(20)]
    await asyncio.sleep(0)
    await sql_store.close()
    assert sorted(await asyncio.gather(*work)) == list(range(20))
    reopened = await SqlStore.open(database)
    assert await reopened.allocate("list-1", 1) == 20
    await reopened.close()


def test_change_whose_caller_ended_with_its_event_loop_does_not_end_the_writing(tmp_path: Path) -> None:
    driver = SqliteDriver(make_url(f"sqlite:///{tmp_path / 'one.sqlite3'}"))
    held, written = threading.Event(), Work(lambda connection: held.wait(60))
    try:

        async def leave() -> None:
            driver.start([written], lambda outcomes: None)

        asyncio.run(leave())  # its loop is closed before the change is made
        held.set()

        async def stay() -> Any:
            done = asyncio.get_running_loop().create_future()
            driver.start([Work(lambda connection: "made")], done.set_result)
            async with asyncio.timeout(60):
                [outcome] = await done
            return outcome.value

        assert asyncio.run(stay()) == "made"
    finally:
        held.set()
        asyncio.run(driver.close())


@pytest.mark.parametrize("error", [Undecided("request.unavailable", "as told"), RuntimeError("a mistake")])
async def test_change_that_fails_half_way_leaves_nothing_and_nobody_locked_out(
    sqlite: SqlStore, error: Exception
) -> None:
    def strike(step: str) -> None:
        if step == "change.written":
            raise error

    await sqlite.create_list(list_record(1))
    list_id = list_record(1).id
    steps.watch(strike)
    try:
        with pytest.raises(type(error)):
            await sqlite.change(list_id, [StatusChange(1, 1)], actor="key", at=1)
    finally:
        steps.watch(None)
    assert await sqlite.state(list_id) == ListState(0, {})
    assert await sqlite.change(list_id, [StatusChange(2, 1)], actor="key", at=1) == 1
    assert await sqlite.state(list_id) == ListState(1, {2: 1})


def _orders(seed: int) -> dict[str, list[StatusChange]]:
    """Return what callers want of few entries; of odd seeds some cannot be, of seed 2 none is cleared."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    faulty = [StatusChange(LENGTH, 1), StatusChange(-1, 1), StatusChange(1, 2), StatusChange(1, 1, "\ud800")]

    def one() -> StatusChange:
        if seed % 2 and chance.random() < 0.02:
            return chance.choice(faulty)
        return StatusChange(chance.randrange(12), int(seed == 2 or chance.random() < 0.8), "because")

    return {f"caller-{number}": [one() for _ in range(chance.randint(0, 3))] for number in range(120)}


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
@pytest.mark.parametrize("seed", range(4))
async def test_callers_together_are_answered_as_if_one_came_after_the_other(
    sql_store: SqlStore, purpose: str, seed: int
) -> None:
    await sql_store.create_list(list_record(purpose=purpose))
    later = {"list-1": [StatusChange(11, 1)]}
    await sql_store.schedule(later, actor="key", at=0, effective_at=1 + seed)
    orders = _orders(seed)
    work = [sql_store.change("list-1", changes, actor=name, at=2) for name, changes in orders.items()]
    answers = await asyncio.gather(*work, return_exceptions=True)
    trail = await sql_store.changes("list-1")
    assert [each.sequence for each in trail] == list(range(1, len(trail) + 1))
    for (name, changes), answer in zip(orders.items(), answers, strict=True):
        made = [each for each in trail if each.actor == name]
        if isinstance(answer, BaseException):
            assert isinstance(answer, Conflict)
            assert made == []
            continue
        asked = [(change.index, change.value, change.reason) for change in changes]
        assert [(each.index, each.value, each.reason) for each in made] == asked
        assert [each.sequence for each in made] == list(range(answer - len(made) + 1, answer + 1))
    values: dict[int, int] = {}
    for each in trail:
        is_undone = each.value < values.get(each.index, 0)
        assert purpose == "suspension" or not is_undone, "a revocation was taken back"
        values[each.index] = each.value
    present = {index: value for index, value in values.items() if value}
    assert await sql_store.state("list-1") == ListState(len(trail), present)
