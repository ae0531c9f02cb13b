"""What Prometheus is told of requests, beside what is told of records. No issuer or address is a label."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web
from prometheus_client import Counter, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from ler_trust.model.plain import Answer
from ler_trust.observe.metrics import Metrics

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class WebMetrics:
    """Counts requests and the records in them, in the registry of ``metrics``."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=metrics.registry)
        self._requests = Counter(
            "ler_trust_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=metrics.registry,
        )
        self._seconds = Histogram(
            "ler_trust_http_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=metrics.registry,
        )

        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count_request(self, request: web.Request, status: int, seconds: float) -> None:
        """Count a request that was answered; one without a route counts under a route of its own."""
        resource = request.match_info.route.resource
        route = "none" if resource is None else resource.canonical
        method = request.method if resource is not None else "any"  # else a client could make labels up
        key = (method, route, status)  # of which there are as many as routes, methods and statuses
        series = self._series.get(key)
        if series is None:
            series = self._requests.labels(method, route, str(status)), self._seconds.labels(route)
            self._series[key] = series
        count, duration = series
        count.inc()
        duration.observe(seconds)

    def count_answers(self, answers: Iterable[Answer]) -> None:
        """Count the records of one batch."""
        self._metrics.verified([(answer.outcome.value, answer.reason) for answer in answers])

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return self._metrics.exposition()
