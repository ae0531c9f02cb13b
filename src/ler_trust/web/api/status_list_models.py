"""The shapes of requests and answers about status lists."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ler_trust.model.instant import SECOND
from ler_trust.status.allocation import MAX_ENTRIES
from ler_trust.status.publisher import DEFAULT_TTL, MAX_LENGTH, MAX_TTL, MIN_LENGTH, MIN_TTL
from ler_trust.web.fields import Answer, Moment, Name, Request


class CreateList(Request):
    """A list to be created."""

    purpose: Literal["revocation", "suspension"]
    signing_key: Name = Field(
        description="The id of the signing key that publishes the list; with one that you keep, you do."
    )
    length: int = Field(
        default=MIN_LENGTH, ge=MIN_LENGTH, le=MAX_LENGTH, multiple_of=8, description="Entries."
    )
    ttl_seconds: int = Field(
        default=DEFAULT_TTL // SECOND,
        ge=MIN_TTL // SECOND,
        le=MAX_TTL // SECOND,
        description="How long a verifier may keep a copy without asking again.",
    )


class ChangeList(Request):
    """What can be changed about a list: the key that signs it."""

    signing_key: Name


class ListDescription(Answer):
    """A status list."""

    id: str
    url: str = Field(description="Where the list is published.")
    purpose: str
    length: int
    allocated: int = Field(description="How many entries were handed out.")
    sequence: int = Field(description="How many changes were made.")
    signing_key: str
    signed_by: Literal["service", "issuer"] = Field(description="`issuer` where you sign and upload it.")
    ttl_seconds: int
    created_at: Moment


class Lists(Answer):
    """A tenant's status lists."""

    lists: list[ListDescription]


References = Annotated[
    list[Name],
    Field(
        max_length=MAX_ENTRIES,
        description="Your own names for the credentials, one an entry, by which to revoke them later. "
        "Only a keyed hash of each is kept.",
    ),
]


FormName = Literal["credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt"]


class Allocation(Request):
    """How many entries are wanted, and what for."""

    count: int = Field(default=1, ge=1, le=MAX_ENTRIES)
    references: References = Field(default=[])
    forms: list[FormName] = Field(
        default=[], max_length=6, description="Forms of the list in which the entries are wanted as well."
    )


class OpenAllocation(Allocation):
    """Entries wanted for a purpose, of whichever lists are open."""

    purpose: Literal["revocation", "suspension"]


class Entries(Answer):
    """Entries handed out: each is a whole `credentialStatus` object."""

    entries: list[dict[str, Any]]
    forms: dict[str, list[dict[str, Any]]] | None = Field(
        default=None,
        description="By form, if forms were asked for, the same entries in the same order: "
        "`credentialStatus` objects, or `status` claims where the form is a token.",
    )
