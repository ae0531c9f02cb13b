"""Policies: named, versioned data that say which checks a verdict needs."""

from dataclasses import dataclass
from enum import StrEnum


class AuthorisedWhen(StrEnum):
    """At which time an issuer must have been authorised."""

    ISSUANCE = "issuance"
    NOW = "now"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a verdict needs.

    ``key_binding``: a key counts only when it belongs to the issuer (law 3); ``False`` is for conformance
    work on signatures alone. ``validity``, ``status``, ``issuer``: whether that check decides. A check that
    does not decide is run and reported when ``report_unrequired``, else skipped. ``registries`` names those
    trusted, ``None`` all of the tenant's. ``jurisdiction`` is the place recognition is needed for.
    ``stale_list_grace`` (seconds) lets a list that cannot be renewed count a little longer than it is fresh;
    ``clock_skew`` (seconds) is allowed on both ends of validity periods. ``min_list_entries`` is the fewest
    entries a status list may have: too short a list does not hide who is looked up.
    """

    id: str
    version: int
    description: str
    key_binding: bool = True
    validity: bool = True
    status: bool = True
    issuer: bool = True
    report_unrequired: bool = True
    registries: tuple[str, ...] | None = None
    authorised_when: AuthorisedWhen = AuthorisedWhen.ISSUANCE
    jurisdiction: str | None = None
    stale_list_grace: int = 0
    clock_skew: int = 120
    min_list_entries: int = 131_072  # Bitstring Status List 1.0 §3.2, unless an ecosystem agrees on another


DEFAULT = Policy(
    "default",
    1,
    "Everything: signature, key ownership, dates, status, and an issuer that a trusted registry knows.",
)
ANY_ISSUER = Policy(
    "any-issuer",
    1,
    "Everything but recognition: what registries say of the issuer is reported only.",
    issuer=False,
    min_list_entries=100_000,  # what the most used publisher of badges' lists has; reported with a warning
)
PROOF_ONLY = Policy(
    "proof-only",
    1,
    "The signature alone, whoever the key belongs to: for conformance work, never for decisions on people.",
    key_binding=False,
    validity=False,
    status=False,
    issuer=False,
    report_unrequired=False,
)
BUILT_IN: tuple[Policy, ...] = (DEFAULT, ANY_ISSUER, PROOF_ONLY)
