"""Status lists as everybody reads them: public, cacheable, and nothing kept of who did.

A client chooses the form by ``Accept``, or, where it cannot, by the query parameter ``as``.
"""

from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.records import PublishedList
from ler_trust.status.forms import CREDENTIAL, DEFAULT_FORM
from ler_trust.status.publisher import StatusPublisher
from ler_trust.status.renderings import Rendering
from ler_trust.web.fields import Answer, read_time
from ler_trust.web.keys import SERVICE
from ler_trust.web.made_answer import MadeHead
from ler_trust.web.negotiation import preferred
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem

_STALE_IF_ERROR: Final = 86_400  # seconds: a signed list says itself how long it may be relied on
_AGGREGATION_SECONDS: Final = 300  # how long a new list may be missing from a copy of the aggregation
_PAST_SECONDS: Final = 86_400  # what was published does not change, but may be forgotten
_INDIFFERENT: Final = ("", "*/*", CREDENTIAL)
_DEFAULT: Final = (DEFAULT_FORM, False)
_HEADS_KEPT: Final = 1_024  # of half a kilobyte: a busy service has as many lists in use
_DIGITS: Final = 12  # of a time in seconds


class SignedList(Answer):
    """A status list credential, signed."""

    proof: dict[str, Any]
    credential_subject: dict[str, Any] = Field(alias="credentialSubject")


class Aggregation(Answer):
    """The addresses of all of an issuer's status lists."""

    status_lists: list[str]


async def get_status_list(request: web.Request) -> web.StreamResponse:
    """Return a status list, signed, in the form asked for by `Accept` or `as`.

    Public, cacheable, and kept in no log. It holds every change that was acknowledged before; one that its
    issuer signs is as it was uploaded last. All forms are of the same bits: `application/vc` (with
    `;cryptosuite=eddsa-jcs-2022` or the like), `application/vc+jwt`,
    `application/vc;type=StatusList2021Credential`, `application/statuslist+jwt` and
    `application/statuslist+cwt`.
    """
    service, list_id = request.app[SERVICE], request.match_info["id"]
    publisher, clock, moment = service.publisher, service.clock, _moment(request)
    form, own = _form_named(request) or (await _form_preferred(request, publisher, list_id), False)
    found = publisher.at_hand(list_id, form, own=own, now=clock.now()) if moment is None else None
    rendering, published = found or await publisher.rendering(list_id, form, own=own, at=moment)
    # Only now: whatever was waited for is over.
    seconds = _fresh_seconds(published, clock.now()) if moment is None else _PAST_SECONDS
    return _served(request, rendering, seconds)


async def get_aggregation(request: web.Request) -> web.Response:
    """Return the addresses of an issuer's status lists, for whoever fetches them all beforehand."""
    publisher = request.app[SERVICE].publisher
    body = Aggregation(status_lists=list(await publisher.aggregated(request.match_info["tenant"])))
    headers = {"Cache-Control": f"public, max-age={_AGGREGATION_SECONDS}", "Access-Control-Allow-Origin": "*"}
    content = body.model_dump_json().encode()
    return web.Response(body=content, content_type="application/json", headers=headers)


def _form_named(request: web.Request) -> tuple[str, bool] | None:
    """Return the name of the form asked for, and whether by an address of its own, if that is told easily."""
    named = request.query.get("as") if request.query_string else None
    if named is not None:
        return named, True
    return _DEFAULT if request.headers.get("Accept", "") in _INDIFFERENT else None


async def _form_preferred(request: web.Request, publisher: StatusPublisher, list_id: str) -> str:
    """Return the name of the form that a client's preferences come to."""
    offered = await publisher.offered(list_id)
    chosen = preferred(request.headers.get("Accept", ""), tuple(offered))
    if chosen is None:
        raise Problem("request.not_acceptable", "lists come as " + ", ".join(offered))
    return offered[chosen]


def _moment(request: web.Request) -> Instant | None:
    """Return the time asked about: ``timestamp`` (Bitstring §2.4) or ``time`` (Token Status List §8.4)."""
    if not request.query_string:
        return None
    seconds = request.query.get("time")
    if seconds is None:
        return read_time(request.query.get("timestamp"), "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _DIGITS):
        raise Problem("request.malformed", "the query parameter time is not a number of seconds")
    return int(seconds) * SECOND


def _served(request: web.Request, rendering: Rendering, seconds: int) -> web.StreamResponse:
    packed = rendering.packed if _takes_gzip(request) else None
    etag = rendering.etag if packed is None else rendering.packed_etag
    if _has(request, etag):
        return _head(etag, seconds).answer(request)
    body = rendering.body if packed is None else packed
    head = _head(etag, seconds, rendering.media_type, packed is not None, len(body))
    return head.answer(request, body)


@lru_cache(_HEADS_KEPT)
def _head(
    etag: str, seconds: int, media_type: str | None = None, is_packed: bool = False, length: int | None = None
) -> MadeHead:
    """Return the head of an answer; without a media type, that of one that says that nothing has changed."""
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={seconds}, stale-if-error={_STALE_IF_ERROR}",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag",
        "Vary": "Accept, Accept-Encoding",
    }
    if media_type is None:
        return MadeHead(HTTPStatus.NOT_MODIFIED, headers, None)
    headers["Content-Type"] = media_type
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return MadeHead(HTTPStatus.OK, headers, length)


def _takes_gzip(request: web.Request) -> bool:
    """Tell whether the client says that it takes GZIP, and not that it does not (RFC 9110 §12.5.3)."""
    given = request.headers.get("Accept-Encoding")
    if given is None:
        return False
    for part in given.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        if name.strip() == "gzip":
            return parameter.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0")
    return False


def _fresh_seconds(published: PublishedList, now: Instant) -> int:
    left = published.valid_until - now
    if published.next_due is not None:
        left = min(left, published.next_due - now)
    return max(0, min(published.ttl, left)) // SECOND


def _has(request: web.Request, etag: str) -> bool:
    """Tell whether the client has what it would get, by weak comparison (RFC 9110 §13.1.2)."""
    given = request.headers.get("If-None-Match")
    if given is None or given == etag:
        return given is not None
    return any(known.value in ("*", etag.strip('"')) for known in request.if_none_match or ())


_ID: Final = path_parameter("id", "The list's id.")
_TAG: Final = "Status lists"
OPERATIONS: Final = (
    Operation(
        "GET",
        "/status-lists/{id}",
        get_status_list,
        _TAG,
        answer=SignedList,
        answer_media=(CREDENTIAL,),
        parameters=(
            _ID,
            Parameter("If-None-Match", "header", "The ETag of the copy in hand."),
            Parameter(
                "as",
                "query",
                "The form, for clients that cannot choose by Accept: `credential`, `jcs`, `vc-jwt`, "
                "`status-list-2021`, `token-jwt` or `token-cwt`.",
            ),
            Parameter("timestamp", "query", "The list as published at this time, a date and time."),
            Parameter("time", "query", "The same, in seconds since 1970.", {"type": "integer"}),
        ),
        refusals=(
            "request.not_found",
            "request.not_signed",
            "request.not_acceptable",
            "request.no_such_time",
            "request.unavailable",
        ),
        others={304: "The copy in hand is the present one."},
    ),
    Operation(
        "GET",
        "/status-list-aggregations/{tenant}",
        get_aggregation,
        _TAG,
        answer=Aggregation,
        parameters=(path_parameter("tenant", "Whose lists."),),
    ),
)
