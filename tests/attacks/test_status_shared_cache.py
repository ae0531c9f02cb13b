"""A shared cache that somebody has taken over, or that is broken: it costs speed, not memory or a verdict."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ler_trust.errors import Undecided
from ler_trust.model.limits import MIB
from ler_trust.status import shared
from ler_trust.store.redis_cache import MOST_BYTES, RedisCache
from ler_trust.store.redis_news import RedisNews
from tests.kit.clock import SteppedClock
from tests.kit.redis_server import RedisServer, running_redis
from tests.unit.status.test_client import BITS
from tests.unit.status.test_shared import Replica

MOST_SENT = 20 * MIB  # what is read, and what is on its way in sockets and buffers


class Impostor:
    """Speaks at a Redis server's address: greets as Redis does, then sends ``answers`` when asked."""

    def __init__(self, answers: Callable[[], Iterator[bytes]]) -> None:
        self._answers = answers
        self.sent = 0
        self.asked = 0
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the other side ends it."""
        with contextlib.suppress(OSError):
            while said := await reader.read(65_536):
                writer.write(b"+OK\r\n" * said.count(b"SETINFO"))
                if b"GET\r\n" in said or b"SUBSCRIBE\r\n" in said:
                    self.asked += 1
                    await self._answer(writer)
                await writer.drain()
        writer.close()
        self.gone.set()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        for part in self._answers():
            writer.write(part)
            await writer.drain()
            self.sent += len(part)


@asynccontextmanager
async def impostor(answers: Callable[[], Iterator[bytes]]) -> AsyncIterator[tuple[Impostor, str]]:
    """Give an impostor and its address."""
    one = Impostor(answers)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    try:
        yield one, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()


def endless(*first: bytes) -> Callable[[], Iterator[bytes]]:
    """Return answers that begin with ``first`` and go on for a gigabyte."""

    def answers() -> Iterator[bytes]:
        yield from first
        for _ in range(1_024):
            yield bytes(MIB)

    return answers


def strings(count: int, size: int) -> Callable[[], Iterator[bytes]]:
    """Return one answer of many strings, each as large as a list may be."""

    def answers() -> Iterator[bytes]:
        yield b"*%d\r\n" % count
        for _ in range(count):
            yield b"$%d\r\n%b\r\n" % (size, bytes(size))

    return answers


@pytest.mark.parametrize(
    "answers",
    [
        endless(b"$1073741824\r\n"),
        endless(b"$5242881\r\n"),
        endless(b"$9999999999999999999999\r\n"),
        endless(b"+"),
        endless(),
        strings(1_000, MIB),
        strings(100_000_000, 1),
        lambda: iter([b"*1000000\r\n" * 100_000]),
    ],
    ids=["gigabyte", "a-byte-more", "no-number", "line", "noise", "strings", "many", "nested"],
)
async def test_answer_without_end_does_not_fill_the_memory(answers: Callable[[], Iterator[bytes]]) -> None:
    async with impostor(answers) as (one, url):
        cache = RedisCache(url)
        assert await cache.get("name") is None
        assert not cache.reachable
        await cache.close()
        await one.gone.wait()
        assert one.asked == 1
        assert one.sent < MOST_SENT


@pytest.mark.parametrize(
    "answer",
    [
        b"$-7\r\n",
        b"$abc\r\n",
        b":x\r\n",
        b"*-5\r\n",
        b"*2\r\n$1\r\na\r\n$-9\r\n",
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"-ERR \xff\xfe\r\n",
        b"-LOADING a moment\r\n",
        b"*1\r\n" * 5_000,
        b":1\r\n",
        b"+text\r\n",
        b"*1\r\n$4\r\nlist\r\n",
    ],
)
async def test_what_is_no_answer_is_nothing(answer: bytes) -> None:
    async with impostor(lambda: iter([answer])) as (_, url):
        cache = RedisCache(url)
        assert not await cache.get("name") or answer == b"+text\r\n"
        await cache.close()


@given(st.lists(st.sampled_from([b"$", b"*", b":", b"+", b"-", b"\r\n", b"1", b"-1", b"0", b"9", b"x"])))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_gets_out_as_an_error(parts: list[bytes]) -> None:
    async def asked() -> None:
        async with impostor(lambda: iter([b"".join(parts) + b"\r\n"])) as (one, url):
            cache = RedisCache(url)
            found = await cache.get("name")
            assert found is None or len(found) <= MOST_BYTES
            await cache.close()
            await one.gone.wait()

    asyncio.run(asked())


async def test_list_is_had_from_its_host_when_the_cache_is_hostile() -> None:
    async with impostor(endless(b"$1073741824\r\n")) as (one, url):
        replica = Replica(url, SteppedClock())
        replica.publish()
        assert (await replica.evidence()).list.bits == BITS
        assert (len(replica.web.asked), one.asked) == (1, 1)
        await replica.cache.close()


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as started:
        yield started


async def test_value_that_somebody_made_huge_is_not_read(server: RedisServer) -> None:
    clock = SteppedClock()
    first, second = Replica(server.url, clock), Replica(server.url, clock)
    for one in (first, second):
        one.publish()
    await first.evidence()
    [name] = server.everything()
    server.put(name, bytes(64 * MIB))
    assert (await second.evidence()).list.bits == BITS
    assert len(second.web.asked) == 1
    for one in (first, second):
        await one.cache.close()


async def test_largest_list_that_is_shared_is_read(server: RedisServer) -> None:
    cache = RedisCache(server.url)
    largest = bytes(shared._MOST_SHARED + 64 * 1_024)  # with its address and times
    await cache.put("largest", largest, 60)
    assert await cache.get("largest") == largest
    assert cache.reachable
    await cache.close()


# ── News ────────────────────────────────────────────────────────────────────────────────────────────

SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$23\r\nler-trust:lists-changed\r\n:1\r\n"


def told(data: bytes) -> bytes:
    return b"*3\r\n$7\r\nmessage\r\n$23\r\nler-trust:lists-changed\r\n" + data


@pytest.mark.parametrize(
    "news",
    [
        told(b":7\r\n"),
        told(b"$-1\r\n"),
        told(b"*0\r\n"),
        told(b"$1000000000\r\n"),
        told(b"$5\r\n\xff\xff\xff\xff\xff\r\n"),
        b"*0\r\n",
        b":1\r\n",
        b"*1\r\n$7\r\nmessage\r\n",
        b"$abc\r\n",
    ],
)
async def test_bad_news_do_not_end_the_listening(news: bytes) -> None:
    """Whatever was said, the listener goes on or can begin again, and hears what is good."""
    good = told(b"$13\r\nsomebody abcd\r\n")
    heard: asyncio.Queue[str] = asyncio.Queue()
    answers = iter([SUBSCRIBED + news + good])
    async with impostor(lambda: iter([next(answers, SUBSCRIBED + good)])) as (_, url):
        listener = RedisNews(url)

        async def keep_hearing() -> None:
            while True:
                with pytest.raises(Undecided, match="no news of changed lists"):
                    await listener.hear(heard.put_nowait)

        listening = asyncio.create_task(keep_hearing())
        async with asyncio.timeout(10):
            while await heard.get() != "abcd":
                pass
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await listener.close()
