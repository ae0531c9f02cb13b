"""``ler-trust verify``: records from files, folders, lines and standard input, judged window by window."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated

import orjson
import typer

from ler_trust.cli import options
from ler_trust.cli.endings import ExitStatus
from ler_trust.cli.items import Item, read_items, require_readable, windows
from ler_trust.cli.opening import Opened, open_to_read
from ler_trust.cli.progress import progress
from ler_trust.cli.table import console, print_counts, print_rows
from ler_trust.errors import Failure
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import Outcome, Report
from ler_trust.verify.answer import report_json
from ler_trust.verify.batch import Question
from ler_trust.verify.pipeline import report_failure

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Files, folders, files of lines (.ndjson, .jsonl), or - for standard input.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON report a line.")]
PolicyName = Annotated[str, typer.Option("--policy", metavar="NAME", help="Judge under this policy.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="Judge as of this time instead of now.")
]
Show = Callable[[Sequence[tuple[str, Report]]], None]


def verify(
    paths: Paths,
    as_json: AsJson = False,
    policy: PolicyName = DEFAULT.id,
    as_of: AsOf = None,
    offline: options.Offline = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> int:
    """Say of each record whether it may be relied on.

    Exit status: 0 all are valid, 1 some are not valid, 2 none is invalid and some are undecided,
    64 the command line is wrong.
    """
    require_readable(paths)
    at = options.instant_or_none(as_of)
    with open_to_read(database, offline) as opened:
        chosen = opened.run(opened.service.policies.get(tenant, policy))
        question = Question(tenant, chosen, at)
        opened.warn_without_registry(question)
        if as_json:
            counts = _verify_all(opened, paths, question, _print_json)
        else:
            page = console()
            counts = _verify_all(opened, paths, question, lambda rows: print_rows(page, rows))
            print_counts(page, counts, chosen)
    return _status(counts)


def _verify_all(opened: Opened, paths: Sequence[str], question: Question, show: Show) -> Counter[Outcome]:
    """Judge every record that ``paths`` name, showing each window's reports as they come."""
    counts: Counter[Outcome] = Counter()
    with progress(paths) as advance:
        for window in windows(read_items(paths, opened.service.settings.limits.item_bytes)):
            reports = _judge(opened, window, question)
            show([(item.label, report) for item, report in zip(window, reports, strict=True)])
            counts.update(report.outcome for report in reports)
            advance(window)
    if not counts:
        raise typer.BadParameter("there is no record in what was given")
    return counts


def _judge(opened: Opened, window: Sequence[Item], question: Question) -> list[Report]:
    contents = [item.content for item in window if not isinstance(item.content, Failure)]
    judged = iter(opened.run(opened.service.verifier.verify(contents, question)))
    return [
        report_failure(item.content) if isinstance(item.content, Failure) else next(judged) for item in window
    ]


def _print_json(rows: Sequence[tuple[str, Report]]) -> None:
    for label, report in rows:
        sys.stdout.buffer.write(orjson.dumps({"item": label, **report_json(report)}) + b"\n")
    sys.stdout.buffer.flush()


def _status(counts: Counter[Outcome]) -> ExitStatus:
    if counts[Outcome.INVALID]:
        return ExitStatus.NO
    return ExitStatus.UNDECIDED if counts[Outcome.INDETERMINATE] else ExitStatus.YES
