"""Two replicas and a real Redis: what one acknowledges the other shows, with the news and without."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from ler_trust.model.records import Role
from tests.kit.clock import SteppedClock
from tests.kit.redis_server import RedisServer, running_redis
from tests.kit.running_service import NOON, Running, running
from tests.unit.web.test_web_status_lists import bits, entries, made


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as started:
        yield started


@asynccontextmanager
async def replicas(folder: Path, server: RedisServer) -> AsyncIterator[tuple[Running, Running]]:
    """Run two services on one database, whose clock stands still: neither looks again by itself."""
    settings: dict[str, Any] = {
        "clock": SteppedClock(NOON),
        "database_url": f"sqlite:///{folder}/shared.sqlite3",
        "master_key": "5a" * 32,
        "redis_url": server.url,
        "lists": {"publish_seconds": 3_600},
    }
    async with running(folder / "one", **settings) as one, running(folder / "two", **settings) as two:
        yield one, two


async def revoke(service: Running, headers: dict[str, str], entry: Any) -> None:
    body = {"status": "revoked", "changes": [{"entry": entry}]}
    assert (await service.post("/v1/status-changes", body, headers)).status == 200


async def shows(service: Running, list_id: str, count: int) -> None:
    """Wait until the list has ``count`` entries set; fails after ten seconds."""
    for _ in range(1_000):
        if sum(map(int.bit_count, await bits(service, list_id))) == count:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the change is not seen")


async def test_change_is_seen_by_the_other_replica_at_once(tmp_path: Path, server: RedisServer) -> None:
    async with replicas(tmp_path, server) as (one, two):
        headers = await one.headers(Role.ISSUER)
        list_id = (await made(one, headers))["id"]
        given = await entries(one, headers, list_id, 6)
        for number, entry in enumerate(given, 1):
            changing, reading = (one, two)[number % 2], (two, one)[number % 2]
            await shows(reading, list_id, number - 1)  # it has the list at hand
            await asyncio.sleep(0.05)  # and listens
            await revoke(changing, headers, entry)
            await shows(changing, list_id, number)
            await shows(reading, list_id, number)


async def test_without_redis_changes_are_made_and_seen_in_their_time(
    tmp_path: Path, server: RedisServer
) -> None:
    async with replicas(tmp_path, server) as (one, two):
        headers = await one.headers(Role.ISSUER)
        list_id = (await made(one, headers))["id"]
        first, second = await entries(one, headers, list_id, 2)
        await shows(two, list_id, 0)
        server.stop()
        await revoke(one, headers, first)
        await shows(one, list_id, 1)
        two.service.clock.advance(1)  # type: ignore[attr-defined]
        await shows(two, list_id, 1)
        server.start()
        await asyncio.sleep(1.5)  # until both listen again
        await revoke(one, headers, second)
        await shows(two, list_id, 2)


async def test_false_news_do_no_harm(tmp_path: Path, server: RedisServer) -> None:
    async with replicas(tmp_path, server) as (one, _):
        headers = await one.headers(Role.ISSUER)
        list_id = (await made(one, headers))["id"]
        [entry] = await entries(one, headers, list_id, 1)
        await revoke(one, headers, entry)
        with redis.Redis.from_url(server.url) as client:
            for message in (b"x " + list_id.encode(), b"\xff\xfe", b"", b"x " * 10_000, b"x nothing"):
                client.publish("ler-trust:lists-changed", message)
        await asyncio.sleep(0.1)
        await shows(one, list_id, 1)
