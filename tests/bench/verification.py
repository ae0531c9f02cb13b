"""Whole verifications in process, beside a peer and beside bare signature checks, on one core and on all."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from tests.bench.corpus import WORKS, Corpus, Item, Work, corpus, corpus_of_size
from tests.bench.plan import Hall, Plan, hall, parts
from tests.bench.processes import Tally, Worker, take_turns
from tests.bench.results import Row

UNIT: Final = "credentials/s"
MAIN_WORK: Final = WORKS[0]


def measure(plan: Plan) -> tuple[list[Row], dict[str, object]]:
    """Return the figures of every kind of credential, and what is worth knowing about how they came about."""
    rows: list[Row] = []
    notes: dict[str, object] = {}
    for work in WORKS:
        found = corpus(work, plan.count // work.fewer, plan.corpora)
        single = _run(plan, work, found, 1)
        rows += _rows(work, single, 1)
        if len(plan.cores) > 1 and (plan.thorough or work is MAIN_WORK):
            several = _run(plan, work, found, len(plan.cores))
            rows += _rows(work, several, len(plan.cores))
            ratio = several["service"].rate / single["service"].rate
            rows.append(
                Row(work.name, several["service"].rate, UNIT, "one-core", ratio, len(plan.cores), True)
            )
        if work is MAIN_WORK:
            notes["badges"] = f"median {found.size()} bytes, {found.statements()} RDF statements"
        notes |= _notes(work, single)
    return rows, notes


def sizes(plan: Plan) -> list[Row]:
    """Return the rate by size of the credential, in RDF statements of what is signed."""
    rows = []
    for alignments, count in plan.sizes:
        found = corpus_of_size(MAIN_WORK, alignments, count, plan.corpora)
        with hall(plan) as workers:
            tally = take_turns({"service": _service(workers, plan, found, 1, rounds=1)}, 1)["service"]
        name = f"{MAIN_WORK.name}/quads-{found.statements()}"
        rows.append(Row(name, tally.rate, UNIT, None, None, 1, True))
    return rows


def phases(plan: Plan) -> list[Row]:
    """Return where one credential's time goes in the engine."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    share = {"rounds": [_bare(found.measured)]}
    with hall(plan) as workers:
        told = workers.python("phases", share, plan.cores[0]).hear(300)["milliseconds"]
    return [
        Row(f"{MAIN_WORK.name}/phase-{name}", value, "ms", None, None, 1, False)
        for name, value in told.items()
    ]


def _run(plan: Plan, work: Work, found: Corpus, cores: int) -> dict[str, Tally]:
    with hall(plan) as workers:
        teams = {
            "service": _service(workers, plan, found, cores, plan.rounds),
            "signature": _signatures(workers, plan, found, cores),
        }
        if plan.peer is not None and not work.is_token:
            teams["digitalbazaar"] = _peer(workers, plan, found, cores, "lists-kept")  # the faster way
            if cores == 1 and work is MAIN_WORK:
                teams["each-time"] = _peer(workers, plan, found, cores, "default")
        return take_turns(teams, plan.rounds)


def _service(workers: Hall, plan: Plan, found: Corpus, cores: int, rounds: int) -> Sequence[Worker]:
    shares = parts([item.content for item in found.measured], rounds, cores)
    return [
        workers.service("verify", {"rounds": share}, found, core)
        for core, share in zip(plan.cores, shares, strict=False)
    ]


def _signatures(workers: Hall, plan: Plan, found: Corpus, cores: int) -> Sequence[Worker]:
    shares = parts(_bare(found.measured), plan.rounds, cores)
    warm_up = _bare(found.warm_up)
    return [
        workers.python("signatures", {"warm_up": warm_up, "rounds": share}, core)
        for core, share in zip(plan.cores, shares, strict=False)
    ]


def _peer(workers: Hall, plan: Plan, found: Corpus, cores: int, mode: str) -> Sequence[Worker]:
    known = {"warm_up": [item.content for item in found.warm_up], "lists": found.lists()}
    shares = parts([item.content for item in found.measured], plan.rounds, cores)
    return [
        workers.start(["node", str(plan.peer)], known | {"rounds": share}, core, mode)
        for core, share in zip(plan.cores, shares, strict=False)
    ]


def _bare(items: Sequence[Item]) -> list[dict[str, str]]:
    return [asdict(item) for item in items]


def _rows(work: Work, tallies: dict[str, Tally], cores: int) -> list[Row]:
    ours = tallies["service"].rate
    bare = tallies["signature"].rate
    rows = [
        Row(work.name, ours, UNIT, "signature", ours / bare, cores, True),
        Row(f"{work.name}/bare-signature", bare, "signatures/s", None, None, cores, True),
    ]
    if "digitalbazaar" in tallies:
        peer = tallies["digitalbazaar"].rate
        rows.append(Row(work.name, ours, UNIT, "digitalbazaar", ours / peer, cores, True))
        rows.append(Row(f"{work.name}/digitalbazaar", peer, UNIT, None, None, cores, True))
    if "each-time" in tallies:
        each_time = tallies["each-time"].rate
        name = f"{work.name}/lists-each-time"
        rows.append(Row(name, ours, UNIT, "digitalbazaar", ours / each_time, cores, True))
        rows.append(Row(f"{name}/digitalbazaar", each_time, UNIT, None, None, cores, True))
    return rows


def _notes(work: Work, tallies: dict[str, Tally]) -> dict[str, object]:
    notes: dict[str, object] = {
        "engine": tallies["service"].greeting["engine"],
        f"bare {work.name}": tallies["signature"].greeting["library"],
    }
    if "digitalbazaar" in tallies:
        versions = tallies["digitalbazaar"].greeting["versions"]
        notes["peer"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    return notes
