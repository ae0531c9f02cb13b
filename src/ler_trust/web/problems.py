"""Errors of requests as problem details (RFC 9457): a stable code, a plain title, a sentence."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web

from ler_trust.codes import code_named
from ler_trust.errors import Conflict, Rejected, Undecided

MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[Mapping[str, int]] = {
    "request.malformed": 400,
    "request.other_credential": 400,
    "request.unauthenticated": 401,
    "request.forbidden": 403,
    "request.not_found": 404,
    "request.no_such_time": 404,
    "request.not_signed": 404,
    "request.method": 405,
    "request.not_acceptable": 406,
    "request.conflict": 409,
    "request.list_full": 409,
    "request.not_allocated": 409,
    "request.final": 409,
    "request.key_reused": 409,
    "request.stale_version": 409,
    "request.too_large": 413,
    "request.media_type": 415,
    "request.invalid": 422,
    "request.other_rendering": 422,
    "request.signature": 422,
    "request.rate_limited": 429,
    "request.internal": 500,
    "request.configuration": 500,
    "request.unavailable": 503,
    "signer.unreachable": 503,
    "signer.refused": 503,
    "signer.key_missing": 422,
    "signer.device_missing": 503,
    "signer.locked": 503,
    "signer.failed": 503,
    "signer.malformed": 503,
    "format.too_large": 413,
}
_SIGNER: Final = "signer."
_RETRY_SECONDS: Final = 5  # what a client is told when the service cannot say better


class Problem(Exception):  # noqa: N818 - an answer to a caller, not a malfunction
    """A request that ends in a problem document.

    ``code`` is one of :mod:`ler_trust.codes`; ``pointer`` points into the request's body.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        pointer: str | None = None,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code_named(code)
        self.detail = detail or self.code.summary
        self.pointer = pointer
        self.status = STATUS.get(code, 422) if status is None else status
        self.headers = dict(headers or {})


def rate_limited(seconds: float) -> Problem:
    """Return the problem that tells a client to come back in ``seconds``."""
    return Problem("request.rate_limited", headers={"Retry-After": str(max(1, round(seconds + 0.5)))})


def problem_of(finding: Rejected | Undecided | Conflict) -> Problem:
    """Return the problem that says what another room refused or could not do."""
    name = finding.code.name
    pointer = None if isinstance(finding, Conflict) else finding.pointer or None
    status = STATUS.get(name, _status(name, finding))
    headers = {"Retry-After": str(_RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Problem(name, finding.detail, pointer, status=status, headers=headers)


def for_strangers(problem: Problem) -> Problem:
    """Return what somebody without a key is told: how the keys of issuers are held is none of it."""
    if not problem.code.name.startswith(_SIGNER):
        return problem
    return Problem("request.unavailable", headers={"Retry-After": str(_RETRY_SECONDS)})


def _status(name: str, finding: Rejected | Undecided | Conflict) -> int:
    if name.startswith("format."):
        return 400
    if isinstance(finding, Undecided) and name.startswith(("fetch.", "did.unreachable")):
        return 502
    return 503 if isinstance(finding, Undecided) and finding.retryable else 422


_CODES: Final[Mapping[int, str]] = {
    404: "request.not_found",
    405: "request.method",
    406: "request.not_acceptable",
    413: "request.too_large",
    415: "request.media_type",
    503: "request.unavailable",
}


def problem_of_http(error: web.HTTPException) -> Problem:
    """Return the problem for an error that the HTTP library found (no such route, wrong method)."""
    code = _CODES.get(error.status, "request.malformed" if error.status < 500 else "request.internal")
    headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    return Problem(code, status=error.status, headers=headers)


def problem_json(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the members of the problem document."""
    members: dict[str, Any] = {
        "type": problem.code.problem,
        "title": problem.code.summary,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code.name,
        "request_id": request_id,
    }
    return members if problem.pointer is None else members | {"pointer": problem.pointer}


def problem_response(problem: Problem, request_id: str) -> web.Response:
    """Return the response for a problem; the connection ends when a body may be left unread."""
    response = web.Response(
        status=problem.status,
        body=orjson.dumps(problem_json(problem, request_id)),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )
    if problem.status in (408, 413):
        response.force_close()
    return response
