"""The worker's side of :mod:`tests.bench.processes`."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

Round = TypeVar("Round")


def share() -> dict[str, Any]:
    """Return this worker's share of the work: the JSON file that the first argument names."""
    content: dict[str, Any] = json.loads(Path(sys.argv[1]).read_bytes())
    return content


def serve(rounds: Sequence[Round], work: Callable[[Round], int], greeting: dict[str, Any]) -> None:
    """Say that the worker is ready, then do one round for each line read, timing ``work`` alone.

    ``work`` returns how many it has done, and raises when any of them is not as it must be, which ends the
    process and with it the bench.
    """
    tell({"ready": True} | greeting)
    for todo in rounds:
        if not sys.stdin.readline():
            return
        started = perf_counter()
        done = work(todo)
        tell({"seconds": perf_counter() - started, "verified": done})
    sys.stdin.read()  # to end takes a while, and others may be measured on this core


def tell(message: dict[str, Any]) -> None:
    """Say ``message`` to the bench."""
    print(json.dumps(message), flush=True)
