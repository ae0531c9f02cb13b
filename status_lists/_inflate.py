"""Expanding what lists are packed in, bounded in bytes."""

import zlib

from ler_trust.errors import Undecided


def inflate(data: bytes, max_bytes: int, frame: int, name: str) -> bytes:
    """Return what ``data``, one stream of DEFLATE data in ``frame`` (zlib's ``wbits``), holds.

    The bound is absolute: an honest list of a million clear bits shrinks a thousandfold, so a ratio would
    tell nothing. Raises ``Undecided`` with ``status.list_too_large`` or ``status.list_malformed``; a second
    stream or anything else behind the first is malformed, because readers differ on what it would mean.
    """
    reader = zlib.decompressobj(frame)
    try:
        expanded = reader.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise Undecided("status.list_malformed", f"the encoded list is not {name} data") from error
    if len(expanded) > max_bytes:
        raise Undecided("status.list_too_large", f"the list expands to more than {max_bytes} bytes")
    if not reader.eof:
        raise Undecided("status.list_malformed", f"the encoded list ends before its {name} data does")
    if reader.unused_data:
        raise Undecided("status.list_malformed", f"the encoded list has data after its {name} data")
    return expanded
