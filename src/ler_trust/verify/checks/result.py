"""How a failure becomes a check result: decided against is ``fail``, could not decide is ``unknown``."""

from collections.abc import Mapping
from typing import Any

from ler_trust.errors import Failure
from ler_trust.model.report import CheckOutcome, CheckResult


def failed(
    check: str, failure: Failure, *, pointer: str | None = None, evidence: Mapping[str, Any] | None = None
) -> CheckResult:
    """Return the result of ``check`` that ``failure`` stands for."""
    return CheckResult(
        check,
        CheckOutcome.FAIL if failure.decided else CheckOutcome.UNKNOWN,
        failure.code,
        pointer if pointer is not None else failure.pointer,
        failure.detail,
        failure.retryable,
        evidence=evidence or {},
    )


def skipped(check: str, code: str, detail: str | None = None) -> CheckResult:
    """Return the result of a ``check`` that was not made, and why."""
    return CheckResult(check, CheckOutcome.SKIPPED, code, detail=detail, decides=False)
