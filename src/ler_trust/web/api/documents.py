"""The description of this interface, for programs and for people, and the meaning of every code."""

from typing import Any, Final

import orjson
from aiohttp import web

from ler_trust.codes import CODES
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.pages import docs_page, page, style_sheet
from ler_trust.web.problems import STATUS, Problem

OPENAPI: Final = web.AppKey("openapi", dict[str, Any])
_HTML: Final = ("text/html",)
_TAG: Final = "Documentation"


async def get_front(request: web.Request) -> web.Response:
    """Lead whoever opens the service's address in a browser to this description."""
    return web.Response(status=302, headers={"Location": "/docs"})


async def get_openapi(request: web.Request) -> web.Response:
    """Return this description (OpenAPI 3.1)."""
    return web.Response(
        body=orjson.dumps(request.app[OPENAPI]),
        content_type="application/json",
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )


async def get_docs(request: web.Request) -> web.Response:
    """Show this description as a page."""
    return docs_page(request.app[OPENAPI])


async def get_problem(request: web.Request) -> web.Response:
    """Show what a code means."""
    code = CODES.get(request.match_info["code"])
    if code is None:
        raise Problem("request.not_found")
    return page("problem.html", code=code, status=STATUS.get(code.name))


async def get_problems(request: web.Request) -> web.Response:
    """Show what every code means."""
    return page("problems.html", codes=sorted(CODES.values(), key=lambda code: code.name))


async def get_style(request: web.Request) -> web.Response:
    """Return the pages' style sheet."""
    return style_sheet()


OPERATIONS: Final = (
    Operation("GET", "/", get_front, _TAG, status=302, answer_media=()),
    Operation("GET", "/openapi.json", get_openapi, _TAG),
    Operation("GET", "/docs", get_docs, _TAG, answer_media=_HTML),
    Operation("GET", "/problems", get_problems, _TAG, answer_media=_HTML),
    Operation(
        "GET",
        "/problems/{code}",
        get_problem,
        _TAG,
        answer_media=_HTML,
        parameters=(path_parameter("code", "The code."),),
        refusals=("request.not_found",),
    ),
    Operation("GET", "/static/page.css", get_style, _TAG, answer_media=("text/css",)),
)
