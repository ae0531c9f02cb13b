"""The documents and failures in hand, least recently used first out, bounded in number and bytes."""

from collections import OrderedDict
from dataclasses import dataclass

from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument
from ler_trust.model.instant import Instant


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one identifier.

    ``answer`` counts until ``fresh_until``. ``last_fetch`` is when it was last fetched, ``refresh_failure``
    what became of that when it was a refresh that failed and left a document in place. ``size`` is in bytes.
    """

    answer: DidDocument | Failure
    fresh_until: Instant
    last_fetch: Instant
    size: int
    refresh_failure: Failure | None = None


class DocumentCache:
    """A least-recently-used map of identifier to entry; never more than ``max_entries`` or ``max_bytes``."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: Instant) -> Entry | None:
        """Return the entry of ``key`` if it is still fresh at ``now``, and count it as used."""
        entry = self._entries.get(key)
        if entry is None or now >= entry.fresh_until:
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep ``entry``, dropping the least recently used ones that there is no room for."""
        self._drop(key)
        self._entries[key] = entry
        self._bytes += entry.size
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        self._bytes -= entry.size if entry is not None else 0
