"""Status by VCALM: create a list, read it, set the status of one credential (Verifiable Credentials API)."""

from typing import Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import Field

from ler_trust.errors import Conflict
from ler_trust.model.instant import SECOND
from ler_trust.model.records import ListRecord, Role, StatusChange
from ler_trust.service import Service
from ler_trust.status.changes import ChangeOrder
from ler_trust.status.publisher import DEFAULT_TTL, MAX_LENGTH, MAX_TTL, MIN_LENGTH, MIN_TTL, StatusPublisher
from ler_trust.status.version import IssuersKey
from ler_trust.web.answers import json_answer
from ler_trust.web.api.published_lists import SignedList, get_status_list
from ler_trust.web.bodies import read_model
from ler_trust.web.fields import Address, Answer, Name, Request
from ler_trust.web.idempotency import IDEMPOTENCY_KEY, idempotency_key
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.problems import Problem

_INDEX_DIGITS: Final = 20


class ListOptions(Request):
    """What this service lets an issuer choose about a list, beside its purpose."""

    signing_key: Name | None = Field(default=None, description="By default the newest signing key.")
    length: int = Field(default=MIN_LENGTH, ge=MIN_LENGTH, le=MAX_LENGTH, multiple_of=8)
    ttl_seconds: int = Field(default=DEFAULT_TTL // SECOND, ge=MIN_TTL // SECOND, le=MAX_TTL // SECOND)


class CreateVcalmList(Request):
    """A list to be created."""

    status_purpose: Literal["revocation", "suspension"] = Field(alias="statusPurpose")
    options: ListOptions = ListOptions()


class CreatedList(Answer):
    """A list as created: its address, and the credential that is served there."""

    id: str
    verifiable_credential: dict[str, Any] = Field(serialization_alias="verifiableCredential")


class StatusTarget(Request):
    """The entry whose status is to be set; without index and list, the one that the credential id has."""

    type: Literal["BitstringStatusListEntry"]
    status_purpose: Literal["revocation", "suspension"] = Field(alias="statusPurpose")
    id: Address | None = None
    status_list_index: str | None = Field(default=None, alias="statusListIndex", max_length=_INDEX_DIGITS)
    status_list_credential: Address | None = Field(default=None, alias="statusListCredential")


class SetStatus(Request):
    """The status of one credential."""

    credential_id: Name = Field(alias="credentialId")
    credential_status: StatusTarget = Field(alias="credentialStatus")
    status: bool = True
    index_allocator: Address | None = Field(default=None, alias="indexAllocator")


class StatusSet(Answer):
    """The list that was changed, and its sequence."""

    id: str
    sequence: int


async def create_vcalm_list(request: web.Request) -> web.Response:
    """Create a status list and return it as published."""
    tenant = _tenant(request)
    body = await read_model(request, CreateVcalmList)
    service, options = request.app[SERVICE], body.options
    record = await service.publisher.create_list(
        tenant,
        body.status_purpose,
        await _key(service, tenant, options.signing_key),
        length=options.length,
        ttl=options.ttl_seconds * SECOND,
    )
    published = await service.publisher.published(record.id)
    created = CreatedList(id=record.url, verifiable_credential=orjson.loads(published.body))
    return json_answer(created, 201, {"Location": record.url})


async def set_vcalm_status(request: web.Request) -> web.Response:
    """Set the status of one credential, named by its entry or by the id it was allocated for."""
    tenant = _tenant(request)
    body = await read_model(request, SetStatus)
    service = request.app[SERVICE]
    record, index = await _place(service.publisher, tenant, body)
    if await service.publisher.is_reference(tenant, record, index, body.credential_id) is False:
        raise Problem(
            "request.other_credential", "the entry was allocated for another credential", "/credentialId"
        )
    if record.purpose != body.credential_status.status_purpose:
        raise Problem("request.invalid", "the list is for another purpose", "/credentialStatus/statusPurpose")
    order = ChangeOrder(
        {record.id: [StatusChange(index, int(body.status))]},
        request[CALLER].id,
        key=idempotency_key(request),
    )
    answer = await service.publisher.change_each(tenant, order)
    return json_answer(StatusSet(id=record.url, sequence=answer.sequences[record.id]))


async def get_vcalm_list(request: web.Request) -> web.StreamResponse:
    """Return a status list, signed, as at its own address."""
    service = request.app[SERVICE]
    await service.publisher.book.known(request.match_info["name"], request.match_info["id"])
    return await get_status_list(request)


async def _key(service: Service, tenant: str, wanted: str | None) -> str:
    """Return the key for a list that is answered signed: ``wanted``, else the newest that signs here."""
    if wanted is not None:
        if isinstance(await service.issuers.tenant_signer(tenant, wanted), IssuersKey):
            raise Problem("request.invalid", "a list that you sign is not made here", "/options/signing_key")
        return wanted
    for key in reversed(await service.store.signing_keys(tenant)):
        if not isinstance(await service.issuers.tenant_signer(tenant, key.id), IssuersKey):
            return key.id
    raise Problem("request.conflict", "make a signing key first")


async def _place(publisher: StatusPublisher, tenant: str, body: SetStatus) -> tuple[ListRecord, int]:
    target = body.credential_status
    if target.status_list_credential is None or target.status_list_index is None:
        [found] = await publisher.referenced(tenant, target.status_purpose, [body.credential_id])
        if found is None:
            raise Problem("request.not_found", "no entry was allocated for this credential", "/credentialId")
        return await publisher.book.known(tenant, found[0]), found[1]
    text = target.status_list_index
    if not (text.isascii() and text.isdigit()):
        raise Problem("request.malformed", "not an index", "/credentialStatus/statusListIndex")
    url = target.status_list_credential.partition("?as=")[0]  # in whichever form the entry names the list
    return await _list_at(publisher, tenant, url), int(text)


async def _list_at(publisher: StatusPublisher, tenant: str, url: str) -> ListRecord:
    try:
        record: ListRecord | None = await publisher.book.known(tenant, url.rpartition("/")[2])
    except Conflict:
        record = None
    if record is None or record.url != url:
        raise Problem(
            "request.not_found", "there is no such status list", "/credentialStatus/statusListCredential"
        )
    return record


def _tenant(request: web.Request) -> str:
    """Return the instance's tenant, which must be the caller's own."""
    tenant = request[CALLER].tenant
    if request.match_info["name"] != tenant:
        raise Problem("request.not_found", "there is no such instance")
    return tenant


_PATH: Final = "/instances/{name}"
_NAME: Final = path_parameter("name", "The instance: the tenant's name.")
_TAG: Final = "VCALM"
OPERATIONS: Final = (
    Operation(
        "POST",
        _PATH + "/status-lists",
        create_vcalm_list,
        _TAG,
        Role.ISSUER,
        body=CreateVcalmList,
        answer=CreatedList,
        status=201,
        parameters=(_NAME,),
        refusals=("request.not_found", "request.invalid", "request.conflict"),
    ),
    Operation(
        "POST",
        _PATH + "/credentials/status",
        set_vcalm_status,
        _TAG,
        Role.ISSUER,
        body=SetStatus,
        answer=StatusSet,
        parameters=(_NAME, IDEMPOTENCY_KEY),
        refusals=(
            "request.not_found",
            "request.invalid",
            "request.other_credential",
            "request.not_allocated",
            "request.final",
        ),
    ),
    Operation(
        "GET",
        _PATH + "/status-lists/{id}",
        get_vcalm_list,
        _TAG,
        answer=SignedList,
        answer_media=("application/vc",),
        parameters=(_NAME, path_parameter("id", "The list's id.")),
        refusals=("request.not_found",),
        others={304: "The copy in hand is the present one."},
    ),
)
