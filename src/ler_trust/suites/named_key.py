"""Which of an issuer's keys a signed token means, and whether it signed (VC-JOSE-COSE 1.0 §3.3.2)."""

from collections.abc import Sequence

from ler_trust.errors import Rejected, Undecided
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import KeyNeed
from ler_trust.model.limits import Limits
from ler_trust.suites import signatures
from ler_trust.suites.members import is_url
from ler_trust.suites.proof import PURPOSE
from ler_trust.suites.signatures import Algorithm


def key_need(issuer: str, kid: str) -> KeyNeed:
    """Return which key must be found: the one at ``kid``, else the issuer's own."""
    if kid.startswith("#"):
        return KeyNeed(issuer, issuer + kid, PURPOSE)
    return KeyNeed(issuer, kid if is_url(kid) else None, PURPOSE)


def signer_of(
    kid: str,
    algorithm: Algorithm,
    found: Sequence[VerificationMethod],
    signed: bytes,
    signature: bytes,
    limits: Limits,
) -> VerificationMethod:
    """Return the one among the keys ``found`` whose signature it is.

    Raises ``Rejected`` with ``proof.algorithm`` or ``proof.signature``, ``Undecided('proof.key_not_named')``
    where more keys could be meant than are tried.
    """
    candidates = _candidates(kid, algorithm, found)
    for method in candidates[: limits.proofs]:
        if signatures.verify(method.key, algorithm, signed, signature):
            return method
    if len(candidates) > limits.proofs:
        raise Undecided(
            "proof.key_not_named", f"more than {limits.proofs} of the issuer's keys could be meant"
        )
    raise Rejected("proof.signature")


def _candidates(
    kid: str, algorithm: Algorithm, found: Sequence[VerificationMethod]
) -> list[VerificationMethod]:
    """Return the keys to try: those that fit the algorithm, only the one that ``kid`` names when it does."""
    named = [method for method in found if method.id.rpartition("#")[2] == kid]
    fitting = [method for method in named or found if signatures.fits(method.key, algorithm)]
    if not fitting:
        raise Rejected("proof.algorithm", f"{algorithm} does not sign with a key of the issuer's")
    return fitting
