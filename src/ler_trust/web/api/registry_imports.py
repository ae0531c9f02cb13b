"""Registries that are kept elsewhere: taken over from the list formats of the field."""

from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from ler_trust.errors import Failure
from ler_trust.model.records import Role
from ler_trust.trust.importers import LIST_BYTES
from ler_trust.trust.synchronise import ImportOutcome
from ler_trust.web.answers import json_answer
from ler_trust.web.api.registries import registry_list
from ler_trust.web.api.registry_models import ImportCounts, RegistryList
from ler_trust.web.bodies import JSON, read_body, require_media_type
from ler_trust.web.fields import Request
from ler_trust.web.keys import CALLER, LIMITS, SERVICE
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.problems import Problem


class KnownRegistries(Request):
    """A `known-did-registries.json`: sent as it is, an array."""


class LegacyList(Request):
    """A list of the form `{"meta": …, "registry": {did: {name, location, url}}}`."""

    meta: dict[str, Any]
    registry: dict[str, Any]


async def import_registries(request: web.Request) -> web.Response:
    """Add or update the registries named in a `known-did-registries.json`, in its order.

    Their content is not fetched yet: refresh each, or import its list.
    """
    require_media_type(request, JSON)
    body = await read_body(request, request.app[LIMITS].body_bytes)
    found = await request.app[SERVICE].trust.import_known_registries(request[CALLER].tenant, body)
    return json_answer(registry_list(found))


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


def _counts(outcome: ImportOutcome) -> ImportCounts:
    return ImportCounts(**asdict(outcome))


_PATH: Final = "/v1/registries"
_ONE: Final = _PATH + "/{id}"
_TAG: Final = "Registries"
_ID: Final = path_parameter("id", "The registry's id.")
OPERATIONS: Final = (
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
)
