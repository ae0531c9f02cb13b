"""Reports as a table: one row a record, written as they come, so that the last of a million costs no more."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ler_trust.cli.endings import printable
from ler_trust.model.policy import Policy
from ler_trust.model.report import Outcome, Report
from ler_trust.verify.answer import summary

_WIDTH: Final = 140  # columns when nobody's terminal says otherwise
_WORDS: Final = {
    Outcome.VALID: ("valid", "green"),
    Outcome.INVALID: ("not valid", "red"),
    Outcome.INDETERMINATE: ("undecided", "yellow"),
}
_COLUMNS: Final = (("Record", 4), ("Outcome", 0), ("Reason", 5), ("Issuer", 4))
_OUTCOME_WIDTH: Final = max(len(words) for words, _ in _WORDS.values())


def console() -> Console:
    """Return the console of standard output: the terminal's width, or a wide page when it is no terminal."""
    width = None if sys.stdout.isatty() else _WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)  # "did:key:" is not a picture


def print_rows(console: Console, rows: Iterable[tuple[str, Report]]) -> None:
    """Print a row for each label and report; the column widths depend on the console alone."""
    table = Table(box=None, expand=True, pad_edge=False, header_style="bold")
    for name, share in _COLUMNS:
        table.add_column(name, ratio=share or None, width=None if share else _OUTCOME_WIDTH, overflow="fold")
    for label, report in rows:
        table.add_row(*_cells(label, report))
    console.print(table)


def print_counts(console: Console, counts: Mapping[Outcome, int], policy: Policy) -> None:
    """Print how many records had which outcome, and under which policy."""
    total = sum(counts.values())
    words = ", ".join(f"{counts[outcome]:,} {_WORDS[outcome][0]}" for outcome in Outcome)
    noun = "record" if total == 1 else "records"
    console.print(f"\n{total:,} {noun}: {words}. Policy {policy.id}, version {policy.version}.")


def print_plain(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of plain text under ``headings``."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


def _cells(label: str, report: Report) -> tuple[Text, ...]:
    words, colour = _WORDS[report.outcome]
    reason = summary(report) if report.reason is None else f"{summary(report)} [{report.reason}]"
    return Text(printable(label)), Text(words, style=colour), Text(reason), Text(printable(_issuer(report)))


def _issuer(report: Report) -> str:
    """Return who issued the record, once that is known: the registry's name for it, and its identifier."""
    if report.issuer is None:
        return "not known"
    return report.issuer.id if report.issuer.name is None else f"{report.issuer.name} ({report.issuer.id})"
