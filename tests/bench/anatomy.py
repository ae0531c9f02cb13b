"""Where the time of one credential goes: by its size, and by what is done to it."""

from importlib.util import find_spec
from typing import Final

from tests.bench.corpus import corpus, corpus_of_size
from tests.bench.plan import Plan, hall
from tests.bench.processes import Worker, take_turns
from tests.bench.results import Row
from tests.bench.verification import UNIT
from tests.bench.works import MAIN_WORK, Fate, Item

_MICROSECONDS: Final = 1e6
_TAKEN_APART: Final = 4_000  # credentials, where one takes microseconds
_REFERENCE: Final = 1_000  # and where one takes milliseconds
_SECONDS: Final = 300.0


def sizes(plan: Plan) -> list[Row]:
    """Return the rate by size of the credential, in RDF statements of what is signed, and each one's cost.

    The credentials are new; their issuers, lists and contexts are known from others, so that few large
    credentials compare with many small ones.
    """
    rows = []
    for alignments, count in plan.sizes:
        found = corpus_of_size(MAIN_WORK, alignments, count, plan.corpora)
        rounds = [[item.for_service() for item in items] for items in (found.warm_up, found.measured)]
        with hall(plan) as workers:
            team = {"service": [workers.service("verify", {"rounds": rounds}, found, plan.cores[0])]}
            take_turns(team, 1)
            rate = take_turns(team, 1)["service"].rate
        quads = found.statements()
        name = f"{MAIN_WORK.name}/quads-{quads}"
        rows.append(Row(name, rate, UNIT, None, None, 1, False))
        rows.append(Row(f"{name}/per-quad", _MICROSECONDS / rate / quads, "µs", None, None, 1, False))
    return rows


def phases(plan: Plan) -> list[Row]:
    """Return where one credential's time goes, in the native engine (where it is built) and the reference."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    good = [_taken_apart(item) for item in found.measured if item.fate is Fate.VALID]
    apart, others = good[:_TAKEN_APART], good[_TAKEN_APART:]
    known = [item["content"] for item in others] + [item.content for item in found.warm_up]
    rows = []
    with hall(plan) as workers:
        if find_spec("ler_trust._native"):
            share = {"items": apart, "known": known}
            rows += _phase_rows(MAIN_WORK.name, workers.service("native_phases", share, found, plan.cores[0]))
        few = {"items": apart[:_REFERENCE]}
        rows += _phase_rows(f"{MAIN_WORK.name}/reference", workers.python("phases", few, plan.cores[0]))
    return rows


def _taken_apart(item: Item) -> dict[str, object]:
    return item.bare() | {"content": item.content}


def _phase_rows(name: str, worker: Worker) -> list[Row]:
    told = worker.hear(_SECONDS)["microseconds"]
    return [Row(f"{name}/phase-{phase}", value, "µs", None, None, 1, False) for phase, value in told.items()]
