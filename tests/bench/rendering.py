"""A large list made in each of its forms: rendered, signed, and read back as the service reads it back."""

from typing import Final

from tests.bench.corpus import corpus
from tests.bench.plan import Plan, hall
from tests.bench.processes import ROUND_SECONDS
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK

_TIMES: Final = 5


def measure(plan: Plan) -> list[Row]:
    """Return the milliseconds that each form takes."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    with hall(plan) as workers:
        share = {"entries": plan.entries, "times": _TIMES}
        worker = workers.service("rendering", share, found, plan.cores[0])
        forms = worker.meet()["forms"]
        seconds = dict.fromkeys(forms, 0.0)
        for form in forms * _TIMES:
            worker.begin()
            seconds[form] += worker.hear(ROUND_SECONDS)["seconds"]
    return [
        Row(f"list-rendering/{form}", 1_000 * spent / _TIMES, "ms", None, None, 1, False)
        for form, spent in seconds.items()
    ]
