"""Reads an answer's body as it comes, undoes its content coding and stops at the byte limit."""

import zlib
from collections.abc import AsyncIterator
from typing import Final, Protocol

from ler_trust.errors import Undecided

ACCEPT_ENCODING: Final = "gzip, deflate"
_ZLIB_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS  # zlib tells a gzip header from its own
# Coded bytes allowed over the limit: headers and block marks of incompressible content. An endless run of
# empty blocks decodes to nothing and would otherwise go on until the deadline.
_CODING_OVERHEAD: Final = 64 * 1024


class _Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    def finish(self) -> None: ...


class _Identity:
    def feed(self, data: bytes, room: int) -> bytes:
        return data

    def finish(self) -> None:
        return None


class _Inflate:
    """One gzip or zlib stream; never expands by more than one byte past the room that is left."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_EITHER_HEADER)

    def feed(self, data: bytes, room: int) -> bytes:
        if self._stream.eof:
            raise _malformed("bytes follow the end of the compressed body")
        try:
            expanded = self._stream.decompress(data, room + 1)
        except zlib.error:
            raise _malformed("the compressed body is damaged") from None
        if self._stream.unused_data:
            raise _malformed("bytes follow the end of the compressed body")
        return expanded

    def finish(self) -> None:
        if not self._stream.eof:
            raise _malformed("the compressed body ends too early")


def _decoder(content_encoding: str) -> _Decoder:
    coding = content_encoding.strip().lower()
    if coding in ("", "identity"):
        return _Identity()
    if coding in _ZLIB_CODINGS:
        return _Inflate()
    raise Undecided("fetch.malformed", "the answer has a content coding that was not asked for")


async def read_body(chunks: AsyncIterator[bytes], content_encoding: str, max_bytes: int) -> bytes:
    """Return the decoded body that ``chunks`` carry.

    Raises ``Undecided`` with ``fetch.too_large`` as soon as it passes ``max_bytes``, with
    ``fetch.malformed`` when its coding is unknown, damaged, cut short or followed by more.
    """
    decoder = _decoder(content_encoding)
    body, received = bytearray(), 0
    async for chunk in chunks:
        received += len(chunk)
        body += decoder.feed(chunk, max_bytes - len(body))
        if len(body) > max_bytes or received > max_bytes + _CODING_OVERHEAD:
            raise too_large(max_bytes)
    decoder.finish()
    return bytes(body)


def too_large(max_bytes: int) -> Undecided:
    """Return the finding that an answer has more than ``max_bytes``."""
    return Undecided("fetch.too_large", f"the answer has more than {max_bytes} bytes")


def _malformed(detail: str) -> Undecided:
    return Undecided("fetch.malformed", detail)
