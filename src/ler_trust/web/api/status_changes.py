"""Status changed by its issuer: revoked, suspended, reinstated; at once, later, or only tried."""

from collections import defaultdict
from typing import Final

from aiohttp import web

from ler_trust.model.records import ListRecord, Role, StatusChange
from ler_trust.status.changes import ChangeAnswer, ChangeOrder
from ler_trust.web.answers import json_answer
from ler_trust.web.api.change_targets import targets
from ler_trust.web.api.status_change_models import AppliedChanges, ChangedList, Changes
from ler_trust.web.bodies import read_model
from ler_trust.web.idempotency import IDEMPOTENCY_KEY, idempotency_key
from ler_trust.web.keys import CALLER, LIMITS, SERVICE
from ler_trust.web.operation import Operation, path_parameter


async def change_entries(request: web.Request) -> web.Response:
    """Revoke, suspend or reinstate entries of one list: all of them or, if one is not possible, none.

    Once this is answered the changes are durable and in the published list; in a list that its issuer signs,
    once that is uploaded. A revocation is final.
    """
    caller, publisher = request[CALLER], request.app[SERVICE].publisher
    record = await publisher.book.known(caller.tenant, request.match_info["id"])
    body, answer = await _change(request, record)
    return _answer(
        body, answer, AppliedChanges(applied=answer.applied, sequence=answer.sequences.get(record.id))
    )


async def change_statuses(request: web.Request) -> web.Response:
    """Revoke, suspend or reinstate entries of any of your lists, named by entry or by reference.

    All of them or none, also where they are on several lists.
    """
    body, answer = await _change(request, None)
    lists = [ChangedList(id=list_id, sequence=number) for list_id, number in answer.sequences.items()]
    return _answer(body, answer, AppliedChanges(applied=answer.applied, lists=lists))


async def _change(request: web.Request, home: ListRecord | None) -> tuple[Changes, ChangeAnswer]:
    body = await read_model(request, Changes, request.app[LIMITS].batch_bytes)
    caller, service = request[CALLER], request.app[SERVICE]
    batches: dict[str, list[StatusChange]] = defaultdict(list)
    for list_id, change in await targets(service.publisher, caller.tenant, body, home):
        batches[list_id].append(change)
    order = ChangeOrder(batches, caller.id, body.effective_at, body.dry_run, idempotency_key(request))
    return body, await service.publisher.change_each(caller.tenant, order)


def _answer(body: Changes, answer: ChangeAnswer, applied: AppliedChanges) -> web.Response:
    more: dict[str, object] = {}
    if body.dry_run:
        more = {"dry_run": True, "unchanged": answer.unchanged}
    elif body.effective_at is not None:
        more = {"effective_at": body.effective_at}
    return json_answer(applied.model_copy(update=more), 202 if "effective_at" in more else 200)


_TAG: Final = "Status lists"
_REFUSED: Final = (
    "request.not_found",
    "request.invalid",
    "request.not_allocated",
    "request.final",
    "request.key_reused",
)
_OTHERS: Final = {202: "The changes are recorded and take effect later."}
OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/status-lists/{id}/changes",
        change_entries,
        _TAG,
        Role.ISSUER,
        body=Changes,
        answer=AppliedChanges,
        parameters=(path_parameter("id", "The list's id."), IDEMPOTENCY_KEY),
        refusals=_REFUSED,
        others=_OTHERS,
    ),
    Operation(
        "POST",
        "/v1/status-changes",
        change_statuses,
        _TAG,
        Role.ISSUER,
        body=Changes,
        answer=AppliedChanges,
        parameters=(IDEMPOTENCY_KEY,),
        refusals=_REFUSED,
        others=_OTHERS,
    ),
)
