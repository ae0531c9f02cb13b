"""One gate a host: how many requests may be inside at once, and a circuit breaker for hosts that fail."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from ler_trust.contracts import Clock
from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND, Instant
from ler_trust.net.policy import OutboundPolicy

_MOST_HOSTS: Final = 4096  # remembered at once; a batch names some hundreds
# What counts against a host. An answer does not, whatever its status: else a stranger who finds one address
# there that answers 500 could keep the issuer's documents from being checked.
_HOST_FAILURES: Final = frozenset({"fetch.unreachable", "fetch.timeout"})


@dataclass(slots=True)
class _Gate:
    slots: asyncio.Semaphore
    users: int = 0
    failures: int = 0
    closed_until: Instant = 0


class HostGates:
    """Lets requests through by host; a host that failed several times in a row is closed for a while.

    After that while a single request is let through as a trial; its success opens the gate, its
    failure closes it again.
    """

    def __init__(self, policy: OutboundPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._all = asyncio.Semaphore(policy.total_concurrency)
        self._gates: OrderedDict[str, _Gate] = OrderedDict()

    @asynccontextmanager
    async def enter(self, authority: str, deadline: float) -> AsyncIterator[None]:
        """Hold a place for one request to ``authority``, waiting for it until ``deadline`` (event loop time).

        The block's own ``Undecided`` counts against the host when it could not be reached or did not answer
        in time; any other end clears the count, except cancellation, which says nothing. Raises
        ``Undecided('fetch.busy')`` when the gate is closed or no place came free.
        """
        gate = self._gates.setdefault(authority, _Gate(asyncio.Semaphore(self._policy.host_concurrency)))
        gate.users += 1
        try:
            async with AsyncExitStack() as places:
                await self._wait(places, gate, deadline)
                self._admit(gate, authority)
                try:
                    yield
                except Undecided as finding:
                    self._note(gate, failed=finding.code.name in _HOST_FAILURES)
                    raise
                self._note(gate, failed=False)
        finally:
            gate.users -= 1
            self._forget(authority, gate)

    async def _wait(self, places: AsyncExitStack, gate: _Gate, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await places.enter_async_context(gate.slots)
                await places.enter_async_context(self._all)
        except TimeoutError:
            raise Undecided(
                "fetch.busy", "too many requests were under way until the deadline", retryable=True
            ) from None

    def _admit(self, gate: _Gate, authority: str) -> None:
        if gate.failures < self._policy.breaker_failures:
            return
        now = self._clock.now()
        if now < gate.closed_until:
            raise Undecided(
                "fetch.busy", f"{authority} failed {gate.failures} times in a row", retryable=True
            )
        self._close(gate, now)  # for all but this trial

    def _note(self, gate: _Gate, *, failed: bool) -> None:
        gate.failures = gate.failures + 1 if failed else 0
        if gate.failures >= self._policy.breaker_failures:
            self._close(gate, self._clock.now())

    def _close(self, gate: _Gate, now: Instant) -> None:
        gate.closed_until = now + round(self._policy.breaker_seconds * SECOND)

    def _forget(self, authority: str, gate: _Gate) -> None:
        """Drop what need not be remembered, and of idle failing hosts the oldest when there are too many."""
        if gate.users == 0 and gate.failures == 0:
            self._gates.pop(authority, None)
        while len(self._gates) > _MOST_HOSTS:
            idle = next((name for name, other in self._gates.items() if other.users == 0), None)
            if idle is None:
                return
            del self._gates[idle]
