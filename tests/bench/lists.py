"""A status list asked for, by those who have it already and by others, beside a route that does nothing."""

from tests.bench import machine
from tests.bench.corpus import corpus
from tests.bench.load import get, seconds_for
from tests.bench.plan import Plan, hall
from tests.bench.processes import START_SECONDS
from tests.bench.results import Row
from tests.bench.works import MAIN_WORK


def measure(plan: Plan) -> list[Row]:
    """Return the rates of 304 and of 200 answers, and that of a bare 204 route in the same process."""
    found = corpus(MAIN_WORK, plan.count, plan.corpora)
    with hall(plan) as workers, machine.on_core(plan.cores[-1]):
        told = workers.service("server", {}, found, plan.cores[0]).hear(START_SECONDS)
        ways = {
            "list-get": (told["port"], get(told["list"], If_None_Match=told["etag"]), 304),
            "list-get/whole": (told["port"], get(told["list"]), 200),
            "list-get/empty-route": (told["empty_port"], get("/empty"), 204),
        }
        times, seconds = plan.requests // plan.rounds, dict.fromkeys(ways, 0.0)
        for _ in range(plan.rounds):
            for name, way in ways.items():
                seconds[name] += seconds_for(*way, times)
    rates = {name: plan.rounds * times / spent for name, spent in seconds.items()}
    empty = rates.pop("list-get/empty-route")
    unit, against = "requests/s", "empty-route"
    return [
        *(Row(name, rate, unit, against, rate / empty, 1, False) for name, rate in rates.items()),
        Row("list-get/empty-route", empty, unit, None, None, 1, False),
    ]
