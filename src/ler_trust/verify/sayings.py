"""What was said of cells before, for as long as nothing that it rests on has changed.

Batches come in windows of some hundred records, again and again from the same issuers. What is kept here is
words about issuers, lists and keys, nothing of any record.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, TypeVar
from weakref import ReferenceType

from ler_trust.contracts import TrustView
from ler_trust.errors import Failure
from ler_trust.model.instant import Instant
from ler_trust.model.plain import ActPart, Part, ProofCell, StatusCell, StatusPart
from ler_trust.model.policy import Policy
from ler_trust.model.status import StatusListEvidence

_STATES: Final = 32  # policies and states of the registries in use at a time
_CELLS: Final = 2_048  # of a kind, for each of those: about a kilobyte a cell

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_Act = tuple[str, tuple[str, ...], str, int | None, int]


@dataclass(slots=True)
class Said:
    """What was said under one policy, by one state of the registries.

    ``proofs`` is by cell and the age of the key's document; ``statuses`` by cell, with the list it was
    said of; ``acts`` by the act and where its two times lie among the issuer's turns.
    """

    proofs: dict[tuple[ProofCell, Instant | None], Part] = field(default_factory=dict)
    statuses: dict[StatusCell, tuple[ReferenceType[StatusListEvidence], StatusPart]] = field(
        default_factory=dict
    )
    acts: dict[_Act, ActPart] = field(default_factory=dict)


class Sayings:
    """Keeps what was said, bounded in number; the state of the registries used longest ago goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Policy, Hashable], Said] = OrderedDict()

    def under(self, policy: Policy, trust: TrustView | Failure) -> Said:
        """Return what was said under ``policy`` while the registries stood as they do."""
        key = policy, trust if isinstance(trust, Failure) else trust.state
        said = self._kept.pop(key, None) or Said()
        self._kept[key] = said
        if len(self._kept) > _STATES:
            self._kept.popitem(last=False)
        return said


def recall(memory: dict[_Key, _Value], key: _Key, say: Callable[[], _Value]) -> _Value:
    """Return what ``memory`` has for ``key``, else what ``say`` says, and keep that."""
    found = memory.get(key)
    if found is None:
        found = say()
        keep(memory, key, found)
    return found


def keep(memory: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Keep ``value``; a memory that is full is emptied first."""
    if len(memory) >= _CELLS:
        memory.clear()
    memory[key] = value
