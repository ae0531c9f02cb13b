"""From checks to one outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.model.report import CheckOutcome, CheckResult, Outcome
from ler_trust.verify.fold import fold

PASS = CheckResult("proof", CheckOutcome.PASS)
FAIL = CheckResult("validity", CheckOutcome.FAIL, "validity.expired")
UNKNOWN = CheckResult("status", CheckOutcome.UNKNOWN, "status.list_unreachable")
SKIPPED = CheckResult("holder", CheckOutcome.SKIPPED, "holder.not_checked", decides=False)
WARNING = CheckResult("issuer", CheckOutcome.WARNING, "issuer.no_longer_authorised", decides=False)
IGNORED = CheckResult("issuer", CheckOutcome.FAIL, "issuer.suspended", decides=False)


@pytest.mark.parametrize(
    ("checks", "outcome", "reason"),
    [
        ([PASS, SKIPPED], Outcome.VALID, None),
        ([PASS, WARNING, IGNORED], Outcome.VALID, None),
        ([PASS, UNKNOWN], Outcome.INDETERMINATE, "status.list_unreachable"),
        ([PASS, UNKNOWN, FAIL], Outcome.INVALID, "validity.expired"),
        ([], Outcome.INDETERMINATE, "check.not_run"),
        ([SKIPPED], Outcome.INDETERMINATE, "check.not_run"),
        ([IGNORED], Outcome.INDETERMINATE, "check.not_run"),
    ],
)
def test_the_worst_check_that_decides_wins(
    checks: list[CheckResult], outcome: Outcome, reason: str | None
) -> None:
    assert fold(checks) == (outcome, reason)


@given(st.lists(st.sampled_from([PASS, FAIL, UNKNOWN, SKIPPED, WARNING, IGNORED])))
def test_valid_takes_a_pass_and_nothing_bad(checks: list[CheckResult]) -> None:
    outcome, _ = fold(checks)
    assert (outcome is Outcome.VALID) == (PASS in checks and FAIL not in checks and UNKNOWN not in checks)
