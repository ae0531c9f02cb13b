"""The crash table: a server killed at every named step of allocate, change and publish, then started again.

What was acknowledged is there, what was not is there whole or not at all, no index is given twice, and no
sequence goes back. Each step is met in two flavours: before what it does is durable, and after it is durable
but before anybody was told.
"""

import gzip
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from ler_trust import steps
from ler_trust.accounts import mint_api_key
from ler_trust.errors import Undecided
from ler_trust.model.records import Role
from ler_trust.store.sql import SqlStore
from tests.faults.faulty_server import Fault, Server, serving
from tests.kit.running_service import running

BATCH = 3


class Client:
    """An issuer's software that notes what it was told."""

    def __init__(self, session: aiohttp.ClientSession, server: Server, token: str) -> None:
        self._session, self._url = session, server.url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = self._headers | ({} if key is None else {"Idempotency-Key": key})
        async with self._session.request(method, self._url + path, json=body, headers=headers) as response:
            assert response.status < 300, await response.text()
            return await response.json(content_type=None)

    async def allocate(self, path: str, key: str | None) -> list[int]:
        answer = await self.ask("POST", f"{path}/entries", {"count": BATCH}, key)
        return [int(entry["statusListIndex"]) for entry in answer["entries"]]

    async def revoke(self, path: str, indexes: list[int], key: str | None) -> int:
        body = {"status": "revoked", "changes": [{"index": index} for index in indexes]}
        return int((await self.ask("POST", f"{path}/changes", body, key))["sequence"])

    async def published(self, path: str) -> set[int]:
        text = (await self.ask("GET", path.removeprefix("/v1")))["credentialSubject"]["encodedList"][1:]
        bits = gzip.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return {8 * at + bit for at, byte in enumerate(bits) for bit in range(8) if byte & 0x80 >> bit}

    async def trail(self, path: str) -> list[tuple[int, int]]:
        found = (await self.ask("GET", f"{path}/changes"))["changes"]
        return [(change["sequence"], change["index"]) for change in found]


@asynccontextmanager
async def client_of(server: Server, token: str) -> AsyncIterator[Client]:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Client(session, server, token)


async def issuer_token(database: str) -> str:
    store = await SqlStore.open(database)
    key, token = mint_api_key("default", {Role.ADMIN}, "crash table", 1)
    await store.create_tenant("default", 1)
    await store.put_api_key(key)
    await store.close()
    return token


async def prepared(client: Client) -> tuple[str, list[int]]:
    """Make a list from which one batch of entries was allocated and revoked, and read it."""
    key = await client.ask("POST", "/v1/signing-keys", {})
    made = await client.ask("POST", "/v1/status-lists", {"purpose": "revocation", "signing_key": key["id"]})
    path = f"/v1/status-lists/{made['id']}"
    indexes = await client.allocate(path, "prepare")
    await client.revoke(path, indexes, "prepare-change")
    assert await client.published(path) == set(indexes)
    return path, indexes


async def act(client: Client, path: str, step: str, spare: list[int]) -> None:
    """Do what passes ``step``; ends in an error when the server is killed meanwhile."""
    if step.startswith("allocate"):
        await client.allocate(path, "again")
    elif step.startswith("change"):
        await client.revoke(path, spare, "again-change")
    else:
        await client.revoke(path, spare, "again-change")
        await client.published(path)


@pytest.mark.parametrize("step", [step for step in steps.STEPS if step != "due.written"])
async def test_server_killed_at_a_step_loses_nothing(
    sql_store: SqlStore, database: str, tmp_path: Path, step: str
) -> None:
    token = await issuer_token(database)
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            path, first = await prepared(client)
            spare = await client.allocate(path, "spare")
            before = len(await client.trail(path))
    with serving(tmp_path, database, Fault(step)) as server:
        async with client_of(server, token) as client:
            with pytest.raises(aiohttp.ClientError):
                await act(client, path, step, spare)
        assert server.killed()
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            await _check(client, path, step, first, spare, before)


@pytest.mark.parametrize("step", ["change.asked", "change.written", "change.durable"])
async def test_server_killed_in_a_change_without_a_key_loses_nothing(tmp_path: Path, step: str) -> None:
    database = f"sqlite:///{tmp_path}/trust.sqlite3"
    token = await issuer_token(database)
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            path, first = await prepared(client)
            spare = await client.allocate(path, "spare")
            assert await client.revoke(path, spare[:1], None) == BATCH + 1
    with serving(tmp_path, database, Fault(step)) as server:
        async with client_of(server, token) as client:
            with pytest.raises(aiohttp.ClientError):
                await client.revoke(path, spare[1:], None)
        assert server.killed()
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            trail = await client.trail(path)
            made = {*first, *spare[: None if step == "change.durable" else 1]}
            assert {index for _, index in trail} == await client.published(path) == made
            assert [sequence for sequence, _ in trail] == list(range(1, len(made) + 1))
            assert await client.revoke(path, spare[1:], None) == len(made) + BATCH - 1


async def _check(
    client: Client, path: str, step: str, first: list[int], spare: list[int], before: int
) -> None:
    trail, shown = await client.trail(path), await client.published(path)
    acknowledged = set(first) | (set(spare) if step.startswith("publish") else set())
    assert acknowledged <= shown <= set(first) | set(spare)
    assert [sequence for sequence, _ in trail] == list(range(1, len(trail) + 1))
    assert {index for _, index in trail} == shown
    done = len(trail) - before
    expected = BATCH if step == "change.durable" or step.startswith("publish") else 0
    assert done == expected, "half a change, or one that is lost or was never made"
    described = await client.ask("GET", path)
    again = BATCH if step == "allocate.durable" else 0
    assert (described["sequence"], described["allocated"]) == (len(trail), 2 * BATCH + again)
    # Whoever was told nothing asks again under the same key, and it is done once.
    repeated = await client.allocate(path, "again")
    assert await client.allocate(path, "again") == repeated
    assert not set(repeated) & {*first, *spare}
    assert await client.revoke(path, spare, "again-change") == before + BATCH
    assert await client.published(path) == {*first, *spare}
    assert (await client.ask("GET", path))["allocated"] == 3 * BATCH


async def test_server_killed_while_making_due_changes_makes_them_once(
    sql_store: SqlStore, database: str, tmp_path: Path
) -> None:
    token = await issuer_token(database)
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            path, first = await prepared(client)
            spare = await client.allocate(path, "spare")
            tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            body = {"status": "revoked", "effective_at": tomorrow, "changes": [{"index": n} for n in spare]}
            await client.ask("POST", f"{path}/changes", body)
    list_id = path.rpartition("/")[2]
    await _bring_forward(sql_store, list_id)
    with serving(tmp_path, database, Fault("due.written")) as server:
        async with client_of(server, token) as client:
            with pytest.raises(aiohttp.ClientError):
                await client.published(path)
        assert server.killed()
    with serving(tmp_path, database) as server:
        async with client_of(server, token) as client:
            assert await client.published(path) == {*first, *spare}
            assert len(await client.trail(path)) == 2 * BATCH


async def _bring_forward(store: SqlStore, list_id: str) -> None:
    """Make what is scheduled due, as the passing of time does."""

    def work(connection: Any) -> None:
        connection.execute(text("UPDATE status_schedule SET effective_at = 1"))
        connection.execute(text("UPDATE status_list SET next_due = 1 WHERE id = :id"), {"id": list_id})

    await store._database.write(None, work)


@pytest.mark.parametrize("step", [step for step in steps.STEPS if step != "due.written"])
async def test_step_that_is_reported_failed_is_done_once_when_asked_again(
    sql_store: SqlStore, database: str, tmp_path: Path, step: str
) -> None:
    """The other way to fail: the process lives, and says that it could not do it, whether or not it has."""
    left = 1

    def fail(passed: str) -> None:
        nonlocal left
        if passed == step and left:
            left -= 1
            raise Undecided("request.unavailable", "told to fail", retryable=True)

    async with running(tmp_path, database_url=database, lists={"publish_seconds": 3_600}) as service:
        headers = await service.headers(Role.ISSUER)
        server = Server(None, str(service.client.make_url("")).rstrip("/"))
        async with client_of(server, headers["Authorization"].removeprefix("Bearer ")) as client:
            path, first = await prepared(client)
            spare = await client.allocate(path, "spare")
            before = len(await client.trail(path))
            steps.watch(fail)
            try:
                with pytest.raises(AssertionError, match="told to fail"):
                    await act(client, path, step, spare)
            finally:
                steps.watch(None)
            await _check(client, path, step, first, spare, before)
