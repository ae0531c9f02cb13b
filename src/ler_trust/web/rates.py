"""Token buckets: so many units a minute for each client, in bounded memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

_CLIENTS: Final = (
    10_000  # clients remembered; the one not seen for longest is forgotten, its bucket full again
)
_MINUTE: Final = 60.0


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class RateLimit:
    """Grants each client ``per_minute`` units a minute, at most that many at once."""

    def __init__(self, per_minute: int, seconds: Callable[[], float] = monotonic) -> None:
        self._capacity = float(per_minute)
        self._refill = per_minute / _MINUTE
        self._seconds = seconds
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str, units: int = 1) -> float:
        """Take ``units`` and return 0, or take none and return the seconds until there will be enough.

        More than the capacity is granted from a full bucket, which then stays empty for as long as that
        many units take.
        """
        bucket = self._bucket(client)
        missing = min(float(units), self._capacity) - bucket.level
        if missing > 0:
            return missing / self._refill
        bucket.level -= units
        return 0.0

    async def wait(self, client: str, units: int) -> None:
        """Take ``units`` as soon as there are enough."""
        delay = self.take(client, units)
        while delay:
            await asyncio.sleep(delay)
            delay = self.take(client, units)

    def _bucket(self, client: str) -> _Bucket:
        now = self._seconds()
        bucket = self._buckets.setdefault(client, _Bucket(self._capacity, now))
        bucket.level = min(self._capacity, bucket.level + (now - bucket.at) * self._refill)
        bucket.at = now
        self._buckets.move_to_end(client)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        return bucket
