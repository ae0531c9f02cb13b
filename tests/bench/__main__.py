"""Measures the service and writes ``build/bench.json``: ``python -m tests.bench``, or ``make bench``."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.bench import (
    anatomy,
    bulk,
    lists,
    machine,
    million,
    over_http,
    peer,
    rendering,
    replicas,
    revocation,
    rust,
    verification,
)
from tests.bench.plan import BATCH, Plan
from tests.bench.processes import BenchError
from tests.bench.results import Row, as_json, show
from tests.bench.works import PER_THOUSAND

_BUILD: Final = Path(__file__).parents[2] / "build"
_SIZES: Final = ((-1, 2_000), (0, 2_000), (10, 1_000), (40, 500), (160, 200))
_QUICK_SIZES: Final = ((-1, 10), (20, 4))
_RUST: Final = "peer and limit in Rust"


def main() -> int:
    """Run the bench; returns the exit status: 0, or 1 when a figure could not be had."""
    options = _options()
    try:
        plan, missing = _plan(options)
        rows, notes = _measure(plan)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    conditions = {"command": "python -m tests.bench " + " ".join(sys.argv[1:])} | notes | missing
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
        "--count", type=int, default=10_000, help="credentials of eddsa-rdfc-2022 (default: 10000)"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke run: the form, not the figures")
    parser.add_argument(
        "--without-peers", action="store_true", help="no comparison, and no need of Node.js and cargo"
    )
    parser.add_argument(
        "--ndjson-million",
        action="store_true",
        help="also a million credentials in one request: many minutes (with --quick: twenty thousand)",
    )
    parser.add_argument("--output", type=Path, default=_BUILD / "bench.json", help="where to write")
    options = parser.parse_args()
    if options.count < 500:
        parser.error("--count must be 500 or more")
    return options


def _plan(options: argparse.Namespace) -> tuple[Plan, dict[str, str]]:
    """Return what is to be measured, and what cannot be."""
    script, workers, missing = None, None, dict[str, str]()
    if not options.without_peers:
        script = peer.install(_BUILD / "bench-node")
        try:
            workers = rust.build(_BUILD / "bench-cargo")
        except BenchError as error:
            missing = {_RUST: f"NOT MEASURED: {error}"}
            print(f"bench: NO FIGURES OF DIDKIT AND OF NATIVE SIGNATURES: {error}", file=sys.stderr)
    plan = Plan(
        count=options.count,
        batch=BATCH,
        rounds=4,
        revocations=400,
        requests=20_000,
        build=_BUILD,
        cores=machine.cores()[:2],
        peer=script,
        rust=workers,
        thorough=True,
        lines=million.LINES if options.ndjson_million else 0,
        bulk=100_000,
        samples=200,
        entries=2**20,
        sizes=_SIZES,
    )
    return (_in_small(plan) if options.quick else plan), missing


def _in_small(plan: Plan) -> Plan:
    """Return the plan of a smoke run."""
    return replace(
        plan,
        count=200,
        batch=50,
        rounds=1,
        revocations=20,
        requests=200,
        thorough=False,
        lines=min(plan.lines, 20_000),
        bulk=1_000,
        samples=10,
        entries=2**17,
        sizes=_QUICK_SIZES,
    )


def _measure(plan: Plan) -> tuple[list[Row], dict[str, object]]:
    started, neighbours = time.monotonic(), machine.Neighbours()
    notes: dict[str, object] = {
        "processor": machine.cpu_model(),
        "versions": machine.versions(),
        "of a thousand": ", ".join(f"{share} {fate}" for fate, share in PER_THOUSAND.items()),
    }
    rows, found = verification.measure(plan)
    beside_didkit, about_didkit = verification.compare_with_didkit(plan)
    rows += beside_didkit
    sections: list[tuple[str, Callable[[Plan], list[Row]]]] = [
        ("sizes", anatomy.sizes),
        ("phases", anatomy.phases),
        ("http", over_http.measure),
        ("lists", lists.measure),
        ("list rendering", rendering.measure),
        ("revocation", revocation.measure),
        ("revocation in bulk", bulk.measure),
        ("replicas", replicas.measure),
    ]
    if plan.lines:
        sections.append(("a million", million.measure))
    for name, section in sections:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        rows += section(plan)
    ended = {"neighbours": neighbours.told(), "duration": f"{time.monotonic() - started:.0f} s"}
    return rows, notes | found | about_didkit | ended


if __name__ == "__main__":
    sys.exit(main())
