"""Status lists kept in memory: how long, and how many bytes; the longest unused goes first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant
from ler_trust.model.limits import MIB
from ler_trust.model.status import ListKey, StatusListEvidence

_OVERHEAD: Final = 1_024  # bytes a kept list costs beside its bits, about


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long and how much is kept; times in microseconds.

    ``skew`` is what an issuer's clock may be off at both ends of a list's validity.
    """

    default_freshness: int = 5 * MINUTE  # when neither the list nor the answer says
    max_freshness: int = 15 * MINUTE  # a revocation is seen after this long, whatever the publisher says
    rest: int = 10 * SECOND  # between attempts that fail, so that a broken list is not asked for each record
    skew: int = 120 * SECOND
    kept_bytes: int = 64 * MIB  # decoded: four thousand lists of usual size
    resting: int = 4_096  # failures remembered at a time
    body_bytes: int = 4 * MIB  # of an answer: 16 million single bits that do not compress make 2.8 MiB
    large_body_bytes: int = 24 * MIB  # of one of the few that need more: 16 MiB that do not compress, as text
    at_once: int = 32  # lists in work: with ``body_bytes`` the memory strangers' lists can take
    large_at_once: int = 2  # of those that need more
    search_at_once: int = (
        16  # of these, for one caller: thousands of lists on slow hosts leave room for others
    )
    search_seconds: float = 15.0  # for all lists of one caller together; one fetch may take ten
    ahead: float = 0.75  # of a list's life: when it is renewed ahead of use, give or take ``jitter``
    jitter: float = 0.15  # so that neither the lists of a batch nor the replicas ask at the same moment
    shortest_life: int = (
        30 * SECOND
    )  # lists that live shorter are asked for when they are used, and only then
    seen: int = 4_096  # lists had ahead of use
    remember: int = DAY  # after their last use
    search_bytes: int = 64 * MIB  # decoded, handed to one caller: his lists are held until he is done


@dataclass(frozen=True, slots=True)
class KeptList:
    """An authenticated list as found.

    ``renew_at`` is when to ask for it again before it is used, ``ahead_at`` when to do so ahead of use.
    """

    evidence: StatusListEvidence
    renew_at: Instant
    ahead_at: Instant

    @property
    def size(self) -> int:
        """Return about how many bytes keeping it takes."""
        return self.evidence.list.weight + _OVERHEAD


class KeptLists:
    """Keeps lists while their decoded size stays below ``max_bytes`` altogether."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lists: OrderedDict[ListKey, KeptList] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        """Return about how many bytes are in use."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._lists)

    def get(self, key: ListKey) -> KeptList | None:
        """Return the list kept for ``key`` and count it as used."""
        found = self._lists.get(key)
        if found is not None:
            self._lists.move_to_end(key)
        return found

    def peek(self, key: ListKey) -> KeptList | None:
        """Return the list kept for ``key`` without counting it as used."""
        return self._lists.get(key)

    def put(self, key: ListKey, kept: KeptList) -> None:
        """Keep a list in place of what was kept for ``key``, dropping others as needed."""
        old = self._lists.pop(key, None)
        self._bytes += kept.size - (old.size if old else 0)
        self._lists[key] = kept
        while self._bytes > self._max_bytes:
            _, dropped = self._lists.popitem(last=False)
            self._bytes -= dropped.size
