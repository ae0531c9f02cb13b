"""The OpenAPI 3.1 document, made from the operations and the models they name."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from inspect import cleandoc
from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from ler_trust.web.fields import Answer
from ler_trust.web.operation import Operation
from ler_trust.web.problems import MEDIA_TYPE, STATUS

_REFERENCE: Final = "#/components/schemas/{model}"
_SCHEME: Final = "apiKey"
_TOO_MANY: Final = 429

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
Schemas = Mapping[tuple[Any, Mode], Json]


class ProblemDocument(Answer):
    """An error (RFC 9457). `code` is stable; `request_id` names the request in the service's log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    pointer: str | None = Field(default=None, description="Where in the request's body (RFC 6901).")


def openapi_document(operations: Iterable[Operation]) -> Json:
    """Return the document that describes ``operations``."""
    known = list(operations)
    schemas, definitions = _schemas(known)
    paths: dict[str, Json] = {}
    for operation in known:
        paths.setdefault(operation.template, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LER Trust",
            "version": version("ler-trust"),
            "description": "Says whether a learning or employment record can be relied on, and why.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                _SCHEME: {"type": "http", "scheme": "bearer", "description": "An API key: lt_<id>_<secret>."}
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[Schemas, Json]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(ProblemDocument, "serialization"): None}
    for operation in operations:
        for body in (operation.body, operation.body_line):
            if body is not None:
                wanted[body, "validation"] = None
        for answer in (operation.answer, operation.answer_line):
            if answer is not None:
                wanted[answer, "serialization"] = None
    schemas, definitions = models_json_schema(list(wanted), ref_template=_REFERENCE)
    return schemas, definitions["$defs"]


def _operation(operation: Operation, schemas: Schemas) -> Json:
    summary, _, description = cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": summary,
        "description": description,
        "security": [] if operation.role is None else [{_SCHEME: []}],
        "responses": _responses(operation, schemas),
    }
    if operation.role is not None:
        described["x-role"] = operation.role.value
    if operation.parameters:
        described["parameters"] = [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.place == "path",
                "description": parameter.description,
                "schema": dict(parameter.schema),
            }
            for parameter in operation.parameters
        ]
    if operation.takes_body:
        content = _content(operation.body_media, "validation", operation.body, operation.body_line, schemas)
        described["requestBody"] = {"required": True, "content": content}
    return described


def _content(
    media_types: Iterable[str],
    mode: Mode,
    model: type[BaseModel] | None,
    line: type[BaseModel] | None,
    schemas: Schemas,
) -> Json:
    content: Json = {}
    for media_type in media_types:
        shown = line if line is not None and media_type.endswith("ndjson") else model
        content[media_type] = {"schema": {} if shown is None else schemas[shown, mode]}
    return content


def _responses(operation: Operation, schemas: Schemas) -> Json:
    content = _content(
        operation.answer_media, "serialization", operation.answer, operation.answer_line, schemas
    )
    responses: Json = {str(operation.status): {"description": "Done."}}
    if operation.status != 204:
        responses[str(operation.status)]["content"] = content
    for status, description in operation.others.items():
        responses[str(status)] = {"description": description} | ({} if status < 400 else {"content": content})
    problem = {MEDIA_TYPE: {"schema": schemas[ProblemDocument, "serialization"]}}
    for status, codes in _refusals(operation).items():
        said = responses.setdefault(str(status), {"description": "", "content": {}})
        named = "Problem: " + ", ".join(codes) + "."
        said["description"] = f"{said['description']} {named}".strip()
        said["content"] = said["content"] | problem
        if status == _TOO_MANY:
            said["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return dict(sorted(responses.items()))


def _refusals(operation: Operation) -> dict[int, list[str]]:
    codes = list(operation.refusals)
    if operation.role is not None:
        codes += ["request.unauthenticated", "request.forbidden", "request.rate_limited"]
    if operation.takes_body:
        codes += ["request.malformed", "request.too_large", "request.media_type", "format.json"]
    codes += ["request.internal", "request.unavailable"]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(_status(code), []).append(code)
    return by_status


def _status(code: str) -> int:
    if code.startswith("format."):
        return STATUS.get(code, 400)
    return STATUS.get(code, 502)
