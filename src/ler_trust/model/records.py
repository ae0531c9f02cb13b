"""What the store of record keeps, as values: tenants, keys, lists, changes."""

from dataclasses import dataclass, field
from enum import StrEnum

from ler_trust.model.instant import Instant


class Role(StrEnum):
    """What an API key may do. ``admin`` may do everything in its tenant."""

    VERIFIER = "verifier"
    ISSUER = "issuer"
    GOVERNOR = "governor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as stored: ``digest`` is the SHA-256 of its secret half, which is kept nowhere."""

    id: str
    tenant: str
    roles: frozenset[Role]
    label: str
    digest: bytes = field(repr=False)
    created_at: Instant
    revoked_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An issuer's private key, encrypted: ``sealed`` opens only with the master key.

    ``method`` is the verification method's URL, ``issuer`` its controller, ``kind`` a ``KeyKind`` value.
    """

    id: str
    tenant: str
    issuer: str
    method: str
    kind: str
    sealed: bytes = field(repr=False)
    created_at: Instant


@dataclass(frozen=True, slots=True)
class ListRecord:
    """A status list this service keeps for an issuer; one purpose, one bit an entry.

    ``length`` entries, of which ``allocated`` were handed out; ``secret`` (32 bytes) decides in which order.
    ``sequence`` counts changes and never goes back. ``ttl`` is in microseconds.
    """

    id: str
    tenant: str
    url: str
    purpose: str
    length: int
    signing_key: str
    ttl: int
    secret: bytes = field(repr=False)
    created_at: Instant
    allocated: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One requested change: entry ``index`` becomes ``value``, for the issuer's own ``reason``."""

    index: int
    value: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditedChange:
    """One change as recorded: what, in which order, when, by which API key, why."""

    list_id: str
    sequence: int
    index: int
    value: int
    reason: str
    actor: str
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class ListState:
    """A list's set entries at one ``sequence``, read in one consistent look."""

    sequence: int
    values: dict[int, int]


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list as published: the signed credential's bytes for the state ``sequence``, kept for ``ttl``."""

    list_id: str
    sequence: int
    body: bytes = field(repr=False)
    etag: str
    published_at: Instant
    valid_until: Instant
    ttl: int
