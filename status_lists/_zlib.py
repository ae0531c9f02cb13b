"""ZLIB (RFC 1950) for lists: one stream, output bounded in bytes."""

import zlib

from status_lists._inflate import inflate


def compress(data: bytes) -> bytes:
    """Return ``data`` as one ZLIB stream, packed as small as this library can."""
    return zlib.compress(data, 9)


def decompress(data: bytes, max_bytes: int) -> bytes:
    """Return what one ZLIB stream holds, expanding ``max_bytes`` at most.

    Raises ``Undecided`` with ``status.list_too_large`` or ``status.list_malformed``.
    """
    return inflate(data, max_bytes, zlib.MAX_WBITS, "ZLIB")
