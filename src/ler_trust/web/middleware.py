"""What surrounds every request: its id, the problem document for every error, one line in the log.

The log names the route's template, never the address asked for, the client, or anything that was sent:
an address can hold an identifier of a person or of a status list.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from ler_trust.errors import Conflict, Rejected, Undecided
from ler_trust.observe.failures import innermost, places
from ler_trust.web.keys import CALLER, REQUEST_ID
from ler_trust.web.metrics import WebMetrics
from ler_trust.web.operation import Attend
from ler_trust.web.problems import Problem, for_strangers, problem_of, problem_of_http, problem_response
from ler_trust.web.under_way import UnderWay

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ID_BYTES: Final = 16
_IDS_AT_ONCE: Final = 64
_PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
STANDING_HEADERS: Final[Mapping[str, str]] = {
    "Server": "ler-trust",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_CLIENT_LEFT: Final = 499
_log = structlog.get_logger("ler_trust.web")


def attending(under_way: UnderWay, metrics: WebMetrics) -> Attend:
    """Return what puts around a handler all that is done for each request, whatever it is about.

    Account is kept in ``under_way`` and ``metrics``. It is no middleware of the HTTP library: lists are asked
    for so often that every layer counts.
    """
    ids = _new_ids()

    def attend(handler: Handler, method: str, route: str) -> Handler:
        async def attended(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("X-Request-ID")
            request[REQUEST_ID] = given if given is not None and _REQUEST_ID.fullmatch(given) else next(ids)
            started = perf_counter()
            with under_way:
                try:
                    response = await handler(request)
                except Exception as error:  # noqa: BLE001 - every error is answered with a problem document
                    response = _refusal(request, error)
            seconds = perf_counter() - started
            metrics.count_request(method, route, response.status, seconds)
            if response.status >= 500 or request.get(CALLER) is not None:
                _log_request(request, route, response.status, seconds)
            return response

        return attended

    return attend


def _new_ids() -> Iterator[str]:
    """Give ids without end, many from one call of the system, which takes longer than all else about them."""
    while True:
        text = secrets.token_hex(_ID_BYTES * _IDS_AT_ONCE)
        yield from (text[start : start + 2 * _ID_BYTES] for start in range(0, len(text), 2 * _ID_BYTES))


def _refusal(request: web.Request, error: Exception) -> web.Response:
    """Return the problem document for what a handler raised."""
    match error:
        case ConnectionError():
            return web.Response(status=_CLIENT_LEFT)  # which nobody will see
        case web.HTTPException():
            problem = problem_of_http(error)
        case Problem():
            problem = error
        case Rejected() | Undecided() | Conflict():
            problem = problem_of(error)
            if CALLER not in request:
                problem = for_strangers(problem)
        case _:  # the last resort: logged, and answered without a trace
            _log_failure(request, error)
            problem = Problem("request.internal", "the request id names what was logged about it")
    return problem_response(problem, request[REQUEST_ID])


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers that every response carries."""
    headers = response.headers
    headers.update(STANDING_HEADERS)
    if REQUEST_ID in request:
        headers["X-Request-ID"] = request[REQUEST_ID]
    if response.content_type == "text/html":
        headers["Content-Security-Policy"] = _PAGE_POLICY


def _log_request(request: web.Request, route: str, status: int, seconds: float) -> None:
    caller = request.get(CALLER)
    _log.info(
        "request",
        method=request.method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        request_id=request[REQUEST_ID],
        tenant=None if caller is None else caller.tenant,
        key=None if caller is None else caller.id,
    )


def _log_failure(request: web.Request, error: Exception) -> None:
    found = innermost(error)
    _log.error("request_failed", error=type(found).__name__, at=places(found), request_id=request[REQUEST_ID])
