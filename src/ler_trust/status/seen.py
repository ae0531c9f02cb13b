"""Which lists were asked for lately, and when each was asked for last."""

from collections import OrderedDict

from ler_trust.model.instant import Instant
from ler_trust.model.status import ListKey


class SeenLists:
    """Remembers lists for ``remember`` (microseconds) after they were last asked for, ``most`` of them."""

    def __init__(self, remember: int, most: int) -> None:
        self._remember = remember
        self._most = most
        self._seen: OrderedDict[ListKey, Instant] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, key: ListKey, now: Instant) -> None:
        """Remember that ``key`` was asked for at ``now``."""
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def lately(self, now: Instant) -> list[ListKey]:
        """Return what was asked for lately; what was not is forgotten."""
        while self._seen:
            key, asked = next(iter(self._seen.items()))
            if asked + self._remember > now:
                break
            del self._seen[key]
        return list(self._seen)
