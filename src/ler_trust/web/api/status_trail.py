"""Who changed which status when and why, what is scheduled, and both taken away as a file."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final, Literal

from aiohttp import web

from ler_trust.contracts import StatusStore
from ler_trust.model.records import AuditedChange, Role, ScheduledChange
from ler_trust.spreadsheets import as_cell
from ler_trust.web.answers import json_answer
from ler_trust.web.api.status_change_models import (
    CalledOff,
    ChangeRecord,
    History,
    Schedule,
    Scheduled,
)
from ler_trust.web.bodies import JSON
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.negotiation import preferred
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem
from ler_trust.web.queries import whole_number

_PAGE: Final = 1_000  # changes in one answer, or in one piece of an export
_NDJSON: Final = "application/x-ndjson"
_CSV: Final = "text/csv"
_COLUMNS: Final = tuple(ChangeRecord.model_fields)
_State = Literal["waiting", "made", "called_off"]


async def list_changes(request: web.Request) -> web.StreamResponse:
    """List the recorded changes, oldest first.

    As JSON a thousand at a time, `next` being `after` of the next page; as NDJSON or CSV all of them.
    """
    kind = preferred(request.headers.get("Accept", "*/*"), (JSON, _NDJSON, _CSV))
    if kind is None:
        raise Problem("request.not_acceptable")
    after = whole_number(request, "after", 0)
    service = request.app[SERVICE]
    record = await service.publisher.book.known(request[CALLER].tenant, request.match_info["id"])
    if kind != JSON:
        return await _export(request, kind, _pages(service.store, record.id, after))
    found = await service.store.changes(record.id, after=after, limit=_PAGE)
    following = found[-1].sequence if len(found) == _PAGE else None
    return json_answer(History(changes=[_recorded(change) for change in found], next=following))


async def list_scheduled(request: web.Request) -> web.Response:
    """List the scheduled changes, those made and called off included, a thousand at a time."""
    after = whole_number(request, "after", 0)
    service = request.app[SERVICE]
    record = await service.publisher.book.known(request[CALLER].tenant, request.match_info["id"])
    found = await service.store.scheduled(record.id, after=after, limit=_PAGE)
    following = found[-1].number if len(found) == _PAGE else None
    return json_answer(Schedule(scheduled=[_scheduled(change) for change in found], next=following))


async def call_off_change(request: web.Request) -> web.Response:
    """Call off one scheduled change that has not taken effect."""
    number = request.match_info["number"]
    if not (number.isascii() and number.isdigit() and len(number) <= 15):
        raise Problem("request.not_found")
    caller, publisher = request[CALLER], request.app[SERVICE].publisher
    ended = await publisher.call_off(caller.tenant, request.match_info["id"], [int(number)], actor=caller.id)
    if not ended:
        raise Problem("request.not_found", "there is no such change that has not taken effect")
    return json_answer(CalledOff(called_off=ended))


async def _pages(store: StatusStore, list_id: str, after: int) -> AsyncIterator[Sequence[AuditedChange]]:
    while page := await store.changes(list_id, after=after, limit=_PAGE):
        yield page
        after = page[-1].sequence


async def _export(
    request: web.Request, kind: str, pages: AsyncIterator[Sequence[AuditedChange]]
) -> web.StreamResponse:
    write: Callable[[Iterable[ChangeRecord]], bytes] = _csv_rows if kind == _CSV else _lines
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = kind
    response.charset = "utf-8"
    await response.prepare(request)
    if kind == _CSV:
        await response.write((",".join(_COLUMNS) + "\r\n").encode())
    async for page in pages:
        await response.write(write(map(_recorded, page)))
    await response.write_eof()
    return response


def _lines(changes: Iterable[ChangeRecord]) -> bytes:
    return b"".join(change.model_dump_json().encode() + b"\n" for change in changes)


def _csv_rows(changes: Iterable[ChangeRecord]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    for change in changes:
        rows.writerow([as_cell(value) for value in change.model_dump(mode="json").values()])
    return text.getvalue().encode()


def _recorded(change: AuditedChange) -> ChangeRecord:
    return ChangeRecord(
        sequence=change.sequence,
        index=change.index,
        value=change.value,
        reason=change.reason,
        reason_code=change.code.value,
        actor=change.actor,
        recorded_at=change.recorded_at,
        effective_at=change.effective_at,
    )


def _scheduled(change: ScheduledChange) -> Scheduled:
    over: _State = "made" if change.ended_by is None else "called_off"
    return Scheduled(
        number=change.number,
        index=change.index,
        value=change.value,
        reason=change.reason,
        reason_code=change.code.value,
        actor=change.actor,
        recorded_at=change.recorded_at,
        effective_at=change.effective_at,
        state="waiting" if change.ended_at is None else over,
        ended_at=change.ended_at,
        ended_by=change.ended_by,
    )


_PATH: Final = "/v1/status-lists/{id}"
_ID: Final = path_parameter("id", "The list's id.")
_AFTER: Final = Parameter("after", "query", "What comes after this number only.", {"type": "integer"})
_TAG: Final = "Status lists"
OPERATIONS: Final = (
    Operation(
        "GET",
        _PATH + "/changes",
        list_changes,
        _TAG,
        Role.ISSUER,
        answer=History,
        answer_media=(JSON, _NDJSON, _CSV),
        answer_line=ChangeRecord,
        parameters=(_ID, _AFTER),
        refusals=("request.not_found", "request.not_acceptable"),
    ),
    Operation(
        "GET",
        _PATH + "/scheduled",
        list_scheduled,
        _TAG,
        Role.ISSUER,
        answer=Schedule,
        parameters=(_ID, _AFTER),
        refusals=("request.not_found",),
    ),
    Operation(
        "DELETE",
        _PATH + "/scheduled/{number}",
        call_off_change,
        _TAG,
        Role.ISSUER,
        answer=CalledOff,
        parameters=(_ID, path_parameter("number", "The scheduled change's number.")),
        refusals=("request.not_found",),
    ),
)
