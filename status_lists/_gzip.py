"""GZIP (RFC 1952) for lists: one member, output bounded in bytes, the same input always the same bytes."""

import struct
import zlib
from typing import Final

from ler_trust.errors import Undecided

MAGIC: Final = b"\x1f\x8b\x08"
# No name, no time, no operating system: what would make two publishers of one list differ.
_HEADER: Final = MAGIC + bytes.fromhex("00 00000000 02 ff")
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
_WITH_GZIP_FRAME: Final = zlib.MAX_WBITS | 16


def compress(data: bytes) -> bytes:
    """Return ``data`` as one GZIP member."""
    body = zlib.compress(data, 9, wbits=_RAW_DEFLATE)
    return _HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFF_FFFF)


def decompress(data: bytes, max_bytes: int) -> bytes:
    """Return what one GZIP member holds, expanding ``max_bytes`` at most.

    The bound is absolute: an honest list of a million clear bits shrinks a thousandfold, so a ratio would
    tell nothing. Raises ``Undecided`` with ``status.list_too_large`` or ``status.list_malformed``; a second
    member or anything else behind the first is malformed, because readers differ on what it would mean.
    """
    reader = zlib.decompressobj(_WITH_GZIP_FRAME)
    try:
        expanded = reader.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise Undecided("status.list_malformed", "encodedList is not GZIP data") from error
    if len(expanded) > max_bytes:
        raise Undecided("status.list_too_large", f"the list expands to more than {max_bytes} bytes")
    if not reader.eof:
        raise Undecided("status.list_malformed", "encodedList ends before its GZIP data does")
    if reader.unused_data:
        raise Undecided("status.list_malformed", "encodedList has data after its GZIP member")
    return expanded
