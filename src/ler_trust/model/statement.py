"""Statements of an issuer registry and the answers they give.

A statement: who (authority) says that an entity may issue a type of credential, where, from when to when.
"""

from dataclasses import dataclass
from enum import StrEnum

from ler_trust.errors import Failure
from ler_trust.model.instant import Instant


class StatementStatus(StrEnum):
    """Where a statement stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of one statement, as recorded.

    ``entity`` is a DID or an https id; ``pinned_keys`` are multikeys (``z…``) that bind keys to an
    entity that cannot publish them; no ``types`` means any type; no ``jurisdiction`` means anywhere, else
    an ISO 3166 code such as ``US`` or ``US-CA``. It is effective from ``effective_from`` (inclusive) to
    ``effective_until`` (exclusive), and was put on record as number ``sequence`` at ``recorded_at``.
    """

    id: str
    registry: str
    authority: str
    entity: str
    name: str
    types: tuple[str, ...]
    jurisdiction: str | None
    status: StatementStatus
    effective_from: Instant
    effective_until: Instant | None
    pinned_keys: tuple[str, ...]
    sequence: int
    recorded_at: Instant
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """A collection of statements under one authority.

    ``position`` orders registries by precedence. ``source`` is where an imported one comes from;
    ``unchecked`` says why its content cannot be relied on just now.
    """

    id: str
    name: str
    authority: str
    position: int
    governance_url: str | None = None
    source: str | None = None
    refreshed_at: Instant | None = None
    unchecked: Failure | None = None


@dataclass(frozen=True, slots=True)
class RegistryMatch:
    """What one registry says of an issuer: authorised at issuance, authorised now, else why not."""

    registry: str
    registry_name: str
    authority: str
    statement: str
    sequence: int
    entity_name: str
    at_issuance: bool
    now: bool
    refusal: str | None  # an ``issuer.*`` code when it speaks against at_issuance or now


@dataclass(frozen=True, slots=True)
class TrustAnswer:
    """What the registries say of an issuer: those that know it, and those that could not be asked."""

    matching: tuple[RegistryMatch, ...]
    unchecked: tuple[tuple[str, Failure], ...]
    sequence: int
