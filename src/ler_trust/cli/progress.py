"""A progress bar on standard error for long input, when somebody watches."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ler_trust.cli.items import WINDOW_BYTES, WINDOW_ITEMS, Item, size

Advance = Callable[[Sequence[Item]], None]


@contextmanager
def progress(paths: Sequence[str]) -> Iterator[Advance]:
    """Give a function to be called with each window of records once it is judged.

    The bar appears with the first window that is full, so never for short input, and never when standard
    error is not a terminal.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (
        BarColumn(),
        TextColumn("{task.fields[records]:,} records"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Where the table goes to the same terminal, it must be written above the bar, not across it.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
    ) as bar:
        task = bar.add_task("", total=_total(paths), visible=False, records=0)
        seen = 0

        def advance(window: Sequence[Item]) -> None:
            nonlocal seen
            seen += len(window)
            held = sum(map(size, window))
            long = len(window) >= WINDOW_ITEMS or held >= WINDOW_BYTES
            bar.update(task, advance=held, records=seen, visible=long or seen > len(window))

        yield advance


def _total(paths: Sequence[str]) -> int | None:
    """Return the bytes of all ``paths`` when each is a file, ``None`` when that is not known beforehand."""
    return sum(map(os.path.getsize, paths)) if all(map(os.path.isfile, paths)) else None
