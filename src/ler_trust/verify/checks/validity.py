"""Is the record within its own validity period? VCDM 2.0 §4.9, VCDM 1.1 §4.6."""

from ler_trust.errors import Failure
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import SECOND, Instant, format_instant
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.verify.checks.result import failed


def check_validity(secured: SecuredCredential, at: Instant, policy: Policy) -> CheckResult:
    """Judge ``validFrom``/``validUntil`` (``issuanceDate``/``expirationDate``) at the time of interest.

    A record is good up to and including the instant its period ends, and for the policy's clock skew.
    """
    skew = policy.clock_skew * SECOND
    names = ("validFrom", "validUntil") if secured.version == "2.0" else ("issuanceDate", "expirationDate")
    shown = {"at": format_instant(at)}
    for name, instant in zip(names, (secured.valid_from, secured.valid_until), strict=True):
        if instant is not None:
            shown[name] = format_instant(instant)
    if secured.valid_until is not None and at - skew > secured.valid_until:
        failure = Failure(True, "validity.expired", f"good until {format_instant(secured.valid_until)}")
        return failed("validity", failure, pointer=f"/{names[1]}", evidence=shown)
    if secured.valid_from is not None and at + skew < secured.valid_from:
        failure = Failure(True, "validity.not_yet_valid", f"good from {format_instant(secured.valid_from)}")
        return failed("validity", failure, pointer=f"/{names[0]}", evidence=shown)
    return CheckResult("validity", CheckOutcome.PASS, evidence=shown)
