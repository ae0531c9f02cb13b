"""A status list asked for by those who have it already, beside a route that does nothing."""

from tests.bench import machine
from tests.bench.corpus import corpus
from tests.bench.load import get, seconds_for
from tests.bench.plan import Plan, hall
from tests.bench.processes import START_SECONDS
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK


def measure(plan: Plan) -> list[Row]:
    """Return the rate of 304 answers, and that of a bare 204 route in the same process."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    with hall(plan) as workers, machine.on_core(plan.cores[-1]):
        told = workers.service("server", {}, found, plan.cores[0]).hear(START_SECONDS)
        asked = get(told["list"], If_None_Match=told["etag"])
        times = plan.requests // plan.rounds
        seconds = {"list": 0.0, "empty": 0.0}
        for _ in range(plan.rounds):
            seconds["list"] += seconds_for(told["port"], asked, 304, times)
            seconds["empty"] += seconds_for(told["empty_port"], get("/empty"), 204, times)
    rates = {name: plan.rounds * times / spent for name, spent in seconds.items()}
    return [
        Row("list-get", rates["list"], "requests/s", "empty-route", rates["list"] / rates["empty"], 1, False),
        Row("list-get/empty-route", rates["empty"], "requests/s", None, None, 1, False),
    ]
