"""Reports as JSON: the wire form of ``POST /v1/verify`` and of ``ler-trust verify --json``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from ler_trust.codes import code_named
from ler_trust.model.plain import Answer
from ler_trust.model.report import CheckResult, IssuerName, Outcome, Report

ALL_PASSED: Final = "Every check that this policy requires has passed."


def summary(report: Report) -> str:
    """Return the plain sentence that goes with the report's outcome."""
    return str(head_json(report.outcome, report.reason)["summary"])


def report_json(report: Report, item_id: str | None = None) -> dict[str, Any]:
    """Return one entry of ``results``: JSON-ready, with the caller's ``item_id`` when there is one."""
    answer: dict[str, Any] = {} if item_id is None else {"id": item_id}
    if report.pointer is not None:
        answer["pointer"] = report.pointer
    return (
        answer
        | head_json(report.outcome, report.reason)
        | {
            "checks": [check_json(check) for check in report.checks],
            "issuer": issuer_json(report.issuer),
            "children": [report_json(child) for child in report.children],
        }
    )


def head_json(outcome: Outcome, reason: str | None) -> dict[str, Any]:
    """Return what a report begins with: the outcome, the code that decided, and a sentence for it."""
    summary = ALL_PASSED if reason is None else code_named(reason).summary
    return {"outcome": outcome.value, "reason": reason, "summary": summary}


def issuer_json(issuer: IssuerName | None) -> dict[str, Any] | None:
    """Return who issued a record, ``None`` when that is not known."""
    return None if issuer is None else {"id": issuer.id, "name": issuer.name}


def answer_of(report: Report) -> Answer:
    """Return ``report`` ready to be sent."""
    return Answer(report.outcome, report.reason, orjson.dumps(report_json(report)))


def with_members(answer: Answer, members: Mapping[str, Any]) -> bytes:
    """Return the body of ``answer`` with JSON ``members`` of the caller's before its own."""
    return orjson.dumps(members)[:-1] + b"," + answer.body[1:] if members else answer.body


def counts_json(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many there are of each outcome."""
    counts = Counter(outcomes)
    return {outcome.value: counts[outcome] for outcome in Outcome}


def check_json(check: CheckResult) -> dict[str, Any]:
    """Return one entry of ``checks``."""
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
