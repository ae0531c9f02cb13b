"""What surrounds every request: its id, the problem document for every error, one line in the log.

The log names the route's template, never the address asked for, the client, or anything that was sent:
an address can hold an identifier of a person or of a status list.
"""

import re
import secrets
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from ler_trust.errors import Conflict, Rejected, Undecided
from ler_trust.observe.failures import innermost, places
from ler_trust.web.keys import CALLER, METRICS, REQUEST_ID, UNDER_WAY
from ler_trust.web.problems import Problem, for_strangers, problem_of, problem_of_http, problem_response

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CLIENT_LEFT: Final = 499
_log = structlog.get_logger("ler_trust.web")


@web.middleware
async def with_request_id(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, the client's own when it has a safe form, and log the request's end."""
    given = request.headers.get("X-Request-ID", "")
    request[REQUEST_ID] = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    started = perf_counter()
    with request.app[UNDER_WAY]:
        response = await handler(request)
    seconds = perf_counter() - started
    request.app[METRICS].count_request(request, response.status, seconds)
    if CALLER in request or response.status >= 500:
        _log_request(request, response.status, seconds)
    return response


@web.middleware
async def with_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn everything a handler can raise into a problem document."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        problem = problem_of_http(error)
    except Problem as raised:
        problem = raised
    except (Rejected, Undecided, Conflict) as finding:
        problem = problem_of(finding)
        if CALLER not in request:
            problem = for_strangers(problem)
    except ConnectionError:
        return web.Response(status=_CLIENT_LEFT)  # which nobody will see
    except Exception as error:  # noqa: BLE001 - the last resort: logged, and answered without a trace
        _log_failure(request, error)
        problem = Problem("request.internal", "the request id names what was logged about it")
    return problem_response(problem, request[REQUEST_ID])


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers that every response carries."""
    headers = response.headers
    headers["Server"] = "ler-trust"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    if REQUEST_ID in request:
        headers["X-Request-ID"] = request[REQUEST_ID]
    if response.content_type == "text/html":
        headers["Content-Security-Policy"] = _PAGE_POLICY


def _log_request(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    caller = request.get(CALLER)
    _log.info(
        "request",
        method=request.method,
        route=None if resource is None else resource.canonical,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        request_id=request[REQUEST_ID],
        tenant=None if caller is None else caller.tenant,
        key=None if caller is None else caller.id,
    )


def _log_failure(request: web.Request, error: Exception) -> None:
    found = innermost(error)
    _log.error("request_failed", error=type(found).__name__, at=places(found), request_id=request[REQUEST_ID])
