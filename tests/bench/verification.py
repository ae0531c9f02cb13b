"""Whole verifications in process, beside peers and beside bare signature checks, on one core and on all."""

from typing import Final

from tests.bench import peers
from tests.bench.corpus import Corpus, corpus, plainer_corpus
from tests.bench.plan import Plan, hall, parts
from tests.bench.processes import Tally, take_turns
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK, WORKS, Work

UNIT: Final = "credentials/s"
_EACH_TIME_ROUNDS: Final = 2  # the slowest side; each of its credentials costs the same
_PLAINER: Final = 4  # compared on so many times fewer credentials
_EACH_TIME: Final = "lists-each-time"
_REMEMBERED: Final = 32_768  # outcomes, in rows called warm: the service's default


def measure(plan: Plan) -> tuple[list[Row], dict[str, object]]:
    """Return the figures of every kind of credential, and what is worth knowing about how they came about."""
    rows: list[Row] = []
    notes: dict[str, object] = {}
    for work in WORKS:
        found = corpus(work, plan.count // work.fewer, plan.corpora)
        single = _beside(plan, work, found, 1)
        rows += _rows(work, single, 1)
        if plan.thorough or work is MAIN_WORK:
            rows += _warm(plan, work, found, 1, single)
        if len(plan.cores) > 1 and (plan.thorough or work is MAIN_WORK):
            cores = len(plan.cores)
            several = _beside(plan, work, found, cores)
            rows += _rows(work, several, cores) + _warm(plan, work, found, cores, several)
            rows.append(_scaling(work.name, several["service"], single["service"], cores))
            if work is MAIN_WORK:
                rows.append(_one_process(plan, found, single["service"]))
        if work is MAIN_WORK:
            notes["badges"] = f"median {found.size()} bytes, {found.statements()} RDF statements"
        notes |= _notes(work, single)
    return rows, notes


def compare_with_didkit(plan: Plan) -> tuple[list[Row], dict[str, object]]:
    """Return the rates beside ``ssi`` on badges that it can read."""
    if plan.rust is None:
        return [], {}
    found = plainer_corpus(MAIN_WORK, max(100, plan.count // _PLAINER), plan.corpora)
    rows, name = [], f"{MAIN_WORK.name}/plainer"
    for cores in sorted({1, len(plan.cores)}):
        with hall(plan) as workers:
            teams = {
                "service": peers.service(workers, plan, found, cores),
                "ssi": peers.ssi(workers, plan, found, cores),
            }
            tallies = take_turns(teams, plan.batches(len(found.measured), cores))
        ours, theirs = tallies["service"].rate, tallies["ssi"].rate
        rows += [
            Row(name, ours, UNIT, "didkit", ours / theirs, cores, True),
            Row(f"{name}/didkit", theirs, UNIT, None, None, cores, True),
        ]
        version = tallies["ssi"].greeting["version"]
    return rows, {
        "didkit": f"{version}, which DIDKit is made of; no release of DIDKit reads these credentials"
    }


def _beside(plan: Plan, work: Work, found: Corpus, cores: int) -> dict[str, Tally]:
    """Measure the service and all sides that can do the same, taking turns."""
    with hall(plan) as workers:
        teams = {
            "service": peers.service(workers, plan, found, cores),
            "signature": peers.signatures(workers, plan, found, cores),
        }
        if plan.rust is not None:
            teams["native-signature"] = peers.native_signatures(workers, plan, found, cores)
        if plan.peer is not None and not work.is_token:
            teams["digitalbazaar"] = peers.digitalbazaar(workers, plan, found, cores, peers.LISTS_KEPT)
            if cores == 1 and work is MAIN_WORK:
                teams[_EACH_TIME] = peers.digitalbazaar(workers, plan, found, cores, peers.AS_IT_COMES)
        few = {_EACH_TIME: _EACH_TIME_ROUNDS} if _EACH_TIME in teams else {}
        return take_turns(teams, plan.batches(len(found.measured), cores), fewer=few)


def _warm(plan: Plan, work: Work, found: Corpus, cores: int, cold: dict[str, Tally]) -> list[Row]:
    """Return the rate at which a service verifies what it has verified before.

    Once remembering the proofs' outcomes, and of the main work once verifying them anew.
    """
    ways = {"warm": _REMEMBERED, "warm-unremembered": 0}
    names = list(ways) if work is MAIN_WORK else ["warm"]
    rounds, rows = plan.batches(len(found.measured), cores), []
    for name in names:
        share = {"times": 2, "settings": {"engine_remembered": ways[name]}}
        with hall(plan) as workers:
            team = {"service": peers.service(workers, plan, found, cores, share)}
            take_turns(team, rounds)
            rate = take_turns(team, rounds)["service"].rate
        ratio = rate / cold["signature"].rate
        rows.append(Row(f"{work.name}/{name}", rate, UNIT, "signature", ratio, cores, False))
    return rows


def _one_process(plan: Plan, found: Corpus, single: Tally) -> Row:
    """Return the rate of one service on all cores, with the engine's threads, instead of one for each."""
    items = [item.for_service() for item in found.measured]
    rounds = plan.batches(len(items), 1)
    with hall(plan) as workers:
        share = {"rounds": parts(items, rounds, 1)[0]}
        team = {"service": [workers.service("verify", share, found, *plan.cores)]}
        tally = take_turns(team, rounds)["service"]
    return _scaling(f"{MAIN_WORK.name}/one-process", tally, single, len(plan.cores))


def _scaling(name: str, several: Tally, single: Tally, cores: int) -> Row:
    return Row(name, several.rate, UNIT, "one-core", several.rate / single.rate, cores, True)


def _rows(work: Work, tallies: dict[str, Tally], cores: int) -> list[Row]:
    ours = tallies["service"].rate
    bare = tallies["signature"].rate
    rows = [
        Row(work.name, ours, UNIT, "signature", ours / bare, cores, True),
        Row(f"{work.name}/bare-signature", bare, "signatures/s", None, None, cores, True),
    ]
    if "native-signature" in tallies:
        native, name = tallies["native-signature"].rate, f"{work.name}/native-signature"
        rows.append(Row(name, ours, UNIT, "signature", ours / native, cores, True))
        rows.append(Row(f"{name}/bare-signature", native, "signatures/s", None, None, cores, True))
    for side, name in (("digitalbazaar", work.name), (_EACH_TIME, f"{work.name}/{_EACH_TIME}")):
        if side in tallies:
            theirs = tallies[side].rate
            rows.append(Row(name, ours, UNIT, "digitalbazaar", ours / theirs, cores, True))
            rows.append(Row(f"{name}/digitalbazaar", theirs, UNIT, None, None, cores, True))
    return rows


def _notes(work: Work, tallies: dict[str, Tally]) -> dict[str, object]:
    notes: dict[str, object] = {
        "engine": tallies["service"].greeting["engine"],
        f"bare {work.name}": tallies["signature"].greeting["library"],
    }
    if "native-signature" in tallies:
        notes[f"native {work.name}"] = tallies["native-signature"].greeting["library"]
    if "digitalbazaar" in tallies:
        versions = tallies["digitalbazaar"].greeting["versions"]
        notes["peer"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    return notes
