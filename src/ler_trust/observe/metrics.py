"""What is counted and timed, for Prometheus.

No label ever holds a name from outside: issuers, lists and tenants would be without number and tell who
is looked at; codes, checks and outcomes are not and do not.
"""

import collections
from collections.abc import Collection
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ler_trust.codes import CODES
from ler_trust.model.instant import SECOND, Instant

_NO_REASON: Final = "none"
_OTHER: Final = "other"
_INTERNAL: Final = "request.internal"
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
        self._fetches = Counter(
            "ler_trust_fetches",
            "Outbound requests, by how they ended.",
            ["result"],
            registry=self.registry,
        )
        self._batch_items = Histogram(
            "ler_trust_batch_items", "Items in a batch.", buckets=_ITEMS, registry=self.registry
        )

        self._publication_age = Gauge(
            "ler_trust_list_publication_age_seconds",
            "Seconds that the oldest change which is not in a published list has been in effect.",
            registry=self.registry,
        )
        self._background_failures = Counter(
            "ler_trust_background_failures",
            "Turns of background work that failed, by work and by code; internal for what nobody foresaw.",
            ["work", "code"],
            registry=self.registry,
        )
        self._background_failing = Gauge(
            "ler_trust_background_failing",
            "1 for background work whose last turn failed unforeseen, else 0.",
            ["work"],
            registry=self.registry,
        )
        self._background_turn = Gauge(
            "ler_trust_background_last_turn_timestamp_seconds",
            "When the last turn of background work ended, however it ended.",
            ["work"],
            registry=self.registry,
        )
        self._signatures = Counter(
            "ler_trust_signer_exchanges",
            "Exchanges with signers that hold keys for this service, by how they ended.",
            ["result"],
            registry=self.registry,
        )
        self._awaiting = Gauge(
            "ler_trust_lists_awaiting_signature",
            "Lists that wait to be signed by issuers that sign themselves.",
            registry=self.registry,
        )
        self._awaiting_age = Gauge(
            "ler_trust_list_signature_age_seconds",
            "Seconds that the list which has waited longest for its issuer's signature has.",
            registry=self.registry,
        )

    def signed(self, code: str | None) -> None:
        """Count one exchange with a signer that ended with ``code``; ``None`` for one that succeeded."""
        self._signatures.labels(_bounded(code)).inc()

    def background_turned(self, work: str, at: Instant) -> None:
        """Note that a turn of background work has ended."""
        self._background_turn.labels(work).set(at / SECOND)

    def background_failed(self, work: str, code: str | None) -> None:
        """Count a turn of background work that failed with ``code``, ``None`` for what nobody foresaw."""
        self._background_failures.labels(work, _INTERNAL if code is None else _bounded(code)).inc()

    def background_fails(self, work: str, *, fails: bool) -> None:
        """Note whether the last turn of background work failed unforeseen."""
        self._background_failing.labels(work).set(fails)

    def awaited_signatures(self, lists: int, seconds: float) -> None:
        """Note how many lists wait for their issuers' signatures, and how long the longest has."""
        self._awaiting.set(lists)
        self._awaiting_age.set(seconds)

    def publication_age(self, seconds: float) -> None:
        """Note how long the oldest change that is not published has been in effect, 0 without one."""
        self._publication_age.set(seconds)

    def verified(self, results: Collection[tuple[str, str | None]]) -> None:
        """Count one batch: for each record its outcome and the code that decided, if any."""
        self._batch_items.observe(len(results))
        for (outcome, reason), number in collections.Counter(results).items():
            self._verifications.labels(outcome, _bounded(reason)).inc(number)

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
