"""The result of DID resolution over HTTP (DID Resolution 1.0 §4, §12): body, status and media type."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ler_trust.codes import DID, code_named
from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument

RESULT_MEDIA_TYPE: Final = "application/did-resolution"
DOCUMENT_MEDIA_TYPE: Final = "application/did"

_OTHERWISE: Final = 500
_GONE: Final = 410
STATUS_BY_ERROR: Final[Mapping[str, int]] = MappingProxyType(
    {
        DID + "INVALID_DID": 400,
        DID + "INVALID_DID_URL": 400,
        DID + "INVALID_OPTIONS": 400,
        DID + "NOT_FOUND": 404,
        DID + "REPRESENTATION_NOT_SUPPORTED": 406,
        DID + "INVALID_DID_DOCUMENT": 500,
        DID + "INTERNAL_ERROR": 500,
        DID + "METHOD_NOT_SUPPORTED": 501,
        DID + "FEATURE_NOT_SUPPORTED": 501,
    }
)
"""HTTP status by the error's type; any other is 500."""


@dataclass(frozen=True, slots=True)
class ResolutionResult:
    """What ``GET /1.0/identifiers/{did}`` answers: the HTTP ``status`` and the JSON ``body``."""

    status: int
    body: Mapping[str, Any]


def resolved(document: DidDocument) -> ResolutionResult:
    """Return the result of a resolution that succeeded."""
    return _result(200, document.document, {"contentType": DOCUMENT_MEDIA_TYPE}, {})


def not_resolved(failure: Failure) -> ResolutionResult:
    """Return the result of a resolution that failed; the error is an RFC 9457 object without ``status``."""
    code = code_named(failure.code)
    error = {"type": code.problem, "title": code.summary, "detail": failure.detail}
    if failure.code == "did.deactivated":
        return _result(_GONE, None, {"error": error}, {"deactivated": True})
    return _result(STATUS_BY_ERROR.get(code.problem, _OTHERWISE), None, {"error": error}, {})


def _result(
    status: int,
    document: Mapping[str, Any] | None,
    resolution_metadata: Mapping[str, Any],
    document_metadata: Mapping[str, Any],
) -> ResolutionResult:
    body = {
        "didDocument": document,
        "didResolutionMetadata": resolution_metadata,
        "didDocumentMetadata": document_metadata,
    }
    return ResolutionResult(status, body)
