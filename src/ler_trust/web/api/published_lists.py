"""Status lists as everybody reads them: public, cacheable, and nothing kept of who did."""

from typing import Any, Final

from aiohttp import web
from pydantic import Field

from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.records import PublishedList
from ler_trust.web.fields import Answer
from ler_trust.web.keys import SERVICE
from ler_trust.web.operation import Operation, Parameter, path_parameter

_MEDIA_TYPE: Final = "application/vc"
_STALE_IF_ERROR: Final = 86_400  # seconds: a signed list says itself how long it may be relied on


class SignedList(Answer):
    """A status list credential, signed."""

    proof: dict[str, Any]
    credential_subject: dict[str, Any] = Field(alias="credentialSubject")


async def get_status_list(request: web.Request) -> web.Response:
    """Return a status list as a signed credential.

    Public, cacheable, and kept in no log. It holds every change that was acknowledged before.
    """
    service = request.app[SERVICE]
    list_id = request.match_info["id"]
    published = await service.publisher.published(list_id)
    seconds = _fresh_seconds(published, service.clock.now())
    response = web.Response(body=published.body, content_type=_MEDIA_TYPE)
    response.headers.update(
        {
            "ETag": published.etag,
            "Cache-Control": f"public, max-age={seconds}, stale-if-error={_STALE_IF_ERROR}",
            "Access-Control-Allow-Origin": "*",
        }
    )
    if _has(request, published.etag):
        response.set_status(304)
        response.body = None
    return response


def _fresh_seconds(published: PublishedList, now: Instant) -> int:
    ends = [published.valid_until, *([] if published.next_due is None else [published.next_due])]
    return max(0, min(published.ttl, min(ends) - now)) // SECOND


def _has(request: web.Request, etag: str) -> bool:
    """Tell whether the client has what ``etag`` names, by weak comparison (RFC 9110 §13.1.2)."""
    return any(known.value in ("*", etag.strip('"')) for known in request.if_none_match or ())


_ID: Final = path_parameter("id", "The list's id.")
OPERATIONS: Final = (
    Operation(
        "GET",
        "/status-lists/{id}",
        get_status_list,
        "Status lists",
        answer=SignedList,
        answer_media=(_MEDIA_TYPE,),
        parameters=(_ID, Parameter("If-None-Match", "header", "The ETag of the copy in hand.")),
        refusals=("request.not_found",),
        others={304: "The copy in hand is the present one."},
    ),
)
