"""Published lists at hand: a popular list costs the store one look in a while, not one a reader."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ler_trust.model.instant import Instant
from ler_trust.model.limits import MIB
from ler_trust.model.records import PublishedList

MAX_BYTES: Final = 16 * MIB  # of published credentials; one of usual size and few entries set has 1 kB
_OVERHEAD: Final = 512  # bytes an entry takes beside the credential, about
_COUNTS: Final = 1_024  # of what was forgotten: lists that share one only ask the store once more


@dataclass(frozen=True, slots=True)
class _Shown:
    published: PublishedList
    asked_at: Instant
    until: Instant  # when it must be asked for again, whatever else happens

    @property
    def size(self) -> int:
        return len(self.published.body) + _OVERHEAD


def half_over(published: PublishedList) -> Instant:
    """Return when a list is to be published anew although nothing has changed: half-way through its life."""
    return (published.published_at + published.valid_until + 1) // 2


class ShownLists:
    """Remembers what was published, for ``look_again`` microseconds after the store was asked.

    A list is never shown without a change that this process has acknowledged, nor past the time to
    renew it, which ``renewed_at`` tells.
    """

    def __init__(
        self,
        look_again: int,
        max_bytes: int = MAX_BYTES,
        renewed_at: Callable[[PublishedList], Instant] = half_over,
    ) -> None:
        self._look_again = look_again
        self._max_bytes = max_bytes
        self._renewed_at = renewed_at
        self._forgotten = [0] * _COUNTS
        self._lists: OrderedDict[str, _Shown] = OrderedDict()
        self._bytes = 0
        self._acknowledged: dict[str, int] = {}

    def __contains__(self, list_id: str) -> bool:
        """Return whether the list was shown lately, be it no longer as it is."""
        return list_id in self._lists

    def get(self, list_id: str, now: Instant) -> PublishedList | None:
        """Return what can be shown without asking the store again."""
        shown = self._lists.get(list_id)
        if shown is None or not shown.asked_at <= now < shown.until:
            return None
        if shown.published.sequence < self._acknowledged.get(list_id, 0):
            return None
        self._lists.move_to_end(list_id)
        return shown.published

    def forgotten(self, list_id: str) -> int:
        """Return a count to note before the store is asked: it is another once the list was forgotten."""
        return self._forgotten[hash(list_id) % _COUNTS]

    def put(self, published: PublishedList, asked_at: Instant, forgotten: int) -> None:
        """Remember what the store had when it was asked at ``asked_at``.

        Nothing is remembered if the list was forgotten since the count ``forgotten`` was noted: the store may
        have been asked before the change that it was forgotten for.
        """
        if forgotten != self.forgotten(published.list_id):
            return
        self._drop(published.list_id)
        until = min(asked_at + self._look_again, self._renewed_at(published))
        if published.next_due is not None:
            until = min(until, published.next_due)
        shown = _Shown(published, asked_at, until)
        self._lists[published.list_id] = shown
        self._bytes += shown.size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._lists)))

    def acknowledge(self, list_id: str, sequence: int) -> None:
        """Note that this process is about to tell a caller that change ``sequence`` is made."""
        self._acknowledged[list_id] = max(sequence, self._acknowledged.get(list_id, 0))

    def forget(self, list_id: str) -> None:
        """Have the store asked again before the list is shown, also by whoever is asking it now."""
        self._forgotten[hash(list_id) % _COUNTS] += 1
        self._drop(list_id)

    def _drop(self, list_id: str) -> None:
        dropped = self._lists.pop(list_id, None)
        if dropped is not None:
            self._bytes -= dropped.size
