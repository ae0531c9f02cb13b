"""One HTTP operation as data: what routes it, guards it and describes it in the OpenAPI document.

A handler is reachable only through an operation, so nothing can be served that is not described.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from ler_trust.model.records import Role
from ler_trust.web.auth import requiring
from ler_trust.web.bodies import JSON

Attend = Callable[[Handler, str, str], Handler]  # puts around a handler, its method and route, what all have

_PATTERN: Final = re.compile(r":[^}]+}")
_ANYTHING: Final = r"/{path:[\s\S]*}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; ``place`` is ``path``, ``query`` or ``header``."""

    name: str
    place: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and path, its handler, who may call it, and what goes in and comes out.

    ``role`` is ``None`` for what is public. ``refusals`` are the codes of errors that are this operation's
    own; those that every operation has are added in the document. ``body_line`` and ``answer_line`` are the
    shapes of one line where a media type is newline-delimited. ``others`` are further statuses that come with
    the usual kind of answer, or none (3xx). The handler's docstring describes the operation.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    role: Role | None = None
    body: type[BaseModel] | None = None
    body_media: tuple[str, ...] = (JSON,)
    answer: type[BaseModel] | None = None
    answer_media: tuple[str, ...] = (JSON,)
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[str, ...] = ()
    body_line: type[BaseModel] | None = None
    answer_line: type[BaseModel] | None = None
    others: Mapping[int, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """Return the path as OpenAPI writes it, without the patterns of its parameters."""
        return _PATTERN.sub("}", self.path)

    @property
    def takes_body(self) -> bool:
        """Return whether requests have a body, be it one that is no JSON."""
        return self.body is not None or self.body_media != (JSON,)

    @property
    def name(self) -> str:
        """Return the operation's name, unique in the document."""
        return self.handler.__name__


def add_operations(app: web.Application, operations: Iterable[Operation], attend: Attend) -> None:
    """Route every operation, each guarded by its role; whatever can be read by GET can be asked by HEAD.

    Everything else has a handler too, which refuses it.
    """
    for operation in operations:
        handler = (
            operation.handler if operation.role is None else requiring(operation.role, operation.handler)
        )
        for method in ("GET", "HEAD") if operation.method == "GET" else (operation.method,):
            attended = attend(handler, method, operation.template)
            app.router.add_route(method, operation.path, attended, expect_handler=_expect)
    # Counted as any method and no route: else a client could make names up.
    app.router.add_route("*", _ANYTHING, attend(_refuse, "any", "none"), expect_handler=_expect)


async def _refuse(request: web.Request) -> web.StreamResponse:
    """Refuse a path that is not there, or a method that the path does not have."""
    methods = set[str]()
    for resource in request.app.router.resources():
        if resource is not request.match_info.route.resource:
            methods |= (await resource.resolve(request))[1]
    raise web.HTTPMethodNotAllowed(request.method, methods) if methods else web.HTTPNotFound


async def _expect(request: web.Request) -> None:
    """Answer ``Expect: 100-continue``; any other expectation is left unmet, as RFC 9110 §10.1.1 allows."""
    if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def path_parameter(name: str, description: str) -> Parameter:
    """Return a parameter that is part of the path."""
    return Parameter(name, "path", description)
