"""The shapes of verification requests and answers, for the OpenAPI document.

The request itself is read by :mod:`ler_trust.web.items`, which leaves the credentials' bytes alone, and the
answer is written by :mod:`ler_trust.verify.answer`; tests hold these models equal to both.
"""

from typing import Annotated, Any

from pydantic import Field

from ler_trust.model.report import CheckOutcome, Outcome
from ler_trust.web.fields import Answer, Request
from ler_trust.web.items import ID_LENGTH
from ler_trust.web.limits import WebLimits


class VerifyItem(Request):
    """One record to verify; also one line of an NDJSON request."""

    id: str | None = Field(default=None, max_length=ID_LENGTH, description="Your own name for it, echoed.")
    credential: dict[str, Any] | str = Field(
        description="The credential: a JSON object with its proof, or a compact JWS as a string."
    )


class VerifyRequest(Request):
    """Records to verify."""

    items: Annotated[list[VerifyItem], Field(max_length=WebLimits().batch_items)]
    policy: str = Field(default="default", max_length=64, description="The policy's name.")
    as_of: str | None = Field(
        default=None,
        max_length=64,
        description="The time to judge for, an XML Schema dateTimeStamp; now when absent.",
    )


class CheckProblem(Answer):
    """What went wrong, as problem details (RFC 9457)."""

    type: str
    title: str
    detail: str


class Check(Answer):
    """One check and what became of it."""

    check: str = Field(description="format, proof, validity, status, issuer, schema, holder or embedded.")
    outcome: CheckOutcome
    code: str | None = None
    pointer: str | None = Field(default=None, description="Where in the record (RFC 6901).")
    problem: CheckProblem | None = None
    retryable: bool | None = Field(default=None, description="True when asking again later may help.")
    decides: bool | None = Field(
        default=None, description="False when the check does not bear on the outcome."
    )
    evidence: dict[str, Any] | None = Field(
        default=None, description="What was relied on, and how old it is."
    )


class Issuer(Answer):
    """Who issued the record; the name is the registry's, not the record's own."""

    id: str
    name: str | None


class Result(Answer):
    """The answer for one record."""

    id: str | None = None
    line: int | None = Field(
        default=None, description="NDJSON only: the line's number in the request, from 1."
    )
    pointer: str | None = Field(default=None, description="Of a child: where it stands in its parent.")
    outcome: Outcome
    reason: str | None = Field(description="The code that decided; null for a valid record.")
    summary: str = Field(description="The same in plain words.")
    checks: list[Check]
    issuer: Issuer | None
    children: list["Result"]


class Counts(Answer):
    """How many there are of each outcome."""

    valid: int
    invalid: int
    indeterminate: int


class PolicyVersion(Answer):
    """The policy that was applied."""

    id: str
    version: int


class VerifyAnswer(Answer):
    """The answer to a JSON request; an NDJSON answer is its results line by line, then the other members."""

    results: list[Result]
    counts: Counts
    policy: PolicyVersion
