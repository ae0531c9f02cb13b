"""The shapes of requests and answers about status lists."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ler_trust.model.instant import SECOND
from ler_trust.status.publisher import DEFAULT_TTL, MAX_LENGTH, MAX_TTL, MIN_LENGTH, MIN_TTL
from ler_trust.web.fields import Answer, Moment, Name, Request, Text

MAX_ALLOCATION: Final = 10_000  # entries in one answer: about 3 MB
MAX_CHANGES: Final = 1_000  # changes in one request, applied in one transaction


class CreateList(Request):
    """A list to be created."""

    purpose: Literal["revocation", "suspension"]
    signing_key: Name = Field(description="The id of the signing key that publishes the list.")
    length: int = Field(
        default=MIN_LENGTH, ge=MIN_LENGTH, le=MAX_LENGTH, multiple_of=8, description="Entries."
    )
    ttl_seconds: int = Field(
        default=DEFAULT_TTL // SECOND,
        ge=MIN_TTL // SECOND,
        le=MAX_TTL // SECOND,
        description="How long a verifier may keep a copy without asking again.",
    )


class ListDescription(Answer):
    """A status list."""

    id: str
    url: str = Field(description="Where the list is published.")
    purpose: str
    length: int
    allocated: int = Field(description="How many entries were handed out.")
    sequence: int = Field(description="How many changes were made.")
    signing_key: str
    ttl_seconds: int
    created_at: Moment


class Lists(Answer):
    """A tenant's status lists."""

    lists: list[ListDescription]


class Allocation(Request):
    """How many entries are wanted."""

    count: int = Field(default=1, ge=1, le=MAX_ALLOCATION)


class Entries(Answer):
    """Entries handed out: each is a whole `credentialStatus` object."""

    entries: list[dict[str, Any]]


class Change(Request):
    """One entry's new status; the entry is named by its index or by its `credentialStatus` object."""

    index: int | None = Field(default=None, ge=0)
    entry: dict[str, Any] | None = None
    status: Literal["revoked", "suspended", "active"]
    reason: Text = Field(default="", description="The issuer's own reason, for the audit trail only.")


class Changes(Request):
    """Changes that are applied together."""

    changes: Annotated[list[Change], Field(min_length=1, max_length=MAX_CHANGES)]


class AppliedChanges(Answer):
    """What was applied, and the list's sequence after it."""

    applied: int
    sequence: int


class ChangeRecord(Answer):
    """One change as recorded; `actor` is the id of the API key that made it."""

    sequence: int
    index: int
    value: int
    reason: str
    actor: str
    recorded_at: Moment


class History(Answer):
    """Recorded changes; `next` is there when there are more."""

    changes: list[ChangeRecord]
    next: int | None = None
