"""Measures the service and writes ``build/bench.json``: ``python -m tests.bench``, or ``make bench``."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.bench import lists, machine, over_http, peer, revocation, verification
from tests.bench.plan import Plan
from tests.bench.processes import BenchError
from tests.bench.results import Row, as_json, show

_BUILD: Final = Path(__file__).parents[2] / "build"
_SIZES: Final = ((-1, 400), (0, 400), (10, 200), (40, 60), (160, 20))
_QUICK_SIZES: Final = ((-1, 10), (20, 4))


def main() -> int:
    """Run the bench; returns the exit status: 0, or 1 when a figure could not be had."""
    options = _options()
    try:
        rows, notes = _measure(_plan(options))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    conditions = {"command": "python -m tests.bench " + " ".join(sys.argv[1:])} | notes
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(as_json(rows), indent=1) + "\n", encoding="utf-8")
    beside = options.output.with_name(options.output.stem + "-conditions.json")
    beside.write_text(json.dumps(conditions, indent=1) + "\n", encoding="utf-8")
    show(rows, conditions)
    print(f"written: {options.output}, {beside}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=2_000, help="credentials of eddsa-rdfc-2022 (default: 2000)"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run: the form, not the figures")
    parser.add_argument("--without-peers", action="store_true", help="no comparison, and no need of Node.js")
    parser.add_argument("--output", type=Path, default=_BUILD / "bench.json", help="where to write")
    options = parser.parse_args()
    if options.count < 100:
        parser.error("--count must be 100 or more")
    return options


def _plan(options: argparse.Namespace) -> Plan:
    script = None if options.without_peers else peer.install(_BUILD / "bench-node")
    cores = machine.cores()[:2]
    if options.quick:
        return Plan(100, 1, 20, 200, _BUILD, cores, script, False, _QUICK_SIZES)
    return Plan(options.count, 4, 400, 20_000, _BUILD, cores, script, True, _SIZES)


def _measure(plan: Plan) -> tuple[list[Row], dict[str, object]]:
    started, neighbours = time.monotonic(), machine.Neighbours()
    notes: dict[str, object] = {
        "processor": machine.cpu_model(),
        "versions": machine.versions(),
    }
    rows, found = verification.measure(plan)
    sections: list[tuple[str, Callable[[Plan], list[Row]]]] = [
        ("sizes", verification.sizes),
        ("phases", verification.phases),
        ("http", over_http.measure),
        ("lists", lists.measure),
        ("revocation", revocation.measure),
    ]
    for name, section in sections:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        rows += section(plan)
    ended = {"neighbours": neighbours.told(), "duration": f"{time.monotonic() - started:.0f} s"}
    return rows, notes | found | ended


if __name__ == "__main__":
    sys.exit(main())
