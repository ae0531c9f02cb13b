"""The records that a command line names: files, folders, lines of NDJSON, standard input.

Everything is read piece by piece, so that a million lines take no more memory than a few hundred.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

import typer

from ler_trust.errors import Failure
from ler_trust.web.items import UnreadableError, read_item

STDIN: Final = "-"
LINE_SUFFIXES: Final = frozenset({".ndjson", ".jsonl"})
RECORD_SUFFIXES: Final = frozenset({".json", ".jsonld", ".jwt", ".jws"})

WINDOW_ITEMS: Final = 256  # judged together: enough for one issuer's keys and lists to be had once for many
WINDOW_BYTES: Final = 8 * 1024 * 1024  # held at a time, however large the single records are
_BLANK: Final = b" \t\r\n"
_IMAGE_STARTS: Final = (b"\x89PNG\r\n", b"<svg", b"<?xml")
_IMAGE: Final = Failure(
    False, "format.unsupported", "a baked PNG or SVG image; give the credential that is inside it"
)
_HEAD_LINES: Final = 1_000  # blank lines looked past while telling lines from one document


@dataclass(frozen=True, slots=True)
class Item:
    """One record: ``label`` is its path, with ``#line`` among lines; its bytes, or why there are none."""

    label: str
    content: bytes | Failure


def require_readable(paths: Sequence[str]) -> None:
    """Raise :class:`typer.BadParameter` for the first named path that is not there or cannot be read."""
    for path in paths:
        if path == STDIN:
            continue
        if not os.path.exists(path):
            raise typer.BadParameter(f"there is no file or folder {path}")
        if not os.access(path, os.R_OK):
            raise typer.BadParameter(f"{path} cannot be read")


def read_items(paths: Iterable[str], limit: int) -> Iterator[Item]:
    """Yield the records of ``paths`` in order; of one longer than ``limit`` bytes only ``limit`` + 1."""
    for path in paths:
        if path == STDIN:
            yield from _detect(STDIN, sys.stdin.buffer, limit)
        elif os.path.isdir(path):
            for file in _files_in(path):
                yield from _read_file(file, limit)
        else:
            yield from _read_file(path, limit)


def windows(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut ``items`` into lists that are small enough to hold and large enough to judge together."""
    window: list[Item] = []
    held = 0
    for item in items:
        window.append(item)
        held += size(item)
        if len(window) >= WINDOW_ITEMS or held >= WINDOW_BYTES:
            yield window
            window, held = [], 0
    if window:
        yield window


def size(item: Item) -> int:
    """Return how many bytes of ``item`` are held."""
    return 0 if isinstance(item.content, Failure) else len(item.content)


def _files_in(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            if Path(name).suffix.lower() in RECORD_SUFFIXES | LINE_SUFFIXES and os.path.isfile(path):
                yield path


def _read_file(path: str, limit: int) -> Iterator[Item]:
    label = os.fsencode(path).decode("utf-8", "replace")
    try:
        with open(path, "rb") as stream:
            yield from _read_stream(label, Path(path).suffix.lower(), stream, limit)
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or type(error).__name__}"
        yield Item(label, Failure(False, "fetch.unreachable", reason))


def _read_stream(label: str, suffix: str, stream: BinaryIO, limit: int) -> Iterator[Item]:
    if suffix in LINE_SUFFIXES:
        yield from _lines(label, _raw_lines(stream, limit))
    elif suffix in RECORD_SUFFIXES:
        yield _document(label, [stream.read(limit + 1)], limit)
    else:
        yield from _detect(label, stream, limit)


def _detect(label: str, stream: BinaryIO, limit: int) -> Iterator[Item]:
    """Read a stream whose name does not tell whether it holds one document or a record a line."""
    lines = _raw_lines(stream, limit)
    head: list[bytes] = []
    full = 0
    for line in lines:
        head.append(line)
        full += bool(line.strip(_BLANK))
        if full == 2 or len(head) == _HEAD_LINES:
            break
    if full == 2 and any(_is_whole_record(line) for line in head):
        yield from _lines(label, chain(head, lines))
    elif full:
        yield _document(label, chain(head, lines), limit)


def _is_whole_record(line: bytes) -> bool:
    """Tell a record on a line of its own from the first lines of an indented document."""
    text = line.rstrip(_BLANK)
    return text.startswith((b"ey", b'"ey')) or (text.startswith(b"{") and text.endswith(b"}"))


def _raw_lines(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """Yield the lines of ``stream`` with their ends; what a line has past ``limit`` + 1 bytes is dropped."""
    while line := stream.readline(limit + 1):
        yield line
        while len(line) > limit and not line.endswith(b"\n"):
            line = stream.readline(limit + 1) or b"\n"


def _lines(label: str, lines: Iterable[bytes]) -> Iterator[Item]:
    for number, line in enumerate(lines, 1):
        if content := line.strip(_BLANK):
            yield Item(f"{label}#{number}", _credential(content))


def _credential(line: bytes) -> bytes:
    """Return the record in ``line``, which may be one of a request to the service: a file serves both."""
    if b'"credential"' not in line:
        return line
    try:
        return bytes(read_item(line).credential)
    except UnreadableError:
        return line


def _document(label: str, pieces: Iterable[bytes], limit: int) -> Item:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > limit:
            break
    document = bytes(content[: limit + 1])
    return Item(label, _IMAGE if document.startswith(_IMAGE_STARTS) else document)
