"""Finds status lists and keeps them as long as they may be.

A list is a credential and gets no more trust than one: it counts only when every proof on it holds and its
own validity period is running. The status of the list credential itself is not followed, so lists that name
each other, or themselves, end here.

What was asked for lately is remembered, for :mod:`ler_trust.status.ahead`.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from random import random
from typing import Final

from ler_trust.contracts import Clock, Fetcher, StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.in_time import each_in_time
from ler_trust.model.instant import Instant, format_instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.status import ListKey, StatusListEvidence
from ler_trust.status.flight import SingleFlight
from ler_trust.status.kept import Keeping, KeptList, KeptLists
from ler_trust.status.obtain import ListObtainer
from ler_trust.status.seen import SeenLists
from ler_trust.status.shared import SharedLists
from ler_trust.status.vouch import Authenticate, FindKeys, no_keys

_LATE: Final = Failure(
    False, "status.list_unreachable", "the lists of this batch could not all be had in time", retryable=True
)
_TOO_MUCH: Final = Failure(
    False, "status.list_unreachable", "the lists of this batch are too large altogether", retryable=True
)


@dataclass(slots=True)
class Counters:
    """What the client did since it began: found without asking, asked for, not had."""

    hits: int = 0
    fetches: int = 0
    failures: int = 0


class StatusListClient:
    """Keeps the promises of ``contracts.StatusListSource``; :class:`ListObtainer` says what it is given.

    A list that was had before and cannot be renewed is given again, marked ``stale``, until its own end;
    whether it counts then is for the caller's policy. One that came back worse is a failure. ``seen`` are the
    lists asked for lately.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        authenticate: Authenticate,
        formats: Mapping[str, StatusFormat],
        clock: Clock,
        keeping: Keeping | None = None,
        limits: Limits = DEFAULT_LIMITS,
        *,
        keys: FindKeys = no_keys,
        shared: SharedLists | None = None,
        chance: Callable[[], float] = random,
    ) -> None:
        self._keeping = keeping = keeping or Keeping()
        self._obtainer = ListObtainer(
            fetcher, authenticate, formats, clock, keeping, limits, keys, shared, chance
        )
        self._clock = clock
        self._kept = KeptLists(keeping.kept_bytes)
        self.seen = SeenLists(keeping.remember, keeping.seen)
        self._resting: OrderedDict[ListKey, tuple[Instant, Failure]] = OrderedDict()
        self._flights: SingleFlight[ListKey, KeptList | Failure] = SingleFlight()
        self.counters = Counters()

    @property
    def kept_bytes(self) -> int:
        """Return about how many bytes the lists kept take."""
        return self._kept.size

    async def find(
        self, lists: Collection[ListKey], now: Instant
    ) -> Mapping[ListKey, StatusListEvidence | Failure]:
        """Return evidence or a failure for each list, within the bounds that :class:`Keeping` sets a search.

        ``now`` is the time at which the lists must be valid; how long they are kept follows the clock.
        """
        keeping, room = self._keeping, self._keeping.search_bytes
        self._note(lists, now)
        at_hand: dict[ListKey, StatusListEvidence | Failure] = {}
        for key in lists:
            kept = self._fresh(key)
            if kept is not None and room > 0:
                at_hand[key] = self._valid_at(now, kept)
                room -= kept.evidence.list.weight
        missing = [key for key in lists if key not in at_hand]
        if not missing:
            return at_hand

        async def one(key: ListKey) -> StatusListEvidence | Failure:
            nonlocal room
            if room <= 0:
                return _TOO_MUCH
            found = await self._find(key, now)
            room -= found.list.weight if isinstance(found, StatusListEvidence) else 0
            return found

        found = await each_in_time(
            missing, one, at_once=keeping.search_at_once, seconds=keeping.search_seconds
        )
        return at_hand | {key: found.get(key, _LATE) for key in missing}

    def kept(self, key: ListKey) -> KeptList | None:
        """Return the list in hand for ``key``, however old, without counting it as used."""
        return self._kept.peek(key)

    def is_resting(self, key: ListKey) -> bool:
        """Return whether the list could not be had just before, and is left alone for a while."""
        return self._recent_failure(key) is not None

    async def renew(self, key: ListKey) -> KeptList | Failure:
        """Return the list fetched now, together with whoever else waits for it."""
        return await self._flights.join(key, lambda: self._renew(key))

    async def close(self) -> None:
        """Give up what is being fetched."""
        await self._flights.close()

    def _note(self, lists: Collection[ListKey], now: Instant) -> None:
        """Remember lists that were asked for, except those of a past time, which nobody asks for again."""
        clock = self._clock.now()
        if now >= clock - self._keeping.skew:
            for key in lists:
                self.seen.note(key, clock)

    async def _find(self, key: ListKey, now: Instant) -> StatusListEvidence | Failure:
        fresh = self._fresh(key)
        if fresh is not None:
            return self._valid_at(now, fresh)
        kept = self._kept.get(key)
        found = self._recent_failure(key) or await self.renew(key)
        if isinstance(found, KeptList):
            return self._valid_at(now, found)
        return self._instead(kept, found, now)

    def _fresh(self, key: ListKey) -> KeptList | None:
        """Return the list in hand that need not be renewed yet."""
        kept = self._kept.get(key)
        if kept is None or self._clock.now() >= kept.renew_at:
            return None
        self.counters.hits += 1
        return kept

    def _valid_at(self, now: Instant, kept: KeptList) -> StatusListEvidence | Failure:
        """Judge the list's own validity period, which the issuer's clock may be off by some."""
        first, last = kept.evidence.valid_from, kept.evidence.usable_until
        if last is not None and now > last + self._keeping.skew:
            return Failure(
                False, "status.list_expired", f"valid until {format_instant(last)}", retryable=True
            )
        if first is not None and now < first - self._keeping.skew:
            return Failure(
                False, "status.list_not_yet_valid", f"valid from {format_instant(first)}", retryable=True
            )
        return kept.evidence

    def _instead(self, kept: KeptList | None, failure: Failure, now: Instant) -> StatusListEvidence | Failure:
        """Return the old copy, marked, if that is all that can be had, else the failure."""
        if kept is None or not (failure.retryable or failure.code == "status.list_unreachable"):
            return failure
        last = kept.evidence.usable_until
        if last is not None and now > last:
            return failure
        return replace(kept.evidence, stale=True)

    async def _renew(self, key: ListKey) -> KeptList | Failure:
        self.counters.fetches += 1
        kept = self._kept.peek(key)
        try:
            new = await self._obtainer.obtain(key, None if kept is None else kept.evidence.fetched_at)
        except Undecided as finding:
            return self._note_failure(key, Failure.of(finding))
        self._resting.pop(key, None)
        self._kept.put(key, new)
        return new

    def _note_failure(self, key: ListKey, failure: Failure) -> Failure:
        self.counters.failures += 1
        self._resting[key] = (self._clock.now() + self._keeping.rest, failure)
        self._resting.move_to_end(key)
        if len(self._resting) > self._keeping.resting:
            self._resting.popitem(last=False)
        return failure

    def _recent_failure(self, key: ListKey) -> Failure | None:
        """Return why the list could not be had just before; it is left alone for a while then."""
        until, failure = self._resting.get(key, (0, None))
        return failure if self._clock.now() < until else None
