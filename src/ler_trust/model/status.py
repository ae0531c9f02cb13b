"""Status lists as decoded, and what an entry in one says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ler_trust.model.instant import Instant

ListKey = tuple[str, str]
"""A list to be found: its URL, and the type of entry it is read for."""


class ListSecuring(StrEnum):
    """How a kind of list is secured, and so what vouches for what it says."""

    CREDENTIAL = "credential"  # a verifiable credential: every proof on it
    TOKEN = "token"  # noqa: S105 - a Status List Token: the signature of its JWT or CWT
    TRANSPORT = "transport"  # nothing in the list itself: TLS to the host that the signed record names


class StatusEffect(StrEnum):
    """What a set status does to the verdict: only revocation and suspension decide."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True)
class StatusReference:
    """One status entry of a credential, read and checked (Bitstring Status List 1.0 §2.1).

    ``index`` counts entries of ``size`` bits; ``messages`` maps a value to the issuer's words for it, and
    ``explanations`` are addresses where the issuer explains them. ``listed_as`` is the record's own id, for
    lists that name records instead of counting them.
    """

    type: str
    list_url: str
    index: int
    purpose: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict, hash=False)
    explanations: tuple[str, ...] = ()
    listed_as: str | None = None


@dataclass(frozen=True, slots=True)
class StatusList:
    """A decoded list: raw ``bits`` in the order of its format, and what they are for.

    ``ttl`` is the publisher's own bound on keeping a copy, in microseconds; ``None`` when it gives none.
    ``size`` is how many bits an entry has where the list itself says so, ``None`` where its entries do.
    ``named`` is for lists that have no bits but name the records they speak of, each with the reason given.
    ``aggregation`` is where the publisher names all its lists.
    """

    type: str
    purposes: tuple[str, ...]
    bits: bytes
    ttl: int | None = None
    size: int | None = None
    named: Mapping[str, str] | None = field(default=None, hash=False)
    aggregation: str | None = None

    def entries(self, size: int) -> int:
        """Return how many entries of ``size`` bits, unless the list itself says how many, the list has."""
        return len(self.bits) * 8 // (self.size or size)

    @property
    def weight(self) -> int:
        """Return about how many bytes the list takes in memory beside a constant."""
        named = self.named or {}
        return len(self.bits) + sum(_NAMED + len(name) + len(reason) for name, reason in named.items())


_NAMED: Final = 256  # bytes of a dictionary's entry and its two texts beside their letters, about


@dataclass(frozen=True, slots=True, weakref_slot=True)
class StatusListEvidence:
    """An authenticated, decoded list and its age.

    ``fresh_until`` is when it should be renewed, ``usable_until`` when it must not be relied on any more,
    ``valid_from`` since when the list says what it says. ``own_id`` is the address it gives itself.
    ``issuer`` is who vouches for it: whoever signed it, and for one ``secured_by`` transport alone the host.
    """

    url: str
    issuer: str
    list: StatusList = field(hash=False, repr=False)
    fetched_at: Instant
    fresh_until: Instant
    usable_until: Instant | None
    stale: bool = False
    own_id: str | None = None
    secured_by: ListSecuring = ListSecuring.CREDENTIAL
    valid_from: Instant | None = None

    def is_another_than(self, url: str) -> bool:
        """Return whether the list says that it belongs at another address than ``url``, which entries name.

        Bitstring Status List §2.2: the ``id``, if there is one, is the ``statusListCredential`` of entries;
        Token Status List §5.1: ``sub`` is their ``uri``.
        """
        own = self.own_id
        if own is None or (self.secured_by is not ListSecuring.TOKEN and not own.startswith("https:")):
            return False
        return own.partition("#")[0] != url


@dataclass(frozen=True, slots=True)
class Status:
    """What one entry says: ``value`` as stored (0 = nothing), ``message`` in the issuer's words if any."""

    purpose: str
    value: int
    effect: StatusEffect | None
    message: str | None = None
