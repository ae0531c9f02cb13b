"""Spreadsheets in and out: what a registrar's system knows about credentials, and their status entries."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TextIO

import orjson
import typer

from ler_trust.model.records import ReasonCode, StatusChange

ENTRY_COLUMNS: Final = (
    "reference",
    "statusPurpose",
    "statusListIndex",
    "statusListCredential",
    "credentialStatus",
)
_VALUES: Final = {"revoked": 1, "suspended": 1, "active": 0}
_PURPOSES: Final = {"revoked": "revocation", "suspended": "suspension", "active": "suspension"}
_INDEX_DIGITS: Final = 20  # no list is as long
_MOST: Final = 1_000_000  # rows of one file: some hundred megabytes in memory


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of changes: the entry by reference, or by list and index; and its new status."""

    line: int
    reference: str
    list_url: str
    index: int | None
    purpose: str
    value: int
    reason: str
    code: ReasonCode

    def change(self, index: int) -> StatusChange:
        """Return the change this row asks for, of the entry it turned out to mean."""
        return StatusChange(index, self.value, self.reason, self.code)


def read_references(path: Path) -> Sequence[str]:
    """Return the column ``reference`` of a CSV file; raises ``typer.BadParameter`` for one that has none."""
    rows = _rows(path, ("reference",))
    found = [_required(row, "reference", path, line) for line, row in rows]
    if len(set(found)) != len(found):
        raise typer.BadParameter(f"{path} has one reference twice")
    return found


def read_changes(path: Path, status: str | None) -> Sequence[Row]:
    """Return the rows of a CSV file of changes; ``status`` is for those that name none.

    Raises ``typer.BadParameter`` that names the first line that cannot be meant.
    """
    return [_row(row, path, line, status) for line, row in _rows(path, ())]


def digest_of(path: Path) -> str:
    """Return what names the content of a file: a file sent again is the same request."""
    return sha256(path.read_bytes()).hexdigest()[:32]


@contextmanager
def table_out(path: Path | None, columns: Sequence[str]) -> Iterator[Any]:
    """Give a writer of rows to a CSV file, or to standard output."""
    if path is None:
        yield _writer(sys.stdout, columns)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _writer(file, columns)


def entry_row(reference: str, entry: Mapping[str, Any], status: Mapping[str, Any]) -> Sequence[str]:
    """Return the row for an entry handed out for ``reference``; ``status`` is how the record is to say it."""
    named = (str(entry[name]) for name in ENTRY_COLUMNS[1:-1])
    return (reference, *named, orjson.dumps(dict(status)).decode())


def _writer(file: TextIO, columns: Iterable[str]) -> Any:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return writer


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:  # as spreadsheets write it
        reader = csv.DictReader(file)
        try:
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise typer.BadParameter(f"{path} has no column {missing[0]}")
            for row in reader:
                if reader.line_num > _MOST:
                    raise typer.BadParameter(f"{path} has more than {_MOST:,} lines")
                yield reader.line_num, {name: value or "" for name, value in row.items() if name}
        except (csv.Error, UnicodeDecodeError) as error:
            raise typer.BadParameter(f"{path} is not a CSV file in UTF-8: {error}") from None


def _row(row: Mapping[str, str], path: Path, line: int, status: str | None) -> Row:
    word = row.get("status") or status or ""
    if word not in _VALUES:
        raise typer.BadParameter(f"{path}, line {line}: status is not revoked, suspended or active")
    code = row.get("reason_code") or ReasonCode.UNSPECIFIED
    if code not in set(ReasonCode):
        raise typer.BadParameter(f"{path}, line {line}: there is no reason_code {code}")
    index = row.get("statusListIndex", "")
    reference, url = row.get("reference", ""), row.get("statusListCredential", "")
    is_entry = bool(url) and index.isascii() and index.isdigit() and len(index) <= _INDEX_DIGITS
    if not reference and not is_entry:
        raise typer.BadParameter(
            f"{path}, line {line}: give a reference, or statusListCredential and statusListIndex"
        )
    return Row(
        line=line,
        reference=reference,
        list_url=url,
        index=int(index) if is_entry else None,
        purpose=_PURPOSES[word],
        value=_VALUES[word],
        reason=row.get("reason", ""),
        code=ReasonCode(code),
    )


def _required(row: Mapping[str, str], name: str, path: Path, line: int) -> str:
    value = row[name].strip()
    if not value:
        raise typer.BadParameter(f"{path}, line {line}: {name} is empty")
    return value
