"""Issuers' signing keys, and the DID documents of the issuers hosted here."""

from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import Field

from ler_trust.model.did import KeyKind
from ler_trust.model.records import Role, SigningKey
from ler_trust.web.answers import json_answer
from ler_trust.web.bodies import read_model
from ler_trust.web.fields import Address, Answer, Moment, Name, Request
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.problems import Problem

_DID_SECONDS: Final = 300  # how long a verifier may keep the document of an issuer hosted here


class CreateKey(Request):
    """A signing key to be made; with a name it belongs to a `did:web` issuer hosted here."""

    kind: KeyKind = Field(default=KeyKind.ED25519, strict=False)
    name: Name | None = Field(default=None, description="a-z, 0-9 and hyphens; `did:key` when absent.")
    signer: Name | None = Field(default=None, description="A configured signer that holds the key.")
    key: Name | None = Field(default=None, description="What that signer calls the key.")
    method: Address | None = Field(
        default=None,
        description="The verification method of a key that you keep: its lists you sign yourself.",
    )


class KeyDescription(Answer):
    """A signing key; the private half never leaves the service."""

    id: str
    issuer: str
    method: str = Field(description="The verification method's URL.")
    kind: str
    created_at: Moment


class Keys(Answer):
    """A tenant's signing keys."""

    signing_keys: list[KeyDescription]


class Document(Answer):
    """A DID document."""

    id: str
    verification_method: list[dict[str, Any]] = Field(alias="verificationMethod")


async def create_signing_key(request: web.Request) -> web.Response:
    """Make a signing key, take one into use that a signer elsewhere holds, or note one that you keep."""
    body = await read_model(request, CreateKey)
    issuers, tenant = request.app[SERVICE].issuers, request[CALLER].tenant
    if body.method is not None:
        if body.model_fields_set != {"method"}:
            raise Problem("request.malformed", "a key that you keep has nothing but its method")
        return json_answer(_describe(await issuers.name(tenant, body.method)), 201)
    if body.signer is None and body.key is None:
        return json_answer(_describe(await issuers.create(tenant, body.kind, body.name)), 201)
    if body.signer is None or body.key is None:
        raise Problem("request.malformed", "give the signer and its key, or neither")
    key = await issuers.take(tenant, body.signer, body.key, body.name)
    return json_answer(_describe(key), 201)


async def list_signing_keys(request: web.Request) -> web.Response:
    """List the tenant's signing keys."""
    keys = await request.app[SERVICE].store.signing_keys(request[CALLER].tenant)
    return json_answer(Keys(signing_keys=[_describe(key) for key in keys]))


async def get_did_document(request: web.Request) -> web.Response:
    """Return the DID document of a `did:web` issuer hosted here."""
    document = await request.app[SERVICE].issuers.did_document(request.match_info["name"])
    if document is None:
        raise Problem("request.not_found")
    headers = {"Cache-Control": f"public, max-age={_DID_SECONDS}", "Access-Control-Allow-Origin": "*"}
    return web.Response(body=orjson.dumps(document), content_type="application/json", headers=headers)


def _describe(key: SigningKey) -> KeyDescription:
    return KeyDescription(
        id=key.id, issuer=key.issuer, method=key.method, kind=key.kind, created_at=key.created_at
    )


_PATH: Final = "/v1/signing-keys"
_TAG: Final = "Signing keys"
OPERATIONS: Final = (
    Operation(
        "POST",
        _PATH,
        create_signing_key,
        _TAG,
        Role.ISSUER,
        body=CreateKey,
        answer=KeyDescription,
        status=201,
        refusals=(
            "request.invalid",
            "request.conflict",
            "request.unavailable",
            "signer.unreachable",
            "signer.refused",
            "signer.key_missing",
            "signer.device_missing",
            "signer.locked",
            "signer.failed",
            "signer.malformed",
        ),
    ),
    Operation("GET", _PATH, list_signing_keys, _TAG, Role.ISSUER, answer=Keys),
    Operation(
        "GET",
        "/issuers/{name}/did.json",
        get_did_document,
        _TAG,
        answer=Document,
        parameters=(path_parameter("name", "The issuer's name."),),
        refusals=("request.not_found",),
    ),
)
