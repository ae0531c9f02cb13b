"""Servers that answer so as to exhaust, confuse or follow this service."""

import asyncio
import gzip
import time
import tracemalloc
import zlib

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from ler_trust.contracts import Fetched
from ler_trust.errors import Undecided
from ler_trust.net.fetcher import HttpFetcher
from ler_trust.net.policy import OutboundPolicy
from tests.kit.clock import SteppedClock
from tests.kit.web_stub import FakeLookup, Speaker, WebStub, raw_server, request_for, speaking

LIMIT = 64 * 1024


def fetcher_for(*hosts: str, deadline: float = 5) -> HttpFetcher:
    policy = OutboundPolicy(development_hosts=hosts, deadline=deadline)
    return HttpFetcher(policy, SteppedClock(), lookup=FakeLookup())


async def outcome(fetcher: HttpFetcher, url: str) -> str | Fetched:
    try:
        return await fetcher.fetch(request_for(url, LIMIT))
    except Undecided as finding:
        return finding.code.name


async def outcome_of_raw(speak: Speaker, deadline: float = 5) -> str | Fetched:
    async with raw_server(speak) as authority, fetcher_for(authority, deadline=deadline) as fetcher:
        return await outcome(fetcher, f"https://{authority}/")


async def outcome_of(body: bytes, **headers: str) -> str | Fetched:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        stub.answer("/", body, headers=given_headers)
        return await outcome(fetcher, stub.url("/"))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compression_bomb_is_cut_at_the_limit(coding: str) -> None:
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        assert await outcome_of(packed, Content_Encoding=coding) == "fetch.too_large"
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


async def test_compressed_body_of_exactly_the_limit_is_read() -> None:
    answer = await outcome_of(gzip.compress(b"x" * LIMIT), Content_Encoding="gzip")
    assert isinstance(answer, Fetched)
    assert answer.body == b"x" * LIMIT
    assert await outcome_of(gzip.compress(b"x" * (LIMIT + 1)), Content_Encoding="gzip") == "fetch.too_large"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"{}", "br"),
        (b"{}", "zstd"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip, gzip"),
        (b"{}", "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-1], "gzip"),
        (gzip.compress(b"{}", mtime=0) + b"x", "gzip"),
        (gzip.compress(b"{}", mtime=0) * 2, "gzip"),
        (b"", "gzip"),
    ],
)
async def test_body_that_cannot_be_decoded_in_one_way(body: bytes, coding: str) -> None:
    assert await outcome_of(body, Content_Encoding=coding) == "fetch.malformed"


async def test_announced_length_over_the_limit_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    assert await outcome_of_raw(speaking(head)) == "fetch.too_large"


async def test_endless_body_is_cut_at_the_limit() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    assert await outcome_of_raw(speak) == "fetch.too_large"


async def test_endless_empty_blocks_are_cut_although_they_decode_to_nothing() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x78\x9c")
        while True:
            writer.write(b"\x00\x00\x00\xff\xff" * 1000)
            await writer.drain()

    assert await outcome_of_raw(speak) == "fetch.too_large"


async def drip(writer: asyncio.StreamWriter, start: bytes) -> None:
    writer.write(start)
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"],
)
async def test_slow_drip_ends_at_the_deadline(start: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await drip(writer, start)

    began = time.monotonic()
    assert await outcome_of_raw(speak, deadline=0.3) == "fetch.timeout"
    assert time.monotonic() - began < 10  # the drip lasts twenty


async def test_slow_redirects_share_one_deadline() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority, deadline=0.4) as fetcher:

        async def slow(request: web.Request) -> web.Response:
            await asyncio.sleep(0.25)
            return web.Response(status=302, headers={"Location": "/again"})

        stub.handle("/", slow)
        stub.handle("/again", slow)
        assert await outcome(fetcher, stub.url("/")) == "fetch.timeout"


async def test_header_flood_is_refused() -> None:
    flood = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n{}"
    assert await outcome_of_raw(speaking(flood)) == "fetch.malformed"


async def test_header_without_end_is_refused() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            writer.write(b"y" * 4096)
            await writer.drain()

    assert await outcome_of_raw(speak) in {"fetch.malformed", "fetch.unreachable"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", "fetch.status"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\n{}", "fetch.status"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "fetch.status"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", "fetch.status"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "fetch.status"),
        (
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
            "fetch.status",
        ),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "fetch.not_found"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "fetch.malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "fetch.malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "fetch.malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "fetch.malformed"),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "fetch.malformed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "fetch.malformed"),
        (b"", "fetch.unreachable"),
    ],
)
async def test_answer_that_is_no_document(answer: bytes, code: str) -> None:
    assert await outcome_of_raw(speaking(answer)) == code


async def test_cookies_are_not_sent_back() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/", headers={"Set-Cookie": "track=me; Path=/"})
        for _ in range(2):
            await fetcher.fetch(request_for(stub.url("/")))
        assert ["Cookie" in request.headers for request in stub.requests] == [False, False]


async def test_nothing_is_said_of_where_a_redirect_came_from() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.redirect("/", "/there")
        stub.answer("/there")
        await fetcher.fetch(request_for(stub.url("/")))
        for request in stub.requests:
            assert request.headers.keys() <= {"Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"}


@settings(max_examples=60, deadline=None)
@given(
    head=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: "]),
    data=st.binary(max_size=60) | st.text('HTP/1. \r\n:0-9az,;="', max_size=60).map(str.encode),
)
def test_fuzzed_answer_is_read_or_undecided(head: bytes, data: bytes) -> None:
    found = asyncio.run(outcome_of_raw(speaking(head + data), deadline=2))
    assert isinstance(found, Fetched) or found.startswith("fetch.")
