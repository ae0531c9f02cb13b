"""What Prometheus is told of requests, beside what is told of records. No issuer or address is a label."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ler_trust.model.plain import Answer
from ler_trust.observe.metrics import Metrics

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BOUNDS: Final = (*map(floatToGoString, _SECONDS), "+Inf")


class WebMetrics:
    """Counts requests and the records in them, in the registry of ``metrics``."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=metrics.registry)
        self._requests = _Requests()
        metrics.registry.register(self._requests)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.count(method, route, status, seconds)

    def count_answers(self, answers: Iterable[Answer]) -> None:
        """Count the records of one batch."""
        self._metrics.verified([(answer.outcome.value, answer.reason) for answer in answers])

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return self._metrics.exposition()


class _Requests(Collector):
    """Requests by method, route and status, and how long they took by route: as many as there are of these.

    Counted on the event loop alone, and so without the locks that the library's own counters take, which for
    the shortest answers are a noticeable part of the work.
    """

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str, int], int] = {}
        self._taken: dict[str, _Times] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        self._answered[key] = self._answered.get(key, 0) + 1
        times = self._taken.get(route)
        if times is None:
            times = self._taken[route] = _Times()
        times.total += seconds
        times.below[bisect_left(_SECONDS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """Give what was counted, in the form Prometheus' library writes out."""
        requests = CounterMetricFamily(
            "ler_trust_http_requests", "HTTP requests answered.", labels=("method", "route", "status")
        )
        for (method, route, status), number in self._answered.items():
            requests.add_metric((method, route, str(status)), number)
        yield requests
        durations = HistogramMetricFamily(
            "ler_trust_http_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            labels=("route",),
        )
        for route, times in self._taken.items():
            counts = list(zip(_BOUNDS, accumulate(times.below), strict=True))
            durations.add_metric((route,), counts, times.total)
        yield durations


class _Times:
    """How many requests took up to each of ``_SECONDS``, or longer, and all of them together."""

    __slots__ = ("below", "total")

    def __init__(self) -> None:
        self.below = [0] * (len(_SECONDS) + 1)
        self.total = 0.0
