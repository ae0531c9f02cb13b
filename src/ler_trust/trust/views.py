"""The present view of each tenant's registries, kept in memory and brought up to date."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ler_trust.contracts import Clock, RegistryStore
from ler_trust.errors import Failure
from ler_trust.model.instant import DAY, SECOND, Instant, format_instant
from ler_trust.model.statement import Registry, Statement
from ler_trust.trust.view import RegistryView, StatementIndex

CHECK_INTERVAL: Final = 1 * SECOND  # how long another replica's statement may go unseen
SOURCE_MAX_AGE: Final = 1 * DAY  # how old an imported registry may be and still count as asked


@dataclass(slots=True)
class _Kept:
    """What is known of a tenant's registries, and when the store was last asked."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    checked_at: Instant | None = None
    registries: Sequence[Registry] = ()
    statements: tuple[Statement, ...] = ()
    index: StatementIndex = field(default_factory=lambda: StatementIndex(()))


class TrustViews:
    """Implements :class:`ler_trust.contracts.TrustSource` over a store.

    The store is asked for its sequence at most every ``check_interval``, and for statements only when
    that has moved. ``source_max_age`` is how long an imported registry counts after its last refresh. Both
    are in microseconds.
    """

    def __init__(
        self,
        store: RegistryStore,
        clock: Clock,
        *,
        check_interval: int = CHECK_INTERVAL,
        source_max_age: int = SOURCE_MAX_AGE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._check_interval = check_interval
        self._source_max_age = source_max_age
        self._tenants: dict[str, _Kept] = {}

    async def view(self, tenant: str) -> RegistryView:
        """Return the view at the latest sequence; raises ``Undecided`` when the store cannot be asked."""
        kept = self._tenants.setdefault(tenant, _Kept())
        now = self._clock.now()
        async with kept.lock:
            if kept.checked_at is None or not 0 <= now - kept.checked_at < self._check_interval:
                await self._update(tenant, kept, now)
        return self._over(kept.index, kept.registries, now)

    async def known_at(self, tenant: str, sequence: int) -> RegistryView:
        """Return the statements as they were known when ``sequence`` was the last: what was answered then."""
        statements = await self._store.statements(tenant)
        index = StatementIndex(each for each in statements if each.sequence <= sequence)
        return self._over(index, await self._store.registries(tenant), self._clock.now())

    async def _versions(self, tenant: str) -> Sequence[Statement]:
        """Return every version the store has this moment, in the order they were recorded."""
        self.forget(tenant)
        await self.view(tenant)
        return self._tenants[tenant].statements

    def forget(self, tenant: str) -> None:
        """Ask the store again at the next view: this process has just changed something."""
        kept = self._tenants.get(tenant)
        if kept is not None:
            kept.checked_at = None

    async def _update(self, tenant: str, kept: _Kept, now: Instant) -> None:
        kept.checked_at = now  # before asking, so that a ``forget`` while waiting is not lost
        try:
            kept.registries = await self._store.registries(tenant)
            if await self._store.sequence(tenant) != kept.index.sequence:
                added = await self._store.statements(tenant, after=kept.index.sequence)
                kept.statements += tuple(added)
                kept.index = StatementIndex(kept.statements)
        except BaseException:
            kept.checked_at = None
            raise

    def _over(self, index: StatementIndex, registries: Sequence[Registry], now: Instant) -> RegistryView:
        return RegistryView.over(index, [self._aged(each, now) for each in registries], now)

    def _aged(self, registry: Registry, now: Instant) -> Registry:
        refreshed = registry.refreshed_at
        if registry.unchecked or registry.source is None or refreshed is None:
            return registry
        if now - refreshed <= self._source_max_age:
            return registry
        detail = f"last read from its source at {format_instant(refreshed)}"
        return replace(
            registry, unchecked=Failure(False, "issuer.registry_unreachable", detail, retryable=True)
        )
