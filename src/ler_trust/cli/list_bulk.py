"""``ler-trust lists`` for whole files: entries for ten thousand graduates, ten thousand revocations."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from ler_trust.cli import options
from ler_trust.cli.list_files import (
    ENTRY_COLUMNS,
    Row,
    digest_of,
    entry_row,
    read_changes,
    read_references,
    table_out,
)
from ler_trust.cli.list_signing import FormName
from ler_trust.cli.opening import Opened, open_to_read, open_to_write
from ler_trust.errors import Conflict
from ler_trust.model.instant import format_instant
from ler_trust.model.records import AuditedChange, StatusChange
from ler_trust.spreadsheets import as_cell
from ler_trust.status.allocation import MAX_ENTRIES
from ler_trust.status.changes import MAX_CHANGES, ChangeOrder
from ler_trust.status.forms import DEFAULT_FORM

_ACTOR: Final = "command line"
_PAGE: Final = 1_000
_TRAIL: Final = (
    "sequence",
    "index",
    "value",
    "reason_code",
    "reason",
    "actor",
    "recorded_at",
    "effective_at",
)
_Item = TypeVar("_Item")

InFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV file.", show_default=False)
]
OutFile = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write it there.", show_default=False)
]


def allocate_file(
    path: InFile,
    purpose: Annotated[str, typer.Option("--purpose", help="revocation or suspension.", show_default=False)],
    form: FormName = DEFAULT_FORM,
    output: OutFile = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Hand out an entry of an open list for each reference in a CSV file, and write them as CSV.

    The file has a column "reference". Run again with the same file it gives the same entries.
    """
    references, name = read_references(path), digest_of(path)
    with open_to_write(database) as opened, table_out(output, ENTRY_COLUMNS) as table:
        publisher = opened.service.publisher
        publisher.require_form(form)
        for number, some in _progress(references, MAX_ENTRIES):
            key = f"{name}-{purpose}-{number}"
            entries = opened.run(
                publisher.allocate_open(tenant, purpose, len(some), references=some, key=key)
            )
            said = opened.run(publisher.in_form(form, entries))
            for reference, entry, status in zip(some, entries, said, strict=True):
                table.writerow(entry_row(reference, entry, status))
    _say(f"{len(references):,} entries for {purpose}.")


def change_file(
    path: InFile,
    status: Annotated[
        str | None,
        typer.Option("--status", help="revoked, suspended or active, where the file does not say it."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="When it takes effect; now by default.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and say what would be.")] = False,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Revoke, suspend or reinstate what a CSV file names: up to 100,000 rows together, or none of them.

    Columns: "reference", or "statusListCredential" and "statusListIndex"; "status", "reason" and
    "reason_code" if you like. Run again with the same file it changes nothing more.
    """
    rows, name, moment = read_changes(path, status), digest_of(path), options.instant_or_none(at)
    is_now = moment is None and not dry_run
    applied = unchanged = 0
    with open_to_write(database) as opened:
        for number, some in _progress(rows, MAX_CHANGES):
            order = ChangeOrder(
                _batches(opened, tenant, some),
                _ACTOR,
                effective_at=moment,
                dry_run=dry_run or moment is None,
                key=None if moment is None else f"{name}-{status}-{at}-{number}",
            )
            answer = opened.run(opened.service.publisher.change_each(tenant, order))
            if is_now and answer.unchanged < answer.applied:
                # By what is set, not by what was sent: the same file may suspend again what was reinstated.
                opened.run(opened.service.publisher.change_each(tenant, replace(order, dry_run=False)))
            applied, unchanged = applied + answer.applied, unchanged + answer.unchanged
    if dry_run:
        _say(f"{applied:,} changes are possible; {unchanged:,} of them set what is set already.")
    elif moment is not None:
        _say(f"{applied:,} changes take effect at {format_instant(moment)}.")
    else:
        known = f"; {unchanged:,} of them set what was set already" if unchanged else ""
        _say(f"{applied:,} changes made{known}.")


def history(
    list_id: Annotated[str, typer.Argument(metavar="LIST", help="The list's id.", show_default=False)],
    form: Annotated[str, typer.Option("--format", help="csv or ndjson.")] = "csv",
    output: OutFile = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Export a list's audit trail: who changed what, when and why."""
    if form not in ("csv", "ndjson"):
        raise typer.BadParameter("the format is csv or ndjson")
    with open_to_read(database) as opened:
        opened.run(opened.service.publisher.book.own(tenant, list_id))
        if form == "csv":
            with table_out(output, _TRAIL) as table:
                for change in _trail(opened, list_id):
                    table.writerow(map(as_cell, _cells(change).values()))
        else:
            _write_lines(output, _trail(opened, list_id))


def _write_lines(output: Path | None, changes: Iterator[AuditedChange]) -> None:
    lines = (orjson.dumps(_cells(change)) + b"\n" for change in changes)
    if output is None:
        sys.stdout.buffer.writelines(lines)
        return
    with output.open("wb") as file:
        file.writelines(lines)


def _trail(opened: Opened, list_id: str) -> Iterator[AuditedChange]:
    after = 0
    while page := opened.run(opened.service.store.changes(list_id, after=after, limit=_PAGE)):
        yield from page
        after = page[-1].sequence


def _cells(change: AuditedChange) -> dict[str, Any]:
    values = (
        change.sequence,
        change.index,
        change.value,
        change.code.value,
        change.reason,
        change.actor,
        format_instant(change.recorded_at),
        format_instant(change.effective_at),
    )
    return dict(zip(_TRAIL, values, strict=True))


def _batches(opened: Opened, tenant: str, rows: Sequence[Row]) -> dict[str, list[StatusChange]]:
    """Return the changes that ``rows`` ask for, by list."""
    publisher = opened.service.publisher
    batches: dict[str, list[StatusChange]] = {}
    for purpose in ("revocation", "suspension"):
        named = [row for row in rows if row.reference and row.purpose == purpose]
        found = opened.run(publisher.referenced(tenant, purpose, [row.reference for row in named]))
        for row, place in zip(named, found, strict=True):
            if place is None:
                raise Conflict(
                    "request.not_found", f"line {row.line}: no entry for {purpose} has the reference"
                )
            batches.setdefault(place[0], []).append(row.change(place[1]))
    for row in rows:
        if not row.reference and row.index is not None:
            url = row.list_url.partition("?as=")[0]  # in whichever form the entry names the list
            record = opened.run(publisher.book.known(tenant, url.rpartition("/")[2]))
            if record.url != url or record.purpose != row.purpose:
                raise Conflict("request.invalid", f"line {row.line}: no list of yours for {row.purpose}")
            batches.setdefault(record.id, []).append(row.change(row.index))
    return batches


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    shown = sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=not shown) as bar:
        bar.add_task("", total=total)
        yield bar


def _progress(items: Sequence[_Item], size: int) -> Iterator[tuple[int, Sequence[_Item]]]:
    """Yield numbered parts of ``items``, and show on a terminal how many are done."""
    with _bar(len(items)) as bar:
        for number, start in enumerate(range(0, len(items), size)):
            some = items[start : start + size]
            yield number, some
            bar.advance(bar.task_ids[0], len(some))


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
