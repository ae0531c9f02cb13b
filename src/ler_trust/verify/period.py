"""When a proof counts: ``created`` to ``expires`` (Data Integrity §2.1); a token: ``iat`` to ``exp``."""

from ler_trust.errors import Failure
from ler_trust.model.engine import ProofOutcome
from ler_trust.model.instant import Instant, format_instant


def outside_period(proof: ProofOutcome, at: Instant, skew: int) -> Failure | None:
    """Return why ``proof`` does not count at ``at``, give or take ``skew`` microseconds; ``None`` if it does.

    The text of Data Integrity asks for this; its numbered algorithm leaves it out.
    """
    if proof.created is not None and proof.created > at + skew:
        return Failure(True, "proof.not_yet_valid", f"signed as of {format_instant(proof.created)}")
    if proof.expires is not None and proof.expires <= at - skew:
        return Failure(True, "proof.expired", f"the signature counted until {format_instant(proof.expires)}")
    return None
