"""Issuer registries: governance bodies say who may issue what, and what they said before stays on record."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from ler_trust.errors import Failure
from ler_trust.model.records import Role
from ler_trust.model.statement import Registry, Statement
from ler_trust.trust.decisions import StatementDraft
from ler_trust.trust.importers import LIST_BYTES
from ler_trust.trust.synchronise import ImportOutcome
from ler_trust.web.answers import json_answer
from ler_trust.web.api.registry_models import (
    CreateRegistry,
    CreateStatement,
    Decision,
    ImportCounts,
    RegistryDescription,
    RegistryList,
    StatementPage,
    StatementVersion,
    Unchecked,
)
from ler_trust.web.bodies import JSON, read_body, read_model, require_media_type
from ler_trust.web.fields import Request
from ler_trust.web.keys import CALLER, LIMITS, SERVICE
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem
from ler_trust.web.queries import whole_number

_PAGE: Final = 1_000  # statements in one answer


class KnownRegistries(Request):
    """A `known-did-registries.json`: sent as it is, an array."""


class LegacyList(Request):
    """A list of the form `{"meta": …, "registry": {did: {name, location, url}}}`."""

    meta: dict[str, Any]
    registry: dict[str, Any]


async def create_registry(request: web.Request) -> web.Response:
    """Add a registry."""
    body = await read_model(request, CreateRegistry)
    registry = await request.app[SERVICE].trust.add_registry(
        request[CALLER].tenant, body.id, body.name, body.authority, governance_url=body.governance_url
    )
    return json_answer(_describe(registry), 201)


async def list_registries(request: web.Request) -> web.Response:
    """List the tenant's registries in order of precedence."""
    found = await request.app[SERVICE].trust.registries(request[CALLER].tenant)
    return json_answer(_list(found))


async def import_registries(request: web.Request) -> web.Response:
    """Add or update the registries named in a `known-did-registries.json`, in its order.

    Their content is not fetched yet: refresh each, or import its list.
    """
    require_media_type(request, JSON)
    body = await read_body(request, request.app[LIMITS].body_bytes)
    found = await request.app[SERVICE].trust.import_known_registries(request[CALLER].tenant, body)
    return json_answer(_list(found))


async def import_registry_list(request: web.Request) -> web.Response:
    """Make a registry say what a list says; members that left the list are withdrawn from now on."""
    require_media_type(request, JSON)
    body = await read_body(request, LIST_BYTES)
    trust = request.app[SERVICE].trust
    return json_answer(
        _counts(await trust.import_list(request[CALLER].tenant, request.match_info["id"], body))
    )


async def refresh_registry(request: web.Request) -> web.Response:
    """Fetch a registry's source now and import it; a failure marks the registry as unchecked."""
    service = request.app[SERVICE]
    outcome = await service.trust.refresh(request[CALLER].tenant, request.match_info["id"], service.fetcher)
    if isinstance(outcome, Failure):
        raise Problem(outcome.code, outcome.detail, status=502)
    return json_answer(_counts(outcome))


async def create_statement(request: web.Request) -> web.Response:
    """Say that an issuer may issue: of which types, where, from when to when."""
    body = await read_model(request, CreateStatement)
    members = body.model_dump() | {"types": tuple(body.types), "pinned_keys": tuple(body.pinned_keys)}
    draft = StatementDraft(registry=request.match_info["id"], **members)
    statement = await request.app[SERVICE].trust.add_statement(request[CALLER].tenant, draft)
    return json_answer(_version(statement), 201)


async def list_statements(request: web.Request) -> web.Response:
    """List the latest version of each statement of a registry; `next` is the `after` of the next page."""
    after = whole_number(request, "after", 0)
    found = [statement for statement in await _latest(request) if statement.sequence > after]
    following = found[_PAGE - 1].sequence if len(found) > _PAGE else None
    return json_answer(
        StatementPage(statements=[_version(statement) for statement in found[:_PAGE]], next=following)
    )


async def list_statement_history(request: web.Request) -> web.Response:
    """List every version of a statement in the order they were recorded."""
    statement = await _own_statement(request)
    versions = await request.app[SERVICE].trust.history(request[CALLER].tenant, statement.entity)
    return json_answer(
        StatementPage(statements=[_version(version) for version in versions if version.id == statement.id])
    )


async def suspend_statement(request: web.Request) -> web.Response:
    """Suspend a statement; it can be reinstated."""
    return await _decide(request, "suspend")


async def withdraw_statement(request: web.Request) -> web.Response:
    """Withdraw a statement for good, from now or from a time in the past."""
    return await _decide(request, "withdraw")


async def reinstate_statement(request: web.Request) -> web.Response:
    """End the suspension of a statement."""
    return await _decide(request, "reinstate")


async def _decide(request: web.Request, decision: str) -> web.Response:
    body = await read_model(request, Decision)
    statement = await _own_statement(request)
    trust = request.app[SERVICE].trust
    decide = {"suspend": trust.suspend, "withdraw": trust.withdraw, "reinstate": trust.reinstate}[decision]
    decided = await decide(request[CALLER].tenant, statement.id, at=body.at, reason=body.reason)
    return json_answer(_version(decided))


async def _latest(request: web.Request) -> Sequence[Statement]:
    trust, tenant = request.app[SERVICE].trust, request[CALLER].tenant
    registry = await trust.registry(tenant, request.match_info["id"])
    return await trust.statements(tenant, registry.id)


async def _own_statement(request: web.Request) -> Statement:
    for statement in await _latest(request):
        if statement.id == request.match_info["statement"]:
            return statement
    raise Problem("request.not_found")


def _list(registries: Sequence[Registry]) -> RegistryList:
    return RegistryList(registries=[_describe(registry) for registry in registries])


def _describe(registry: Registry) -> RegistryDescription:
    members = {name: getattr(registry, name) for name in RegistryDescription.model_fields}
    if registry.unchecked is not None:
        members["unchecked"] = Unchecked(code=registry.unchecked.code, detail=registry.unchecked.detail)
    return RegistryDescription(**members)


def _version(statement: Statement) -> StatementVersion:
    return StatementVersion.model_validate(
        asdict(statement) | {"types": list(statement.types), "pinned_keys": list(statement.pinned_keys)}
    )


def _counts(outcome: ImportOutcome) -> ImportCounts:
    return ImportCounts(**asdict(outcome))


_PATH: Final = "/v1/registries"
_ONE: Final = _PATH + "/{id}"
_STATEMENT: Final = _ONE + "/statements/{statement}"
_TAG: Final = "Registries"
_ID: Final = path_parameter("id", "The registry's id.")
_BOTH: Final = (_ID, path_parameter("statement", "The statement's id, percent-encoded."))
_MISSING: Final = ("request.not_found",)
_AFTER: Final = Parameter("after", "query", "Those after this sequence number only.", {"type": "integer"})


def _decision(name: str, handler: Any) -> Operation:
    return Operation(
        "POST",
        f"{_STATEMENT}/{name}",
        handler,
        _TAG,
        Role.GOVERNOR,
        body=Decision,
        answer=StatementVersion,
        parameters=_BOTH,
        refusals=("request.not_found", "request.conflict", "request.invalid"),
    )


OPERATIONS: Final = (
    Operation(
        "POST",
        _PATH,
        create_registry,
        _TAG,
        Role.GOVERNOR,
        body=CreateRegistry,
        answer=RegistryDescription,
        status=201,
        refusals=("request.invalid", "request.conflict"),
    ),
    Operation("GET", _PATH, list_registries, _TAG, Role.GOVERNOR, answer=RegistryList),
    Operation(
        "POST",
        _PATH + "/import",
        import_registries,
        _TAG,
        Role.GOVERNOR,
        body=KnownRegistries,
        answer=RegistryList,
        refusals=("request.invalid",),
    ),
    Operation(
        "POST",
        _ONE + "/import",
        import_registry_list,
        _TAG,
        Role.GOVERNOR,
        body=LegacyList,
        answer=ImportCounts,
        parameters=(_ID,),
        refusals=("request.not_found", "request.invalid"),
    ),
    Operation(
        "POST",
        _ONE + "/refresh",
        refresh_registry,
        _TAG,
        Role.GOVERNOR,
        answer=ImportCounts,
        parameters=(_ID,),
        refusals=("request.not_found", "request.conflict", "issuer.registry_unreachable"),
    ),
    Operation(
        "POST",
        _ONE + "/statements",
        create_statement,
        _TAG,
        Role.GOVERNOR,
        body=CreateStatement,
        answer=StatementVersion,
        status=201,
        parameters=(_ID,),
        refusals=("request.not_found", "request.invalid"),
    ),
    Operation(
        "GET",
        _ONE + "/statements",
        list_statements,
        _TAG,
        Role.GOVERNOR,
        answer=StatementPage,
        parameters=(_ID, _AFTER),
        refusals=_MISSING,
    ),
    Operation(
        "GET",
        _STATEMENT + "/history",
        list_statement_history,
        _TAG,
        Role.GOVERNOR,
        answer=StatementPage,
        parameters=_BOTH,
        refusals=_MISSING,
    ),
    _decision("suspend", suspend_statement),
    _decision("withdraw", withdraw_statement),
    _decision("reinstate", reinstate_statement),
)
