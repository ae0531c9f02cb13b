import asyncio
from itertools import pairwise

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.web.limits import WebLimits
from ler_trust.web.lines import Line, LineSplitter, windows

LIMITS = WebLimits(line_bytes=50, window_lines=4, window_bytes=100, input_pause=0.02, stall=0.2)


def split(chunks: list[bytes], most: int = 10) -> list[Line]:
    """Return the lines of all chunks."""
    splitter = LineSplitter(most)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.finish()


def test_lines_are_numbered_blank_ones_included() -> None:
    assert split([b"a\n\r\n \t\n", b"b\r", b"\nc"]) == [Line(1, b"a"), Line(4, b"b"), Line(5, b"c")]


def test_a_line_that_is_too_long_is_named_and_the_next_one_is_whole() -> None:
    assert split([b"x" * 6, b"y" * 6, b"z\nnext\n", b"w" * 11 + b"\n", b"v" * 10]) == [
        Line(1, None),
        Line(2, b"next"),
        Line(3, None),
        Line(4, b"v" * 10),
    ]


@given(st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=8))
def test_where_chunks_end_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(data)]
    chunks = [data[start:end] for start, end in pairwise(places)]
    assert split(chunks) == split([data])


def test_an_endless_line_takes_no_memory() -> None:
    splitter = LineSplitter(1_000)
    for _ in range(1_000):
        assert splitter.feed(b"x" * 1_000) == []
    assert len(splitter._rest) <= 1_000


def reader() -> StreamReader:
    """Return a stream to be fed by the test."""
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.transport = asyncio.Transport()
    return StreamReader(protocol, 2**16, loop=loop)


async def collected(content: StreamReader) -> list[list[Line]]:
    return [window async for window in windows(content, LIMITS)]


async def test_windows_are_bounded_in_lines_and_bytes() -> None:
    content = reader()
    content.feed_data(b"a\n" * 6 + b"b" * 50 + b"\n" + b"c" * 50 + b"\nd\n")
    content.feed_eof()
    assert [[line.number for line in window] for window in await collected(content)] == [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9],
    ]


async def test_a_pause_ends_a_window_and_not_the_line_under_way() -> None:
    content = reader()
    found = windows(content, LIMITS)
    content.feed_data(b"a\nb")
    assert [line.content for line in await anext(found)] == [b"a"]
    content.feed_data(b"c\n")
    assert await anext(found) == [Line(2, b"bc")]


async def test_a_client_that_sends_nothing_is_not_waited_for() -> None:
    with pytest.raises(TimeoutError):
        await collected(reader())


async def test_an_error_of_the_connection_is_not_the_end_of_the_lines() -> None:
    content = reader()
    content.feed_data(b"a\nb\n")
    content.set_exception(ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await collected(content)
