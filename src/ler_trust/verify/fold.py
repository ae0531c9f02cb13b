"""From checks to one outcome: the worst check that decides, in the order the checks were made."""

from collections.abc import Sequence

from ler_trust.model.report import CheckOutcome, CheckResult, Outcome


def fold(checks: Sequence[CheckResult]) -> tuple[Outcome, str | None]:
    """Return the outcome and the code that decided it.

    One failed check that decides makes the record invalid, whatever else is unknown; else one that is
    unknown makes it indeterminate. Valid takes at least one check that decides, and all of them passed:
    nothing checked is nothing known.
    """
    deciding = [check for check in checks if check.decides]
    for bad, outcome in ((CheckOutcome.FAIL, Outcome.INVALID), (CheckOutcome.UNKNOWN, Outcome.INDETERMINATE)):
        found = next((check for check in deciding if check.outcome is bad), None)
        if found is not None:
            return outcome, found.code
    if any(check.outcome is CheckOutcome.PASS for check in deciding):
        return Outcome.VALID, None
    return Outcome.INDETERMINATE, "check.not_run"
