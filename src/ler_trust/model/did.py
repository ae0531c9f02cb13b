"""DIDs, their documents and the keys in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ler_trust.model.instant import Instant


class KeyKind(StrEnum):
    """The kinds of public key this service can hold; one signature algorithm family each."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    P384 = "P-384"
    SECP256K1 = "secp256k1"
    RSA = "RSA"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A checked public key: on its curve, of allowed size, not of small order.

    ``material`` is 32 raw bytes for Ed25519, the compressed SEC1 point for the NIST and Koblitz
    curves, the DER SubjectPublicKeyInfo for RSA. ``algorithm`` is a JWK's own ``alg`` when it has one.
    """

    kind: KeyKind
    material: bytes
    algorithm: str | None = None


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """One key of a controlled identifier document (CID 1.0 §2.2), made absolute and checked."""

    id: str
    controller: str
    key: PublicKey
    expires: Instant | None = None
    revoked: Instant | None = None


@dataclass(frozen=True, slots=True)
class DidUrl:
    """A DID URL taken apart: ``did:method:specific``, path, query, fragment (without its ``#``)."""

    did: str
    method: str
    specific: str
    path: str = ""
    query: str = ""
    fragment: str | None = None


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A DID document or other controlled identifier document, as published.

    ``document`` is the parsed JSON; ``resolved_at`` and ``fresh_until`` are the age of the evidence,
    ``digest`` the SHA-256 of the bytes it was read from (of its identifier where it is made of that).
    ``methods`` is for whoever reads keys out of it, to remember those read before, by URL and relationship.
    """

    id: str
    document: Mapping[str, Any] = field(hash=False)
    digest: bytes
    resolved_at: Instant
    fresh_until: Instant
    methods: dict[tuple[str, str], VerificationMethod] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
