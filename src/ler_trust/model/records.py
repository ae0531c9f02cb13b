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
    ``sequence`` counts changes and never goes back. ``ttl`` is in microseconds. ``next_due`` is when the next
    scheduled change takes effect, if there is one. A list that ``issuer_signs`` is never signed here.
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
    next_due: Instant | None = None
    issuer_signs: bool = False


class ReasonCode(StrEnum):
    """Why a status was changed, for the audit trail; it is not published."""

    UNSPECIFIED = "unspecified"
    ISSUED_IN_ERROR = "issued_in_error"
    SUPERSEDED = "superseded"
    REQUESTED_BY_HOLDER = "requested_by_holder"
    REQUIREMENTS_NOT_MET = "requirements_not_met"
    MISCONDUCT = "misconduct"
    LAPSED = "lapsed"
    KEY_COMPROMISE = "key_compromise"
    UNDER_REVIEW = "under_review"
    REVIEW_ENDED = "review_ended"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One requested change: entry ``index`` becomes ``value``, for ``code``, in the issuer's own words."""

    index: int
    value: int
    reason: str = ""
    code: ReasonCode = ReasonCode.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class AuditedChange:
    """One change as recorded: what, in which order, why, by which API key; asked for and in effect when.

    ``sequence`` is the order in which changes took effect.
    """

    list_id: str
    sequence: int
    index: int
    value: int
    reason: str
    actor: str
    recorded_at: Instant
    effective_at: Instant
    code: ReasonCode = ReasonCode.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """A change that takes effect in the future, or has; ``ended_at`` when it was made or called off.

    ``number`` names it; ``ended_by`` is who called it off, ``None`` for one that was made.
    """

    number: int
    list_id: str
    index: int
    value: int
    reason: str
    code: ReasonCode
    actor: str
    recorded_at: Instant
    effective_at: Instant
    ended_at: Instant | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How many entries of one list are wanted, and for which credentials.

    ``references`` are digests of the issuer's own names for the credentials: none, or one an entry.
    """

    list_id: str
    count: int
    references: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Allotment:
    """Entries of one list that were handed out together: ``count`` ordinals from ``first`` on."""

    list_id: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A caller's name for one request, so that it is done once however often it is sent.

    ``digest`` is the SHA-256 of what was asked: under the same key nothing else can be.
    """

    tenant: str
    key: str
    digest: bytes
    at: Instant


@dataclass(frozen=True, slots=True)
class ListState:
    """A list's set entries at one ``sequence``, read in one consistent look."""

    sequence: int
    values: dict[int, int]


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list as published: the signed credential's bytes for the state ``sequence``, kept for ``ttl``.

    ``signing_key`` is the key that signed it. ``next_due`` is when the next scheduled change will make
    it outdated, as far as was known when the store was asked; it is no part of what is published.
    """

    list_id: str
    sequence: int
    body: bytes = field(repr=False)
    etag: str
    published_at: Instant
    valid_until: Instant
    ttl: int
    signing_key: str = ""
    next_due: Instant | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """What was published at a time, without its bytes: enough to make the very same again."""

    list_id: str
    sequence: int
    etag: str
    published_at: Instant
    valid_until: Instant
    ttl: int
    signing_key: str


@dataclass(frozen=True, slots=True)
class AwaitedSignatures:
    """What waits for issuers that sign for themselves: how many lists, the longest ``since`` when."""

    lists: int
    since: Instant | None
