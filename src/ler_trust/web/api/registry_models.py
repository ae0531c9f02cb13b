"""The shapes of requests and answers about issuer registries."""

from typing import Annotated

from pydantic import Field

from ler_trust.model.statement import StatementStatus
from ler_trust.web.fields import Address, Answer, Moment, Name, Request, Text


class CreateRegistry(Request):
    """A registry to be added, last in precedence."""

    id: Name = Field(description="a-z, 0-9 and hyphens.")
    name: Name
    authority: Address = Field(description="Who speaks in it: a DID or an https URL.")
    governance_url: Address | None = Field(default=None, description="The rules it is kept by.")


class Unchecked(Answer):
    """Why a registry cannot be relied on just now."""

    code: str
    detail: str


class RegistryDescription(Answer):
    """A registry; `unchecked` is there when its content cannot be relied on."""

    id: str
    name: str
    authority: str
    position: int = Field(description="Its precedence, from 0.")
    governance_url: str | None = None
    source: str | None = Field(default=None, description="Where it is imported from.")
    refreshed_at: Moment | None = None
    unchecked: Unchecked | None = None


class RegistryList(Answer):
    """Registries in order of precedence."""

    registries: list[RegistryDescription]


class CreateStatement(Request):
    """What a governance body says of an issuer."""

    entity: Address = Field(description="The issuer: a DID or an https URL.")
    name: Name = Field(description="The issuer's name, as results show it.")
    types: Annotated[list[Name], Field(max_length=100)] = Field(
        default=[], description="Credential types; none: any."
    )
    jurisdiction: Name | None = Field(
        default=None, description="ISO 3166, such as US or US-CA; anywhere when null."
    )
    effective_from: Moment | None = Field(default=None, description="Inclusive; now when absent.")
    effective_until: Moment | None = Field(default=None, description="Exclusive; no end when absent.")
    pinned_keys: Annotated[list[Name], Field(max_length=20)] = Field(
        default=[], description="Multikeys of an https issuer that cannot publish them."
    )
    reason: Text = ""


class Decision(Request):
    """Why and from when a statement is suspended, withdrawn or reinstated."""

    at: Moment | None = Field(default=None, description="Now when absent; a withdrawal may lie in the past.")
    reason: Text = ""


class StatementVersion(Answer):
    """One version of one statement, as recorded."""

    id: str
    registry: str
    authority: str
    entity: str
    name: str
    types: list[str]
    jurisdiction: str | None = None
    status: StatementStatus
    effective_from: Moment
    effective_until: Moment | None = None
    pinned_keys: list[str]
    sequence: int
    recorded_at: Moment
    reason: str


class StatementPage(Answer):
    """Statements by sequence; `next` is there when there are more."""

    statements: list[StatementVersion]
    next: int | None = None


class ImportCounts(Answer):
    """What an import did."""

    added: int
    changed: int
    withdrawn: int
    unchanged: int
