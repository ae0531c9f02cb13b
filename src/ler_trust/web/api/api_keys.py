"""API keys: made by an admin for its tenant, shown once, revocable."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from ler_trust.accounts import mint_api_key
from ler_trust.model.records import ApiKey, Role
from ler_trust.web.answers import json_answer
from ler_trust.web.bodies import read_model
from ler_trust.web.fields import Answer, Moment, Name, Request
from ler_trust.web.keys import CALLER, KEY_RING, SERVICE
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.problems import Problem


class CreateApiKey(Request):
    """An API key to be made."""

    roles: Annotated[list[Annotated[Role, Field(strict=False)]], Field(min_length=1, max_length=len(Role))]
    label: Name = Field(description="What it is for, so that it can be told apart when it is to be revoked.")


class ApiKeyDescription(Answer):
    """An API key without its secret."""

    id: str
    roles: list[Role]
    label: str
    created_at: Moment
    revoked_at: Moment | None = None


class NewApiKey(ApiKeyDescription):
    """An API key just made, with the token that is shown this once."""

    token: str


class ApiKeys(Answer):
    """A tenant's API keys."""

    api_keys: list[ApiKeyDescription]


async def create_api_key(request: web.Request) -> web.Response:
    """Make an API key for the caller's tenant; the answer is the only place its token is ever shown."""
    body = await read_model(request, CreateApiKey)
    service = request.app[SERVICE]
    key, token = mint_api_key(request[CALLER].tenant, body.roles, body.label, service.clock.now())
    await service.store.put_api_key(key)
    return json_answer(NewApiKey(**_describe(key).model_dump(mode="python"), token=token), 201)


async def list_api_keys(request: web.Request) -> web.Response:
    """List the tenant's API keys, revoked ones included."""
    keys = await request.app[SERVICE].store.api_keys(request[CALLER].tenant)
    return json_answer(ApiKeys(api_keys=[_describe(key) for key in keys]))


async def revoke_api_key(request: web.Request) -> web.Response:
    """Revoke an API key of the caller's tenant; every replica refuses it within seconds."""
    if not await request.app[KEY_RING].revoke(request[CALLER].tenant, request.match_info["id"]):
        raise Problem("request.not_found")
    return web.Response(status=204)


def _describe(key: ApiKey) -> ApiKeyDescription:
    return ApiKeyDescription(
        id=key.id,
        roles=sorted(key.roles),
        label=key.label,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


_PATH: Final = "/v1/api-keys"
_TAG: Final = "API keys"
OPERATIONS: Final = (
    Operation(
        "POST", _PATH, create_api_key, _TAG, Role.ADMIN, body=CreateApiKey, answer=NewApiKey, status=201
    ),
    Operation("GET", _PATH, list_api_keys, _TAG, Role.ADMIN, answer=ApiKeys),
    Operation(
        "DELETE",
        _PATH + "/{id}",
        revoke_api_key,
        _TAG,
        Role.ADMIN,
        status=204,
        parameters=(path_parameter("id", "The key's id."),),
        refusals=("request.not_found",),
    ),
)
