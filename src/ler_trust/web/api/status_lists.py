"""Status lists as their issuer keeps them: created, allocated from, changed."""

from typing import Final

from aiohttp import web

from ler_trust.model.instant import SECOND
from ler_trust.model.records import AuditedChange, ListRecord, Role, StatusChange
from ler_trust.web.answers import json_answer
from ler_trust.web.api.status_list_models import (
    Allocation,
    AppliedChanges,
    Change,
    ChangeRecord,
    Changes,
    CreateList,
    Entries,
    History,
    ListDescription,
    Lists,
)
from ler_trust.web.bodies import read_model
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem
from ler_trust.web.queries import whole_number

_PAGE: Final = 1_000  # changes in one answer


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
    return json_answer(_describe(await _own_record(request)))


async def allocate_entries(request: web.Request) -> web.Response:
    """Hand out unused entries, to be put into credentials as their `credentialStatus`.

    The entries are in a random order, so that a list does not show who was issued a credential when. None is
    ever handed out twice.
    """
    body = await read_model(request, Allocation)
    publisher = request.app[SERVICE].publisher
    entries = await publisher.allocate(request[CALLER].tenant, request.match_info["id"], body.count)
    return json_answer(Entries(entries=[dict(entry) for entry in entries]), 201)


async def change_entries(request: web.Request) -> web.Response:
    """Revoke, suspend or reinstate: all of the changes or, if one is not possible, none.

    Once this is answered the changes are durable and in the published list. A revocation is final.
    """
    body = await read_model(request, Changes)
    record = await _own_record(request)
    changes = [_change(position, change, record) for position, change in enumerate(body.changes)]
    caller, publisher = request[CALLER], request.app[SERVICE].publisher
    sequence = await publisher.change(caller.tenant, record.id, changes, actor=caller.id)
    return json_answer(AppliedChanges(applied=len(changes), sequence=sequence))


async def list_changes(request: web.Request) -> web.Response:
    """List the recorded changes, oldest first, a thousand at a time; `next` is `after` of the next page."""
    after = whole_number(request, "after", 0)
    record = await _own_record(request)
    found = await request.app[SERVICE].store.changes(record.id, after=after, limit=_PAGE)
    following = found[-1].sequence if len(found) == _PAGE else None
    return json_answer(History(changes=[_recorded(change) for change in found], next=following))


async def _own_record(request: web.Request) -> ListRecord:
    record = await request.app[SERVICE].store.list_record(request.match_info["id"])
    if record is None or record.tenant != request[CALLER].tenant:
        raise Problem("request.not_found")
    return record


def _change(position: int, change: Change, record: ListRecord) -> StatusChange:
    pointer = f"/changes/{position}"
    wanted = {"revocation": "revoked", "suspension": "suspended"}[record.purpose]
    if change.status not in ("active", wanted):
        raise Problem("request.invalid", f"this list's entries are active or {wanted}", pointer + "/status")
    return StatusChange(_index(pointer, change, record), int(change.status == wanted), change.reason)


def _index(pointer: str, change: Change, record: ListRecord) -> int:
    if change.entry is None:
        if change.index is None:
            raise Problem("request.malformed", "give the index or the entry", pointer)
        return change.index
    if change.entry.get("statusListCredential") != record.url or change.index is not None:
        raise Problem("request.invalid", "the entry is not one of this list", pointer + "/entry")
    text = change.entry.get("statusListIndex")
    if not (isinstance(text, str) and len(text) < 20 and text.isascii() and text.isdigit()):
        raise Problem("request.invalid", "not an index", pointer + "/entry/statusListIndex")
    return int(text)


def _describe(record: ListRecord) -> ListDescription:
    return ListDescription(
        id=record.id,
        url=record.url,
        purpose=record.purpose,
        length=record.length,
        allocated=record.allocated,
        sequence=record.sequence,
        signing_key=record.signing_key,
        ttl_seconds=record.ttl // SECOND,
        created_at=record.created_at,
    )


def _recorded(change: AuditedChange) -> ChangeRecord:
    return ChangeRecord(
        sequence=change.sequence,
        index=change.index,
        value=change.value,
        reason=change.reason,
        actor=change.actor,
        recorded_at=change.recorded_at,
    )


_ID: Final = path_parameter("id", "The list's id.")
_PATH: Final = "/v1/status-lists"
_TAG: Final = "Status lists"
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
        "POST",
        _PATH + "/{id}/entries",
        allocate_entries,
        _TAG,
        Role.ISSUER,
        body=Allocation,
        answer=Entries,
        status=201,
        parameters=(_ID,),
        refusals=("request.not_found", "request.list_full"),
    ),
    Operation(
        "POST",
        _PATH + "/{id}/changes",
        change_entries,
        _TAG,
        Role.ISSUER,
        body=Changes,
        answer=AppliedChanges,
        parameters=(_ID,),
        refusals=("request.not_found", "request.invalid", "request.not_allocated", "request.final"),
    ),
    Operation(
        "GET",
        _PATH + "/{id}/changes",
        list_changes,
        _TAG,
        Role.ISSUER,
        answer=History,
        parameters=(
            _ID,
            Parameter("after", "query", "Changes after this sequence number only.", {"type": "integer"}),
        ),
        refusals=("request.not_found",),
    ),
)
