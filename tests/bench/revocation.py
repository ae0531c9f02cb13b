"""Revocations a second, one durable before the next, beside the same commits made by hand."""

from tests.bench.corpus import corpus
from tests.bench.plan import Plan, hall, parts
from tests.bench.processes import Worker, take_turns
from tests.bench.results import Row
from tests.bench.verification import MAIN_WORK


def measure(plan: Plan) -> list[Row]:
    """Return the rate of single revocations; both sides write to the same database file, in turns."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    (rounds,) = parts(range(plan.revocations), plan.rounds, 1)
    with hall(plan) as workers:
        share = {"rounds": [list(ordinals) for ordinals in rounds], "data": str(workers.directory)}

        def side(by_hand: bool) -> list[Worker]:
            return [workers.service("revocation", share | {"by_hand": by_hand}, found, plan.cores[0])]

        tallies = take_turns({"publisher": side(False), "by-hand": side(True)}, plan.rounds)
    ours, by_hand = tallies["publisher"].rate, tallies["by-hand"].rate
    return [
        Row("revocation", ours, "revocations/s", "hand-commit", ours / by_hand, 1, False),
        Row("revocation/by-hand", by_hand, "revocations/s", None, None, 1, False),
    ]
