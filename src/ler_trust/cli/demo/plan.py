"""What the demonstration does to how many badges: decided first, so that it can be compared."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ler_trust.model.did import KeyKind


class Fate(StrEnum):
    """What becomes of a badge, and so what verifying it must find."""

    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    TAMPERED = "tampered with"
    FORGED = "forged"
    NOT_RECOGNISED = "issuer not recognised"


class Form(StrEnum):
    """How a badge is secured; the names are those of the specifications."""

    EDDSA_RDFC = "eddsa-rdfc-2022"
    EDDSA_JCS = "eddsa-jcs-2022"
    ECDSA_RDFC = "ecdsa-rdfc-2019"
    ED25519_2020 = "Ed25519Signature2020"  # on a VCDM 1.1 credential, as it is mostly met
    VC_JWT = "vc-jwt"  # claims around a VCDM 1.1 credential
    VC_JOSE = "vc+jwt"


FORMS: Final = {
    KeyKind.ED25519: (Form.EDDSA_RDFC, Form.EDDSA_JCS, Form.ED25519_2020, Form.VC_JWT, Form.VC_JOSE),
    KeyKind.P256: (Form.ECDSA_RDFC, Form.VC_JWT, Form.VC_JOSE),
}
_SHARES: Final = {  # of every thousand badges; one at least of each, and all others stay valid
    Fate.REVOKED: 60,
    Fate.SUSPENDED: 40,
    Fate.EXPIRED: 25,
    Fate.TAMPERED: 1,
    Fate.FORGED: 1,
    Fate.NOT_RECOGNISED: 50,
}
LEAST: Final = 20  # badges: fewer leave no room for valid ones beside one of each other kind


@dataclass(frozen=True, slots=True)
class Role:
    """One issuer of the demonstration: the kind of key it signs with, and whether it is registered."""

    title: str
    kind: KeyKind
    hosted: bool  # as a did:web of this service, else a did:key
    registered: bool


COLLEGE: Final = Role("Example College", KeyKind.ED25519, hosted=True, registered=True)
TRAINER: Final = Role("Example Training Centre", KeyKind.P256, hosted=False, registered=True)
STRANGER: Final = Role("Example Academy", KeyKind.ED25519, hosted=False, registered=False)
ROLES: Final = (COLLEGE, TRAINER, STRANGER)


@dataclass(frozen=True, slots=True)
class Planned:
    """One badge to be: its number from 1, who issues it, how it is secured, what becomes of it."""

    number: int
    role: Role
    form: Form
    fate: Fate

    @property
    def id(self) -> str:
        """Return the name this badge has in the request and in the table."""
        return f"badge-{self.number}"


def make_plan(count: int, seed: int) -> list[Planned]:
    """Return the plan for ``count`` badges; the same for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311 - for variety, not for secrecy
    fates = [fate for fate, share in _SHARES.items() for _ in range(max(1, count * share // 1000))]
    fates += [Fate.VALID] * (count - len(fates))
    chance.shuffle(fates)
    return [_planned(number, fate, chance) for number, fate in enumerate(fates, 1)]


def _planned(number: int, fate: Fate, chance: random.Random) -> Planned:
    if fate is Fate.FORGED:
        return Planned(number, COLLEGE, Form.VC_JOSE, fate)  # only a token has a header to lie in
    role = STRANGER if fate is Fate.NOT_RECOGNISED else chance.choice((COLLEGE, TRAINER))
    return Planned(number, role, chance.choice(_forms(role, fate)), fate)


def _forms(role: Role, fate: Fate) -> Sequence[Form]:
    forms = FORMS[role.kind]
    if fate is Fate.TAMPERED:  # what a person would change by hand is a document, not a token
        return [form for form in forms if form not in (Form.VC_JWT, Form.VC_JOSE)]
    return forms
