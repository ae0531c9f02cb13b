"""Lists that could not be published, left alone for a while so that others have their turn."""

from dataclasses import dataclass
from typing import Final

from ler_trust.contracts import Clock
from ler_trust.model.instant import SECOND, Instant

_FIRST: Final = 1 * SECOND  # most failures are over in a moment: a signer or a database started again
_LONGEST: Final = 30 * SECOND  # well below the time after which an unpublished change is an alarm


@dataclass(slots=True)
class _Rest:
    pause: int
    until: Instant


class Resting:
    """Which lists rest: twice as long with every failure in a row, half a minute at most.

    Whoever reads a list publishes it all the same; only the unasked publication waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests: dict[str, _Rest] = {}
        self._looked_through = clock.now()

    def has(self, list_id: str) -> bool:
        """Return whether a list rests now."""
        rest = self._rests.get(list_id)
        return rest is not None and rest.until - rest.pause <= self._clock.now() < rest.until

    def put(self, list_id: str) -> None:
        """Have a list rest that could not be published."""
        now = self._clock.now()
        last = self._rests.get(list_id)
        pause = _FIRST if last is None else min(2 * last.pause, _LONGEST)
        self._rests[list_id] = _Rest(pause, now + pause)
        self._forget_old(now)

    def _forget_old(self, now: Instant) -> None:
        """Forget, now and then, those that rested and did not fail again."""
        if now < self._looked_through + _LONGEST:
            return
        self._looked_through = now
        self._rests = {list_id: rest for list_id, rest in self._rests.items() if now <= rest.until + _LONGEST}
