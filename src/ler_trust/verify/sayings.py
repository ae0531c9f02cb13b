"""What was said of cells before, for as long as nothing that it rests on has changed.

Batches come in windows of some hundred records, again and again from the same issuers. What is kept here is
words about issuers, lists and keys, nothing of any record.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Generic, TypeVar
from weakref import ReferenceType

from ler_trust.contracts import TrustView
from ler_trust.errors import Failure
from ler_trust.model.instant import Instant
from ler_trust.model.limits import MIB
from ler_trust.model.plain import ActPart, Part, ProofCell, StatusCell, StatusPart
from ler_trust.model.policy import Policy
from ler_trust.model.status import ListKey, StatusListEvidence

_STATES: Final = 16  # policies and states of the registries in use at a time
_ROOM: Final = 2 * MIB  # for words of each kind, for each of those: some two thousand cells
_MOST_TEXT: Final = 4_096  # bytes of a cell; strangers write longer types and purposes
_PART: Final = 64  # bytes that each part of a cell takes beside its characters, about

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Act = tuple[str, tuple[str, ...], str, int | None, int]


class Memory(Generic[_Key, _Value]):
    """What was said by cell, while there is room for it; a memory that is full is emptied first."""

    __slots__ = ("_kept", "_room")

    def __init__(self) -> None:
        self._kept: dict[_Key, _Value] = {}
        self._room = _ROOM

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: _Key) -> _Value | None:
        """Return what was said of ``key``."""
        return self._kept.get(key)

    def keep(self, key: _Key, value: _Value, size: int) -> None:
        """Keep ``value``, which takes ``size`` bytes, unless its key is unusually long."""
        text = _size(key)
        if text > _MOST_TEXT:
            return
        self._room -= text + size
        if self._room < 0:
            self._kept.clear()
            self._room = _ROOM - text - size
        self._kept[key] = value

    def recall(self, key: _Key, say: Callable[[], _Value], size: Callable[[_Value], int]) -> _Value:
        """Return what was said of ``key``, else what ``say`` says, and keep that."""
        found = self._kept.get(key)
        if found is None:
            found = say()
            self.keep(key, found, size(found))
        return found


@dataclass(slots=True)
class Said:
    """What was said under one policy, by one state of the registries.

    ``proofs`` is by cell and the age of the key's document; ``statuses`` by cell, with the list it was
    said of; ``acts`` by the act and where its two times lie among the issuer's turns.
    """

    proofs: Memory[tuple[ProofCell, Instant | None], Part] = field(default_factory=Memory)
    statuses: Memory[StatusCell, tuple[ReferenceType[StatusListEvidence], StatusPart]] = field(
        default_factory=Memory
    )
    acts: Memory[_Act, ActPart] = field(default_factory=Memory)


class Sayings:
    """Keeps what was said, bounded in size; the state of the registries used longest ago goes first.

    ``lists`` is which lists a status entry needs, whatever is said of it.
    """

    def __init__(self) -> None:
        self.lists: Memory[StatusCell, frozenset[ListKey]] = Memory()
        self._kept: OrderedDict[tuple[Policy, Hashable], Said] = OrderedDict()
        # Comparing keys runs Python code, and another thread can have its turn in it.
        self._lock = Lock()

    def under(self, policy: Policy, trust: TrustView | Failure) -> Said:
        """Return what was said under ``policy`` while the registries stood as they do; for any thread."""
        key = policy, trust if isinstance(trust, Failure) else trust.state
        with self._lock:
            said = self._kept.pop(key, None) or Said()
            self._kept[key] = said
            if len(self._kept) > _STATES:
                self._kept.popitem(last=False)
            return said


def _size(key: Hashable) -> int:
    """Return about how many bytes ``key`` takes."""
    if isinstance(key, tuple):
        return sum(_size(part) for part in key)
    return _PART + (len(key) if isinstance(key, str) else 0)
