"""Lists shared by replicas through Redis: speed and nothing else, whatever somebody writes there."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import orjson
import pytest

from ler_trust.errors import Failure, Undecided
from ler_trust.model.instant import MINUTE, SECOND
from ler_trust.model.status import StatusListEvidence
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.status.shared import SharedLists
from ler_trust.store.redis_cache import RedisCache
from tests.kit.clock import SteppedClock
from tests.kit.redis_server import RedisServer, running_redis
from tests.kit.running_service import running
from tests.unit.status.test_client import BITS, BITSTRING, FORMATS, OTHER, URL, Notary, Web, list_credential

SECRET = bytes(32)


@pytest.fixture(scope="module")
def one_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def server(one_server: RedisServer) -> RedisServer:
    one_server.clear()
    return one_server


class Replica:
    """A client of a replica: its own memory, the shared cache, and a count of what it asks for."""

    def __init__(self, url: str, clock: SteppedClock, secret: bytes = SECRET) -> None:
        self.clock = clock
        self.web = Web(clock)
        self.notary = Notary()
        self.cache = RedisCache(url)
        self.shared = SharedLists(self.cache, secret, clock)
        self.client = StatusListClient(self.web, self.notary, FORMATS, clock, Keeping(), shared=self.shared)

    def publish(self, url: str = URL, ttl: int | None = None, bits: bytes = BITS) -> None:
        self.web.answers[url] = orjson.dumps(list_credential(ttl, bits))

    async def find(self, url: str = URL) -> StatusListEvidence | Failure:
        [found] = (await self.client.find([(url, BITSTRING)], self.clock.now())).values()
        return found

    async def evidence(self, url: str = URL) -> StatusListEvidence:
        found = await self.find(url)
        assert isinstance(found, StatusListEvidence), found
        return found


@pytest.fixture
async def replicas(server: RedisServer) -> AsyncIterator[tuple[Replica, Replica]]:
    clock = SteppedClock()
    both = Replica(server.url, clock), Replica(server.url, clock)
    for one in both:
        one.publish()
    yield both
    for one in both:
        await one.cache.close()


async def test_list_is_fetched_once_for_all_replicas(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    fetched = await first.evidence()
    first.clock.advance(60)
    found = await second.evidence()
    assert (len(first.web.asked), len(second.web.asked)) == (1, 0)
    assert found == fetched  # as old as it is, and not as if it had been fetched just now


async def test_copy_is_authenticated_like_any_answer(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    await first.evidence()
    bad = Failure(True, "proof.signature", "does not match")
    second.notary.instead = second.notary.authentic(orjson.dumps(list_credential()), bad)
    found = await second.find()
    assert isinstance(found, Failure)
    assert found.code == "status.list_signature"
    assert len(second.web.asked) == 1


async def test_copy_too_old_is_not_used(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    await first.evidence()
    first.clock.advance(301)
    await second.evidence()
    assert len(second.web.asked) == 1


async def test_copy_from_the_future_is_not_used(server: RedisServer) -> None:
    """A replica whose clock is ahead does not make a list younger than it is for the others."""
    ahead, behind = Replica(server.url, SteppedClock()), Replica(server.url, SteppedClock())
    ahead.clock.advance(3_600)
    for one in (ahead, behind):
        one.publish()
        await one.evidence()
        await one.cache.close()
    assert len(behind.web.asked) == 1


async def test_ttl_of_zero_is_not_shared(replicas: tuple[Replica, Replica], server: RedisServer) -> None:
    first, second = replicas
    for one in replicas:
        one.publish(ttl=0)
    await first.evidence()
    await second.evidence()
    assert len(second.web.asked) == 1
    assert server.everything() == {}


async def test_list_that_is_not_authentic_is_not_shared(
    replicas: tuple[Replica, Replica], server: RedisServer
) -> None:
    first, _ = replicas
    first.web.answers[URL] = b"{}"
    assert isinstance(await first.find(), Failure)
    assert server.everything() == {}


@pytest.mark.parametrize("place", [0, 31, 32, 60, -1])
async def test_copy_that_was_changed_is_not_used(
    replicas: tuple[Replica, Replica], server: RedisServer, place: int
) -> None:
    first, second = replicas
    await first.evidence()
    [(name, value)] = server.everything().items()
    changed = bytearray(value)
    changed[place] ^= 1
    server.put(name, bytes(changed))
    await second.evidence()
    assert len(second.web.asked) == 1
    assert second.shared.rejected == 1


@pytest.mark.parametrize("value", [b"", b"x", b"\0" * 32, b"\0" * 100])
async def test_anything_that_somebody_writes_is_nothing(
    replicas: tuple[Replica, Replica], server: RedisServer, value: bytes
) -> None:
    first, second = replicas
    await first.evidence()
    [name] = server.everything()
    server.put(name, value)
    await second.evidence()
    assert len(second.web.asked) == 1


async def test_copy_of_another_list_under_a_lists_name(
    replicas: tuple[Replica, Replica], server: RedisServer
) -> None:
    first, second = replicas
    await first.evidence()
    [name] = server.everything()
    first.publish(OTHER, bits=bytes(128))
    await first.evidence(OTHER)
    [other] = [value for key, value in server.everything().items() if key != name]
    server.put(name, other)
    assert (await second.evidence()).list.bits == BITS
    assert len(second.web.asked) == 1


async def test_old_copy_put_back_is_as_old_as_it_is(
    replicas: tuple[Replica, Replica], server: RedisServer
) -> None:
    """Whoever can write to the cache could put back a list from before a revocation."""
    first, second = replicas
    await first.evidence()
    [(name, before)] = server.everything().items()
    first.clock.advance(10 * 60)
    revoked = bytes([0xFF]) * 128
    for one in replicas:
        one.publish(bits=revoked)
    await first.evidence()
    server.put(name, before)
    assert (await second.evidence()).list.bits == revoked


async def test_copy_of_another_service(server: RedisServer) -> None:
    clock = SteppedClock()
    ours, theirs = Replica(server.url, clock), Replica(server.url, clock, secret=b"x" * 32)
    theirs.publish()
    ours.publish(bits=bytes(128))
    await theirs.evidence()
    assert (await ours.evidence()).list.bits == bytes(128)
    for one in (ours, theirs):
        await one.cache.close()


async def test_cache_tells_of_no_list(replicas: tuple[Replica, Replica], server: RedisServer) -> None:
    await replicas[0].evidence()
    [name] = server.everything()
    assert b"college" not in name


async def test_renewal_ahead_does_not_take_the_copy_it_has(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    await first.evidence()
    await second.evidence()
    first.clock.advance(200)
    await first.client.renew((URL, BITSTRING))
    await second.client.renew((URL, BITSTRING))
    assert (len(first.web.asked), len(second.web.asked)) == (2, 0)  # the second takes the first's newer one
    assert (await second.evidence()).fetched_at == first.clock.now()


# ── Without the server ──────────────────────────────────────────────────────────────────────────────


async def test_losing_the_server_costs_speed_and_no_verdict(
    replicas: tuple[Replica, Replica], server: RedisServer
) -> None:
    first, second = replicas
    await first.evidence()
    server.stop()
    try:
        assert (await second.evidence()).list.bits == BITS
        assert not second.cache.reachable
        assert (await second.evidence()).list.bits == BITS
        assert len(second.web.asked) == 1
    finally:
        server.start()


async def test_server_that_was_never_there() -> None:
    alone = Replica("redis://127.0.0.1:1/0", SteppedClock())
    alone.publish()
    assert (await alone.evidence()).list.bits == BITS
    alone.web.answers[OTHER] = Undecided("fetch.timeout")
    assert isinstance(await alone.find(OTHER), Failure)
    await alone.cache.close()


async def test_server_that_came_back_is_used_again(server: RedisServer) -> None:
    cache = RedisCache(server.url)
    server.stop()
    assert await cache.get("name") is None
    server.start()
    assert await cache.get("name") is None  # left alone for a while
    assert not cache.reachable
    cache._resting_until = 0.0
    await cache.put("name", b"value", 60)
    assert await cache.get("name") == b"value"
    assert cache.reachable
    await cache.close()


async def test_what_is_kept_goes_away_by_itself(server: RedisServer) -> None:
    cache = RedisCache(server.url)
    await cache.put("name", b"value", 0.001)
    for _ in range(1_000):
        if not server.everything():
            break
    assert await cache.get("name") is None
    await cache.close()


async def test_freshness_is_of_the_first_fetch(replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    first.publish(ttl=2 * MINUTE)
    await first.evidence()
    second.publish(ttl=2 * MINUTE)
    first.clock.advance(119)
    assert (await second.evidence()).fresh_until == second.clock.now() + SECOND
    first.clock.advance(1)
    await second.evidence()
    assert len(second.web.asked) == 1


async def test_service_says_when_the_server_does_not_answer(tmp_path: Path) -> None:
    async with running(tmp_path, redis_url="redis://user:password@127.0.0.1:1/0") as service:
        before = await (await service.client.get("/readyz")).json()
        assert not any("Redis" in sentence for sentence in before["degraded"])
        await service.service.lists.find([(URL, BITSTRING)], service.service.clock.now())
        after = await (await service.client.get("/readyz")).json()
        assert any("Redis does not answer" in sentence for sentence in after["degraded"])
        assert "password" not in str(after) + repr(service.service.settings)
