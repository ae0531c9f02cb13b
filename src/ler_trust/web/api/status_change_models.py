"""The shapes of requests and answers about changes of status."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ler_trust.model.records import ReasonCode
from ler_trust.status.changes import MAX_CHANGES
from ler_trust.web.fields import Answer, Moment, Name, Request, Text

Code = Annotated[ReasonCode, Field(strict=False)]
StatusWord = Literal["revoked", "suspended", "active"]


class Change(Request):
    """One entry's new status; the entry is named in one of three ways.

    What is not given here is taken from the request's own members of that name.
    """

    index: int | None = Field(default=None, ge=0, description="Its index, where the path names the list.")
    entry: dict[str, Any] | None = Field(default=None, description="Its `credentialStatus` object.")
    reference: Name | None = Field(default=None, description="What you called the credential.")
    status: StatusWord | None = None
    reason: Text | None = None
    reason_code: Code | None = None


class Changes(Request):
    """Changes that are made together or not at all."""

    changes: Annotated[list[Change], Field(min_length=1, max_length=MAX_CHANGES)]
    status: StatusWord | None = Field(default=None, description="For all that name none.")
    reason: Text = Field(default="", description="The issuer's own words, for the audit trail only.")
    reason_code: Code = ReasonCode.UNSPECIFIED
    effective_at: Moment | None = Field(default=None, description="When they take effect; now if absent.")
    dry_run: bool = Field(default=False, description="Only check them and say what they would do.")


class ChangedList(Answer):
    """A list, and its sequence after the changes."""

    id: str
    sequence: int


class AppliedChanges(Answer):
    """What was applied, and the sequence of each list after it.

    `sequence` is there where the path names the list. `unchanged` is how many changes of a dry run set
    what is set already. `effective_at` is there when nothing was changed yet.
    """

    applied: int
    sequence: int | None = None
    lists: list[ChangedList] | None = None
    dry_run: bool | None = None
    unchanged: int | None = None
    effective_at: Moment | None = None


class ChangeRecord(Answer):
    """One change as recorded; `actor` is the id of the API key that made it."""

    sequence: int
    index: int
    value: int
    reason: str
    reason_code: str
    actor: str
    recorded_at: Moment
    effective_at: Moment


class History(Answer):
    """Recorded changes; `next` is there when there are more."""

    changes: list[ChangeRecord]
    next: int | None = None


class Scheduled(Answer):
    """A change that takes effect later; `state` tells whether it still will."""

    number: int
    index: int
    value: int
    reason: str
    reason_code: str
    actor: str
    recorded_at: Moment
    effective_at: Moment
    state: Literal["waiting", "made", "called_off"]
    ended_at: Moment | None = None
    ended_by: str | None = None


class Schedule(Answer):
    """Scheduled changes; `next` is there when there are more."""

    scheduled: list[Scheduled]
    next: int | None = None


class CalledOff(Answer):
    """How many scheduled changes were called off."""

    called_off: int
