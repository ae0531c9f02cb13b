"""The answer: one outcome a credential, and the checks that led to it (DESIGN: outcome, check, evidence)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """May I rely on this record?"""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class CheckOutcome(StrEnum):
    """What became of one check."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check.

    ``check`` is ``format``, ``proof``, ``validity``, ``status``, ``issuer``, ``schema``, ``holder`` or
    ``embedded``. ``decides`` is false for a check that is reported and does not bear on the outcome.
    ``evidence`` is JSON-ready and says what was relied on and how old it is; no claim of the record.
    """

    check: str
    outcome: CheckOutcome
    code: str | None = None
    pointer: str | None = None
    detail: str | None = None
    retryable: bool = False
    decides: bool = True
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class IssuerName:
    """Who issued the record: its id as secured, its name as the registry has it."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer for one credential; ``children`` are the credentials inside it, judged alike.

    ``reason`` is the code that decided, ``None`` for a valid record.
    """

    outcome: Outcome
    reason: str | None
    checks: tuple[CheckResult, ...]
    issuer: IssuerName | None = None
    pointer: str | None = None  # of a child: where it stands in its parent
    children: tuple["Report", ...] = ()
