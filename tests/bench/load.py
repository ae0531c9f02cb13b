"""A client that asks for the same thing again and again over kept connections, and little else.

It writes prepared bytes and counts the bytes of answers, all as long as the first, so that what limits the
rate is the server. Anything but the expected status ends it.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Final, cast

import uvloop

from tests.bench.processes import BenchError

CONNECTIONS: Final = 16
_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)
_SECONDS: Final = 120.0


class _Asker(asyncio.Protocol):
    """One connection: asks ``left`` times, each time after the last answer, which has ``size`` bytes."""

    def __init__(
        self, request: bytes, expected: bytes, size: int, left: int, done: asyncio.Future[None]
    ) -> None:
        self._request = request
        self._expected = expected
        self._size = size
        self._left = left
        self._done = done
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) < self._size:
            return
        answer, self._buffer = self._buffer, b""
        assert self._transport
        if not answer.startswith(self._expected) or len(answer) != self._size:
            self._fail(f"answered {answer[:60]!r}")
        elif self._left == 1:
            self._done.set_result(None)
            self._transport.close()
        else:
            self._left -= 1
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"closed the connection ({exc})")

    def _fail(self, what: str) -> None:
        if not self._done.done():
            self._done.set_exception(BenchError(f"the server {what}"))


def get(path: str, **headers: str) -> bytes:
    """Return the bytes of a GET request."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + _END


def seconds_for(port: int, request: bytes, status: int, times: int) -> float:
    """Return how long ``times`` answers with ``status`` take over ``CONNECTIONS`` connections.

    Raises ``BenchError`` for any other answer, and when it takes too long.
    """
    expected = f"HTTP/1.1 {status} ".encode()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_ask_all(port, request, expected, [times // CONNECTIONS] * CONNECTIONS))
        except TimeoutError:
            raise BenchError(f"the server did not answer {times} requests in {_SECONDS:.0f} s") from None


async def _ask_all(port: int, request: bytes, expected: bytes, shares: Sequence[int]) -> float:
    loop, size = asyncio.get_running_loop(), await _size(port, request)
    started = perf_counter()
    async with asyncio.timeout(_SECONDS):
        waiting = []
        for share in shares:
            done: asyncio.Future[None] = loop.create_future()
            asker = partial(_Asker, request, expected, size, share, done)
            await loop.create_connection(asker, "127.0.0.1", port)
            waiting.append(done)
        await asyncio.gather(*waiting)
    return perf_counter() - started


async def _size(port: int, request: bytes) -> int:
    """Return how many bytes the answer has, head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(_END), _SECONDS)
    writer.close()
    length = _LENGTH.search(head)
    return len(head) + (0 if length is None else int(length[1]))
