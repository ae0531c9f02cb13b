"""Reports as JSON: the wire form of ``POST /v1/verify`` and of ``ler-trust verify --json``."""

from collections.abc import Iterable
from typing import Any, Final

from ler_trust.codes import code_named
from ler_trust.model.report import CheckResult, Outcome, Report

ALL_PASSED: Final = "Every check that this policy requires has passed."


def summary(report: Report) -> str:
    """Return the plain sentence that goes with the report's outcome."""
    return ALL_PASSED if report.reason is None else code_named(report.reason).summary


def report_json(report: Report, item_id: str | None = None) -> dict[str, Any]:
    """Return one entry of ``results``: JSON-ready, with the caller's ``item_id`` when there is one."""
    answer: dict[str, Any] = {} if item_id is None else {"id": item_id}
    if report.pointer is not None:
        answer["pointer"] = report.pointer
    issuer = report.issuer
    return answer | {
        "outcome": report.outcome.value,
        "reason": report.reason,
        "summary": summary(report),
        "checks": [_check_json(check) for check in report.checks],
        "issuer": None if issuer is None else {"id": issuer.id, "name": issuer.name},
        "children": [report_json(child) for child in report.children],
    }


def counts_json(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many there are of each outcome."""
    counts = {outcome.value: 0 for outcome in Outcome}
    for outcome in outcomes:
        counts[outcome.value] += 1
    return counts


def _check_json(check: CheckResult) -> dict[str, Any]:
    answer: dict[str, Any] = {"check": check.check, "outcome": check.outcome.value}
    if check.code is not None:
        code = code_named(check.code)
        answer |= {"code": code.name, "pointer": check.pointer}
        answer["problem"] = {
            "type": code.problem,
            "title": code.summary,
            "detail": check.detail or code.summary,
        }
    if check.retryable:
        answer["retryable"] = True
    if not check.decides:
        answer["decides"] = False
    if check.evidence:
        answer["evidence"] = dict(check.evidence)
    return answer
