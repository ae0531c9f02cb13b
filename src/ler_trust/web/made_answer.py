"""Answers made once and given again and again: what many clients ask for, each sent in one write.

The HTTP library builds, checks and writes the headers of every answer anew, which costs more than everything
else about a small answer that stays the same.
"""

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from ler_trust.model.limits import KIB
from ler_trust.web.keys import REQUEST_ID
from ler_trust.web.middleware import STANDING_HEADERS

_BODY_KEPT: Final = 16 * KIB  # of a body that is kept with its head: a list of usual size, most often


class MadeHead:
    """The head of an answer, but for its time and its request's id.

    ``headers`` are this service's own words, nothing that came from outside. ``length`` is that of the body,
    ``None`` for an answer that has none.
    """

    def __init__(self, status: HTTPStatus, headers: Mapping[str, str], length: int | None) -> None:
        self._status = status.value
        self._headers = headers
        size = {} if length is None else {"Content-Length": str(length)}
        lines = [f"{name}: {value}\r\n" for name, value in {**headers, **size, **STANDING_HEADERS}.items()]
        self._start = f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}Date: ".encode("ascii")
        self._last: _MadeAnswer | None = None

    def answer(self, request: web.Request, body: bytes = b"") -> web.StreamResponse:
        """Return the answer to ``request`` that has this head and ``body``.

        Only a GET over a connection that is kept gets what was made; every other request is answered by the
        HTTP library in its own way, with the same headers.
        """
        if request.method != "GET" or request.version != HttpVersion11 or not request.keep_alive:
            return web.Response(status=self._status, headers=self._headers, body=body or None)
        last = self._last
        if last is None or last.content is not body:
            last = _MadeAnswer(self._status, self._start, body)
            self._last = last if len(body) <= _BODY_KEPT else None
        return last


class _MadeAnswer(web.StreamResponse):
    """Writes what it was made of to whichever request, and leaves the connection open.

    It holds nothing of a request, so one serves many. No header can be set any more.
    """

    def __init__(self, status: int, start: bytes, content: bytes) -> None:
        super().__init__(status=status)
        self.start, self.content = start, content

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Write everything at once."""
        rest = f"{_date(int(time.time()))}\r\nX-Request-ID: {request[REQUEST_ID]}\r\n\r\n".encode("ascii")
        await request.writer.write_eof(b"".join((self.start, rest, self.content)))
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: all is written."""


@lru_cache(2)
def _date(second: int) -> str:
    """Return a time as HTTP writes it (RFC 9110 §5.6.7)."""
    return formatdate(second, usegmt=True)
