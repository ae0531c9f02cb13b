"""Status lists as decoded, and what an entry in one says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ler_trust.model.instant import Instant

ListKey = tuple[str, str]
"""A list to be found: its URL, and the type of entry it is read for."""


class StatusEffect(StrEnum):
    """What a set status does to the verdict: only revocation and suspension decide."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True)
class StatusReference:
    """One status entry of a credential, read and checked (Bitstring Status List 1.0 §2.1).

    ``index`` counts entries of ``size`` bits; ``messages`` maps a value to the issuer's words for it.
    """

    type: str
    list_url: str
    index: int
    purpose: str
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class StatusList:
    """A decoded list: raw ``bits``, most significant bit of byte 0 first, and what they are for.

    ``ttl`` is the publisher's own bound on keeping a copy, in microseconds; ``None`` when it gives none.
    """

    type: str
    purposes: tuple[str, ...]
    bits: bytes
    ttl: int | None = None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class StatusListEvidence:
    """An authenticated, decoded list and its age.

    ``fresh_until`` is when it should be renewed, ``usable_until`` when it must not be relied on any more.
    ``own_id`` is the ``id`` the list gives itself.
    """

    url: str
    issuer: str
    list: StatusList = field(hash=False, repr=False)
    fetched_at: Instant
    fresh_until: Instant
    usable_until: Instant | None
    stale: bool = False
    own_id: str | None = None

    @property
    def is_another(self) -> bool:
        """Return whether the list says that it belongs at another address than where it was found.

        Bitstring Status List §2.2: the ``id``, if there is one, is the ``statusListCredential`` of entries.
        """
        own = self.own_id
        return own is not None and own.startswith("https:") and own.partition("#")[0] != self.url


@dataclass(frozen=True, slots=True)
class Status:
    """What one entry says: ``value`` as stored (0 = nothing), ``message`` in the issuer's words if any."""

    purpose: str
    value: int
    effect: StatusEffect | None
    message: str | None = None
