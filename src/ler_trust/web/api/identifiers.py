"""``GET /1.0/identifiers/{did}``: DID resolution over HTTP (DID Resolution 1.0 §12)."""

from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import Field

from ler_trust.codec.did_url import parse_did_url
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.records import Role
from ler_trust.resolve.resolution import (
    DOCUMENT_MEDIA_TYPE,
    RESULT_MEDIA_TYPE,
    ResolutionResult,
    not_resolved,
    resolved,
)
from ler_trust.web.fields import Answer
from ler_trust.web.keys import SERVICE
from ler_trust.web.negotiation import preferred
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.raw_path import raw_tail

_PREFIX: Final = "/1.0/identifiers/"
_LEGACY_RESULT: Final = 'application/ld+json;profile="https://w3id.org/did-resolution"'
_RESULTS: Final = (RESULT_MEDIA_TYPE, _LEGACY_RESULT)
_DOCUMENTS: Final = (
    DOCUMENT_MEDIA_TYPE,
    "application/did+ld+json",
    "application/did+json",
    "application/ld+json",
    "application/json",
)


class Resolution(Answer):
    """A DID resolution result."""

    did_document: dict[str, Any] | None = Field(alias="didDocument")
    did_resolution_metadata: dict[str, Any] = Field(alias="didResolutionMetadata")
    did_document_metadata: dict[str, Any] = Field(alias="didDocumentMetadata")


async def resolve_identifier(request: web.Request) -> web.Response:
    """Resolve a DID.

    The answer is a resolution result, or the DID document alone when `Accept` prefers one of the DID
    document types. Errors are resolution results as well, whatever was asked for. The DID is put into the
    path as it is or percent-encoded as a whole.
    """
    media_type = preferred(request.headers.get("Accept", "*/*"), _RESULTS + _DOCUMENTS)
    result = await _result(request, media_type)
    document = result.body["didDocument"]
    if document is not None and media_type in _DOCUMENTS:
        return _answer(200, document, media_type)
    return _answer(result.status, result.body, media_type if media_type in _RESULTS else RESULT_MEDIA_TYPE)


async def _result(request: web.Request, media_type: str | None) -> ResolutionResult:
    try:
        did = parse_did_url(raw_tail(request, _PREFIX))
        if did.path or did.query or did.fragment is not None or request.query_string:
            raise Undecided("did.option_unsupported", "only plain DIDs are resolved, without options")
        if media_type is None:
            raise Undecided("did.representation")
        return resolved(await request.app[SERVICE].resolver.resolve(did.did))
    except (Rejected, Undecided) as finding:
        return not_resolved(Failure.of(finding))


def _answer(status: int, body: Any, media_type: str) -> web.Response:
    headers = {"Content-Type": media_type, "Cache-Control": "no-store", "Vary": "Accept"}
    return web.Response(status=status, body=orjson.dumps(body), headers=headers)


OPERATIONS: Final = (
    Operation(
        "GET",
        _PREFIX + "{did:.+}",
        resolve_identifier,
        "Identifiers",
        Role.VERIFIER,
        answer=Resolution,
        answer_media=_RESULTS + _DOCUMENTS,
        parameters=(path_parameter("did", "The DID."),),
        others={
            400: "The DID is not valid.",
            404: "The DID could not be found.",
            406: "None of the media types asked for can be produced.",
            410: "The DID was deactivated.",
            500: "The DID document is not valid or could not be reached.",
            501: "The DID method or a resolution option is not supported.",
        },
    ),
)
