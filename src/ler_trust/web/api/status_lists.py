"""Status lists as their issuer keeps them: created and allocated from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from ler_trust.model.instant import SECOND
from ler_trust.model.records import ListRecord, Role
from ler_trust.status.publisher import StatusPublisher
from ler_trust.web.answers import json_answer
from ler_trust.web.api.status_list_models import (
    Allocation,
    ChangeList,
    CreateList,
    Entries,
    ListDescription,
    Lists,
    OpenAllocation,
)
from ler_trust.web.bodies import read_model
from ler_trust.web.idempotency import IDEMPOTENCY_KEY, idempotency_key
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, path_parameter


async def create_status_list(request: web.Request) -> web.Response:
    """Create a status list for one purpose."""
    body = await read_model(request, CreateList)
    record = await request.app[SERVICE].publisher.create_list(
        request[CALLER].tenant,
        body.purpose,
        body.signing_key,
        length=body.length,
        ttl=body.ttl_seconds * SECOND,
    )
    return json_answer(_describe(record), 201, {"Location": f"/v1/status-lists/{record.id}"})


async def list_status_lists(request: web.Request) -> web.Response:
    """List the tenant's status lists, oldest first."""
    records = await request.app[SERVICE].store.list_records(request[CALLER].tenant)
    return json_answer(Lists(lists=[_describe(record) for record in records]))


async def get_status_list_record(request: web.Request) -> web.Response:
    """Describe one of the tenant's status lists."""
    publisher = request.app[SERVICE].publisher
    return json_answer(_describe(await publisher.book.own(request[CALLER].tenant, request.match_info["id"])))


async def change_status_list(request: web.Request) -> web.Response:
    """Have a list signed by another of your keys, at once and from now on."""
    body = await read_model(request, ChangeList)
    publisher, tenant = request.app[SERVICE].publisher, request[CALLER].tenant
    return json_answer(_describe(await publisher.rekey(tenant, request.match_info["id"], body.signing_key)))


async def allocate_entries(request: web.Request) -> web.Response:
    """Hand out unused entries, to be put into credentials as their `credentialStatus`.

    The entries are in a random order, so that a list does not show who was issued a credential when. None is
    ever handed out twice.
    """
    body = await read_model(request, Allocation)
    publisher = request.app[SERVICE].publisher
    entries = await publisher.allocate(
        request[CALLER].tenant,
        request.match_info["id"],
        body.count,
        references=body.references,
        key=idempotency_key(request),
    )
    return await _entries(publisher, body, entries)


async def allocate_open_entries(request: web.Request) -> web.Response:
    """Hand out unused entries of lists for a purpose, chosen at random among those that are open.

    The next list is opened, like the last, before there is no room.
    """
    body = await read_model(request, OpenAllocation)
    publisher = request.app[SERVICE].publisher
    entries = await publisher.allocate_open(
        request[CALLER].tenant,
        body.purpose,
        body.count,
        references=body.references,
        key=idempotency_key(request),
    )
    return await _entries(publisher, body, entries)


async def _entries(
    publisher: StatusPublisher, body: Allocation, entries: Sequence[Mapping[str, Any]]
) -> web.Response:
    found = Entries(entries=[dict(entry) for entry in entries])
    if body.forms:
        forms = {form: [dict(each) for each in await publisher.in_form(form, entries)] for form in body.forms}
        found = found.model_copy(update={"forms": forms})
    return json_answer(found, 201)


def _describe(record: ListRecord) -> ListDescription:
    return ListDescription(
        id=record.id,
        url=record.url,
        purpose=record.purpose,
        length=record.length,
        allocated=record.allocated,
        sequence=record.sequence,
        signing_key=record.signing_key,
        signed_by="issuer" if record.issuer_signs else "service",
        ttl_seconds=record.ttl // SECOND,
        created_at=record.created_at,
    )


_ID: Final = path_parameter("id", "The list's id.")
_PATH: Final = "/v1/status-lists"
_TAG: Final = "Status lists"
_REFUSED: Final = (
    "request.not_found",
    "request.invalid",
    "request.list_full",
    "request.conflict",
    "request.key_reused",
)
OPERATIONS: Final = (
    Operation(
        "POST",
        _PATH,
        create_status_list,
        _TAG,
        Role.ISSUER,
        body=CreateList,
        answer=ListDescription,
        status=201,
        refusals=("request.not_found", "request.invalid"),
    ),
    Operation("GET", _PATH, list_status_lists, _TAG, Role.ISSUER, answer=Lists),
    Operation(
        "GET",
        _PATH + "/{id}",
        get_status_list_record,
        _TAG,
        Role.ISSUER,
        answer=ListDescription,
        parameters=(_ID,),
        refusals=("request.not_found",),
    ),
    Operation(
        "PATCH",
        _PATH + "/{id}",
        change_status_list,
        _TAG,
        Role.ISSUER,
        body=ChangeList,
        answer=ListDescription,
        parameters=(_ID,),
        refusals=("request.not_found", "request.invalid"),
    ),
    Operation(
        "POST",
        _PATH + "/{id}/entries",
        allocate_entries,
        _TAG,
        Role.ISSUER,
        body=Allocation,
        answer=Entries,
        status=201,
        parameters=(_ID, IDEMPOTENCY_KEY),
        refusals=_REFUSED,
    ),
    Operation(
        "POST",
        "/v1/status-entries",
        allocate_open_entries,
        _TAG,
        Role.ISSUER,
        body=OpenAllocation,
        answer=Entries,
        status=201,
        parameters=(IDEMPOTENCY_KEY,),
        refusals=_REFUSED,
    ),
)
