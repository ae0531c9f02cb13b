"""What goes into a verification engine and what comes out: the values of the batch contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from ler_trust.errors import Failure
from ler_trust.model.did import VerificationMethod
from ler_trust.model.instant import Instant


class SecuringForm(StrEnum):
    """How a credential is secured."""

    DATA_INTEGRITY = "data-integrity"
    VC_JOSE = "vc+jwt"  # VC-JOSE-COSE: the payload is the credential
    VC_JWT = "vc-jwt"  # VCDM 1.1 §6.3.1 and Open Badges 3.0 §8.2: claims around the credential
    UNKNOWN = "unknown"


class KeyNeed(NamedTuple):
    """A key that must be found before an item can be authenticated.

    ``issuer`` is whom the key must belong to; ``method`` the verification method's absolute URL, or
    ``None`` when the item names none and the issuer's own keys are to be tried; ``purpose`` the
    verification relationship, ``assertionMethod`` for credentials.
    """

    issuer: str
    method: str | None
    purpose: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What one item needs before it can be authenticated; ``failure`` when it cannot even be read."""

    form: SecuringForm
    issuer: str | None = None
    keys: tuple[KeyNeed, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything gathered for a batch, by need.

    ``keys`` maps each need to the keys that satisfy it (one, unless the item names none) or to why
    there is none. ``contexts`` adds, by URL, JSON-LD contexts the operator allowed to the pinned ones.
    """

    keys: Mapping[KeyNeed, tuple[VerificationMethod, ...] | Failure]
    contexts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProofOutcome:
    """What became of one proof; ``failure`` is ``None`` when its signature holds.

    ``created`` and ``expires`` are the proof's own period (Data Integrity §2.1; ``iat``, ``nbf`` and ``exp``
    of a token), to be judged against the time of interest by the caller: an engine reads no clock.
    """

    pointer: str
    suite: str
    method: str | None
    failure: Failure | None
    created: Instant | None = None
    expires: Instant | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedCredential:
    """A credential inside a credential: where it stands, and its bytes (JSON or compact JWS)."""

    pointer: str
    role: str  # "endorsement" or "credential"
    content: bytes


@dataclass(frozen=True, slots=True)
class SecuredCredential:
    """The fields of a credential that was secured, and of nothing that was not.

    ``status`` holds every status entry with its JSON pointer. ``malformed`` says what keeps the
    document from being a conforming credential. ``issued_at`` is the issuer's own statement (``created`` of
    the proof, ``iat``, else ``validFrom``) and proves nothing by itself; ``issued_at_source`` names it.
    ``document`` is the whole secured document, only when it was asked for.
    """

    version: str  # "1.1" or "2.0"
    id: str | None
    types: tuple[str, ...]
    issuer: str
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    issued_at: Instant | None = None
    issued_at_source: str = ""
    status: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), hash=False)
    schemas: tuple[str, ...] = ()
    embedded: tuple[EmbeddedCredential, ...] = ()
    malformed: Failure | None = None
    warnings: tuple[Failure, ...] = ()
    document: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Authentication:
    """The frozen outcome of one item.

    ``failure`` is set when the item could not be read as a secured credential at all; ``proofs`` has
    one outcome for every proof; ``secured`` is ``None`` unless at least one proof holds, and holds only
    what the proofs that hold cover.
    """

    form: SecuringForm
    failure: Failure | None = None
    proofs: tuple[ProofOutcome, ...] = ()
    secured: SecuredCredential | None = None
