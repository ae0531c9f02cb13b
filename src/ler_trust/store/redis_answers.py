"""Answers of a Redis server that are no larger than they may be, whatever is at its address.

The client alone would read an answer of any size into memory, and let errors of many kinds out where what
comes is no answer at all.
"""

from functools import partial
from typing import Any, Final

from redis._parsers import _AsyncRESP2Parser
from redis.asyncio import Redis
from redis.exceptions import InvalidResponse

_PROTOCOL: Final = 2  # the version of RESP that the parser reads


def connect(url: str, most: int, **options: Any) -> Redis:
    """Return a client of the server at ``url`` that takes ``most`` bytes an answer.

    What is larger, or no answer, makes the call raise ``RedisError`` and ends the connection. ``options`` are
    the client's own.
    """
    parser = partial(_BoundedParser, most)
    return Redis.from_url(url, parser_class=parser, protocol=_PROTOCOL, **options)


class _BoundedParser(_AsyncRESP2Parser):
    """Reads one answer after another, each of ``most`` bytes at most."""

    def __init__(self, most: int, socket_read_size: int) -> None:
        super().__init__(socket_read_size)
        self._most = self._room = most

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Return the next answer; raises ``InvalidResponse`` for one that is too large or none."""
        self._room = self._most
        try:
            return await super().read_response(*arguments, **options)
        except (ValueError, RecursionError) as error:  # of a length that is no number, a line without an end
            raise InvalidResponse(f"not an answer of Redis ({type(error).__name__})") from None

    async def _read(self, length: int) -> bytes:
        """Return a string of ``length`` bytes, of which an answer can have several."""
        self._take(length)
        return await super()._read(length)

    async def _readline(self) -> bytes:
        """Return a line; the stream below keeps each of them short, and not how many there are."""
        line = await super()._readline()
        self._take(len(line))
        return line

    def _take(self, length: int) -> None:
        self._room -= length
        if length < 0 or self._room < 0:
            raise InvalidResponse(f"an answer of more than {self._most} bytes")
