"""What is counted and timed, for Prometheus.

No label ever holds a name from outside: issuers, lists and tenants would be without number and tell who
is looked at; codes, checks and outcomes are not and do not.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ler_trust.codes import CODES

_NO_REASON: Final = "none"
_OTHER: Final = "other"
_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60)
_ITEMS: Final = (1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 100_000)


class Metrics:
    """One service's metrics, in a registry of their own: two services in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._verifications = Counter(
            "ler_trust_verifications",
            "Credentials verified, by outcome and by the code that decided.",
            ["outcome", "reason"],
            registry=self.registry,
        )
        self.step_seconds = Histogram(
            "ler_trust_step_seconds",
            "Seconds a step of a batch took.",
            ["step"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._fetches = Counter(
            "ler_trust_fetches",
            "Outbound requests, by how they ended.",
            ["result"],
            registry=self.registry,
        )
        self.cache_lookups = Counter(
            "ler_trust_cache_lookups",
            "Look-ups in a cache of public artefacts.",
            ["cache", "result"],
            registry=self.registry,
        )
        self.batch_items = Histogram(
            "ler_trust_batch_items", "Items in a batch.", buckets=_ITEMS, registry=self.registry
        )
        self.publication_age_seconds = Gauge(
            "ler_trust_publication_age_seconds",
            "Seconds since the status list longest unpublished was published.",
            registry=self.registry,
        )

    def verified(self, outcome: str, reason: str | None) -> None:
        """Count one verification; ``reason`` is the code that decided, if any."""
        self._verifications.labels(outcome, _bounded(reason)).inc()

    def fetched(self, code: str | None) -> None:
        """Count one outbound request that ended with ``code``; ``None`` for one that succeeded."""
        self._fetches.labels(_bounded(code)).inc()

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def _bounded(code: str | None) -> str:
    if code is None:
        return _NO_REASON
    return code if code in CODES else _OTHER
