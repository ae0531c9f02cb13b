"""Newline-delimited JSON as it arrives: chunks to lines, lines to windows, in bounded memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import StreamReader

from ler_trust.web.limits import WebLimits


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank, by its number from 1; ``content`` is ``None`` when it was too long."""

    number: int
    content: bytes | None


class LineSplitter:
    """Cuts a stream of chunks into lines, never holding more than ``most`` bytes of an unfinished one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = bytearray()
        self._too_long = False
        self._number = 0

    def feed(self, chunk: bytes) -> list[Line]:
        """Return the lines that ``chunk`` completes."""
        *complete, rest = chunk.split(b"\n")
        lines = []
        for piece in complete:
            if self._rest or self._too_long or len(piece) > self._most:
                self._append(piece)
                lines += self.finish()
            else:  # a whole line within the chunk, as most are
                lines += self._line(piece)
        self._append(rest)
        return lines

    def finish(self) -> list[Line]:
        """End the present line and return it, nothing if it is blank."""
        content = None if self._too_long else bytes(self._rest)
        self._too_long = False
        self._rest.clear()
        return self._line(content)

    def _line(self, content: bytes | None) -> list[Line]:
        self._number += 1
        stripped = None if content is None else content.strip(b" \t\r")
        return [] if stripped == b"" else [Line(self._number, stripped)]

    def _append(self, piece: bytes) -> None:
        if self._too_long or len(self._rest) + len(piece) > self._most:
            self._too_long = True
            self._rest.clear()
        else:
            self._rest += piece


async def windows(content: StreamReader, limits: WebLimits) -> AsyncIterator[list[Line]]:
    """Yield the lines of ``content`` in groups: full ones, or what has arrived when the input pauses.

    Raises ``TimeoutError`` when nothing arrives for ``limits.stall`` seconds.
    """
    splitter = LineSplitter(limits.line_bytes)
    window: list[Line] = []
    size = 0
    while True:
        chunk = await _next_chunk(content, limits, waiting=bool(window))
        for line in splitter.feed(chunk) if chunk else splitter.finish() if chunk == b"" else ():
            window.append(line)
            size += len(line.content or b"")
            if len(window) >= limits.window_lines or size >= limits.window_bytes:
                yield window
                window, size = [], 0
        if window and not chunk:
            yield window
            window, size = [], 0
        if chunk == b"":
            return


async def _next_chunk(content: StreamReader, limits: WebLimits, *, waiting: bool) -> bytes | None:
    """Return the next chunk, empty at the end; ``None`` when lines are ``waiting`` and the input pauses."""
    try:
        async with asyncio.timeout(limits.input_pause if waiting else limits.stall):
            return await content.readany()
    except TimeoutError:
        if waiting:
            return None
        raise
    except RuntimeError as error:  # what the stream raises when it is read after the connection was lost
        raise ConnectionResetError("the client has left") from error
