"""Lists had ahead of use: renewed before they are old, at times that have nothing to do with who is checked.

A publisher whose list is asked for when a record is checked learns that somebody checks one of its records
just then. One that is asked every few minutes, for all the lists it keeps, learns nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from ler_trust.contracts import Clock, Fetcher
from ler_trust.errors import Undecided
from ler_trust.in_time import each_in_time
from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.status import ListKey
from ler_trust.status import aggregation
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.status.seen import SeenLists

LOOK_SECONDS: Final = 5.0  # between two looks at what is due; lists live minutes
_LOOK: Final = round(2 * LOOK_SECONDS * SECOND)  # to the look after the next: a fetch takes time too


class ListsAhead:
    """Renews the lists that ``client`` was asked for lately, and has their publishers' other lists too."""

    def __init__(
        self, client: StatusListClient, fetcher: Fetcher, clock: Clock, keeping: Keeping | None = None
    ) -> None:
        self._client = client
        self._fetcher = fetcher
        self._clock = clock
        self._keeping = keeping = keeping or Keeping()
        self._read = SeenLists(keeping.remember, keeping.seen)
        self._named = SeenLists(keeping.remember, keeping.seen)

    async def renew_due(self) -> None:
        """Renew what is due now; ends when all of it is had or has failed, within bounds of time."""
        now = self._clock.now()
        seen = self._client.seen.lately(now)
        await self._each(self._aggregations(seen, now), self._read_aggregation)
        named = self._named.lately(now)
        due = [key for key in dict.fromkeys([*seen, *named]) if self._is_due(key, now)]
        await self._each([*due, *filter(self._is_wanted, named)], self._renew)

    async def _each(self, keys: list[ListKey], work: Callable[[ListKey], Awaitable[None]]) -> None:
        keeping = self._keeping
        await each_in_time(keys, work, at_once=keeping.search_at_once, seconds=keeping.search_seconds)

    def _is_due(self, key: ListKey, now: Instant) -> bool:
        kept = self._client.kept(key)
        if kept is None or self._client.is_resting(key):
            return False
        lives_long = kept.renew_at - kept.evidence.fetched_at >= self._keeping.shortest_life
        # At the next look it would be old, and a check before that would have it asked for.
        is_last_look = kept.renew_at <= now + _LOOK
        return lives_long and (is_last_look or kept.ahead_at <= now)

    def _is_wanted(self, key: ListKey) -> bool:
        """Return whether a list that only its publisher has named is to be had: not at the cost of others."""
        is_new = self._client.kept(key) is None and not self._client.is_resting(key)
        return is_new and self._client.kept_bytes < self._keeping.kept_bytes // 2

    async def _renew(self, key: ListKey) -> None:
        await self._client.renew(key)

    def _aggregations(self, seen: list[ListKey], now: Instant) -> list[ListKey]:
        """Return the documents, not read lately, that lists in hand name; each with the kind of its lists."""
        kept = ((key, self._client.kept(key)) for key in seen)
        found = {
            (one.evidence.list.aggregation, key[1])
            for key, one in kept
            if one is not None and one.evidence.list.aggregation is not None
        }
        return sorted(found.difference(self._read.lately(now)))

    async def _read_aggregation(self, key: ListKey) -> None:
        """Note the lists that a publisher names; one that does not say is not asked again for a day."""
        address, kind = key
        now = self._clock.now()
        self._read.note(key, now)
        try:
            fetched = await self._fetcher.fetch(aggregation.request_for(address))
        except Undecided:
            return
        for url in aggregation.read_lists(address, fetched.body):
            self._named.note((url, kind), now)
