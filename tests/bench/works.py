"""What is measured: the kinds of credential, what becomes of each, and how one is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.model.report import Outcome

_PER_ISSUER: Final = 50
_FEWEST_ISSUERS: Final = 4


class Fate(StrEnum):
    """What must be found of a credential: that it is valid, or the code that decides otherwise."""

    VALID = "valid"
    REVOKED = "status.revoked"
    EXPIRED = "validity.expired"
    FORGED = "proof.signature"
    STRANGE = "issuer.not_recognised"

    @property
    def outcome(self) -> Outcome:
        """Return the outcome that the service must give."""
        if self is Fate.VALID:
            return Outcome.VALID
        return Outcome.INDETERMINATE if self is Fate.STRANGE else Outcome.INVALID

    @property
    def reason(self) -> str | None:
        """Return the code that must be the reason."""
        return None if self is Fate.VALID else self.value

    @property
    def is_signed(self) -> bool:
        """Return whether the signature holds."""
        return self is not Fate.FORGED

    @property
    def is_verified_by_peers(self) -> bool:
        """Return whether a verifier without a registry of issuers must accept it."""
        return self in (Fate.VALID, Fate.STRANGE)


# Assumed, not counted anywhere: nearly all of what honest applicants send is good.
PER_THOUSAND: Final = {Fate.REVOKED: 10, Fate.EXPIRED: 10, Fate.FORGED: 5, Fate.STRANGE: 10}


def fates(random: Random, count: int) -> list[Fate]:
    """Return what becomes of each of ``count`` credentials: as stated above, at least one of each."""
    spoilt = [fate for fate, share in PER_THOUSAND.items() for _ in range(-(-count * share // 1_000))]
    drawn = spoilt + [Fate.VALID] * (count - len(spoilt))
    random.shuffle(drawn)
    return drawn


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of credential: its name in the figures, the issuers' kind of key, and how it is secured."""

    name: str
    kind: KeyKind
    cryptosuite: str | None  # None: a token
    fewer: int = 1  # measured on so many times fewer credentials
    per_issuer: int = _PER_ISSUER  # credentials on average

    @property
    def is_token(self) -> bool:
        """Return whether the credentials are tokens, which the peers do not read."""
        return self.cryptosuite is None

    def issuers(self, count: int) -> int:
        """Return how many recognised issuers ``count`` credentials are by."""
        return max(_FEWEST_ISSUERS, count // self.per_issuer)


WORKS: Final[Sequence[Work]] = (
    Work("eddsa-rdfc-2022", KeyKind.ED25519, "eddsa-rdfc-2022"),
    Work("eddsa-jcs-2022", KeyKind.ED25519, "eddsa-jcs-2022", fewer=2),
    Work("ecdsa-rdfc-2019-p256", KeyKind.P256, "ecdsa-rdfc-2019", fewer=5),
    Work("ecdsa-rdfc-2019-p384", KeyKind.P384, "ecdsa-rdfc-2019", fewer=5),
    Work("jwt-eddsa", KeyKind.ED25519, None, fewer=2),
    Work("jwt-es256", KeyKind.P256, None, fewer=2),
    Work("jwt-rs256", KeyKind.RSA, None, fewer=2, per_issuer=125),  # RSA keys take long to make
)
MAIN_WORK: Final = WORKS[0]


@dataclass(frozen=True, slots=True)
class Item:
    """One credential as text, what must be found of it, and what its signature is over (hexadecimal)."""

    content: str
    fate: Fate
    kind: str
    key: str
    signed: str
    signature: str

    def for_peers(self) -> dict[str, object]:
        """Return what a peer gets of it."""
        return {"content": self.content, "verified": self.fate.is_verified_by_peers}

    def for_service(self) -> dict[str, str | None]:
        """Return what the service's workers get of it."""
        return {"content": self.content, "outcome": self.fate.outcome.value, "reason": self.fate.reason}

    def bare(self) -> dict[str, object]:
        """Return what checking the signature alone takes."""
        return {
            "kind": self.kind,
            "key": self.key,
            "signed": self.signed,
            "signature": self.signature,
            "holds": self.fate.is_signed,
        }
