"""The worker's side of :mod:`tests.bench.processes`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any


def share() -> dict[str, Any]:
    """Return this worker's share of the work: the JSON file that the first argument names."""
    content: dict[str, Any] = json.loads(Path(sys.argv[1]).read_bytes())
    return content


def serve(rounds: list[list[Any]], work: Callable[[list[Any]], None], greeting: dict[str, Any]) -> None:
    """Say that the worker is ready, then do one round for each line read, timing ``work`` alone.

    ``work`` raises when anything it verifies does not hold, which ends the process and with it the bench.
    """
    tell({"ready": True} | greeting)
    for items in rounds:
        if not sys.stdin.readline():
            return
        started = perf_counter()
        work(items)
        tell({"seconds": perf_counter() - started, "verified": len(items)})


def tell(message: dict[str, Any]) -> None:
    """Say ``message`` to the bench."""
    print(json.dumps(message), flush=True)
