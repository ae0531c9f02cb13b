"""GZIP (RFC 1952) for lists: one member, output bounded in bytes, the same input always the same bytes."""

import struct
import zlib
from typing import Final

from status_lists._inflate import inflate

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

    Raises ``Undecided`` with ``status.list_too_large`` or ``status.list_malformed``.
    """
    return inflate(data, max_bytes, _WITH_GZIP_FRAME, "GZIP")
