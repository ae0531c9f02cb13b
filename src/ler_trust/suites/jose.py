"""Credentials secured as compact JWS: whose key is needed, and whether the signature holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import KeyNeed, Material, ProofOutcome
from ler_trust.model.limits import Limits
from ler_trust.suites import claims
from ler_trust.suites.claims import Claimed
from ler_trust.suites.compact_form import require_plain_words
from ler_trust.suites.named_key import key_need, signer_of
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.token import Token, algorithm_name, require_header

_POINTER: Final = ""  # a token is its own proof


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a token; ``claimed`` is the credential when the signature and the claims hold."""

    outcome: ProofOutcome
    claimed: Claimed | None


def key_needs(token: Token, issuer: str) -> tuple[KeyNeed, ...]:
    """Return the key the token needs; none when its header decides already."""
    try:
        require_header(token)
    except (Rejected, Undecided):
        return ()
    return (_need(token, issuer),)


def verify(token: Token, issuer: str, material: Material, limits: Limits) -> Verified:
    """Judge the token: header, key, signature, and then what its claims say.

    Raises ``KeyError`` when ``material`` does not have what :func:`key_needs` asked for.
    """
    suite, named = algorithm_name(token), None
    try:
        algorithm = require_header(token)
        named = _need(token, issuer).method
        method = _signer(token, algorithm, issuer, material, limits)
        claimed = claims.read(token)
        _require_one_proof(claimed.credential)
        require_plain_words(claimed.credential)
    except (Rejected, Undecided) as finding:
        return Verified(ProofOutcome(_POINTER, suite, named, Failure.of(finding)), None)
    outcome = ProofOutcome(_POINTER, suite, method.id, None, claimed.created, claimed.expires)
    return Verified(outcome, claimed)


def _require_one_proof(credential: Mapping[str, Any]) -> None:
    """Raise ``Undecided`` for a credential that has proofs of its own as well: they are not checked here."""
    if credential.get("proof", []) != []:
        raise Undecided("format.unsupported", "proofs inside a token", "/proof")


def _need(token: Token, issuer: str) -> KeyNeed:
    return key_need(issuer, token.header.get("kid", ""))


def _signer(
    token: Token, algorithm: Algorithm, issuer: str, material: Material, limits: Limits
) -> VerificationMethod:
    """Return the one among the keys found whose signature it is."""
    found = material.keys[_need(token, issuer)]
    if isinstance(found, Failure):
        raise found.at(_POINTER).raised()
    kid = token.header.get("kid", "")
    return signer_of(kid, algorithm, found, token.signed, token.signature, limits)
