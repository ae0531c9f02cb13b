"""Issuer registries: governance bodies say who may issue what, and what they said before stays on record."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from ler_trust.model.records import Role
from ler_trust.model.statement import Registry, Statement
from ler_trust.trust.decisions import StatementDraft
from ler_trust.web.answers import json_answer
from ler_trust.web.api.registry_models import (
    CreateRegistry,
    CreateStatement,
    Decision,
    RegistryDescription,
    RegistryList,
    StatementPage,
    StatementVersion,
    Unchecked,
)
from ler_trust.web.bodies import read_model
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem
from ler_trust.web.queries import whole_number

_PAGE: Final = 1_000  # statements in one answer


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
    return json_answer(registry_list(found))


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


def registry_list(registries: Sequence[Registry]) -> RegistryList:
    """Return registries as an answer shows them."""
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
