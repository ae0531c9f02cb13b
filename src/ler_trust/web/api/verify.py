"""``POST /v1/verify``: up to a thousand records as JSON, or any number as a stream of lines."""

from collections.abc import Mapping
from typing import Final

import aiohttp
import orjson
import structlog
from aiohttp import web

from ler_trust.errors import Failure, Rejected
from ler_trust.model.plain import Answer
from ler_trust.model.policy import Policy
from ler_trust.model.records import Role
from ler_trust.model.report import Outcome
from ler_trust.verify.answer import counts_json, with_members
from ler_trust.verify.batch import Question
from ler_trust.web.api.verify_models import Result, VerifyAnswer, VerifyItem, VerifyRequest
from ler_trust.web.bodies import JSON, read_body, require_media_type
from ler_trust.web.connection import while_connected
from ler_trust.web.fields import read_time
from ler_trust.web.items import Batch, BatchReader, Item
from ler_trust.web.keys import CALLER, ITEM_RATE, LIMITS, METRICS, REQUEST_ID, SERVICE
from ler_trust.web.lines import windows
from ler_trust.web.operation import Operation, Parameter
from ler_trust.web.problems import Problem, rate_limited
from ler_trust.web.stream import judge_items, stream_answers

NDJSON: Final = "application/x-ndjson"
BATCH_READER: Final = web.AppKey("batch_reader", BatchReader)
_NO_STORE: Final = {"Cache-Control": "no-store"}
_BROKEN: Final = (ConnectionError, TimeoutError, web.RequestPayloadError, aiohttp.ClientError)
_log = structlog.get_logger("ler_trust.web")


async def verify(request: web.Request) -> web.StreamResponse:
    """Say of each record whether it can be relied on.

    Every record gets one of three outcomes: `valid`, `invalid` (there is evidence against it) or
    `indeterminate` (the evidence could not be had), with the checks that led there. Results come in the order
    of the items; a bad item never affects another. A request that was understood answers 200 whatever the
    outcomes.

    Sent as `application/x-ndjson`, each line is one item, `policy` and `as_of` are query parameters, and the
    answer is a line for each line (blank ones apart), then one with the counts. Read the answer while
    sending: the service holds only a few thousand lines, and stops reading while nobody takes its results. A
    line that cannot be read gets a result with the code `batch.line` and its number.
    """
    if require_media_type(request, JSON, NDJSON) == NDJSON:
        return await _verify_lines(request)
    batch = request.app[BATCH_READER].read(await read_body(request, request.app[LIMITS].batch_bytes))
    question = await _question(request, batch.policy, batch.as_of)
    wait = request.app[ITEM_RATE].take(request[CALLER].id, len(batch.items))
    if wait:
        raise rate_limited(wait)
    answers = await while_connected(request, _judge(request, batch, question))
    return web.Response(
        body=_batch_answer(batch.items, answers, question), content_type=JSON, headers=_NO_STORE
    )


async def _judge(request: web.Request, batch: Batch, question: Question) -> list[Answer]:
    verifier = request.app[SERVICE].verifier
    items: list[Item | Failure] = list(batch.items)
    answers = await judge_items(items, lambda credentials: verifier.answers(credentials, question))
    request.app[METRICS].count_answers(answers)
    return answers


def _batch_answer(items: list[Item], answers: list[Answer], question: Question) -> bytes:
    results = [
        with_members(answer, {} if item.id is None else {"id": item.id})
        for item, answer in zip(items, answers, strict=True)
    ]
    counts = counts_json(answer.outcome for answer in answers)
    rest = orjson.dumps({"counts": counts, "policy": _policy_json(question.policy)})
    return b",".join(results).join((b'{"results":[', b"]," + rest[1:]))


async def _question(request: web.Request, policy: str, as_of: str | None) -> Question:
    tenant = request[CALLER].tenant
    at = read_time(as_of, "/as_of")
    try:
        return Question(tenant, await request.app[SERVICE].policies.get(tenant, policy), at)
    except Rejected as finding:
        raise Problem("request.invalid", finding.detail, "/policy") from None


def _policy_json(policy: Policy) -> dict[str, str | int]:
    return {"id": policy.id, "version": policy.version}


async def _verify_lines(request: web.Request) -> web.StreamResponse:
    query = request.query
    question = await _question(request, query.get("policy", "default"), query.get("as_of"))
    wait = request.app[ITEM_RATE].take(request[CALLER].id)
    if wait:
        raise rate_limited(wait)
    response = web.StreamResponse(headers={"Content-Type": NDJSON, "X-Accel-Buffering": "no", **_NO_STORE})
    await response.prepare(request)
    try:
        await while_connected(request, _stream(request, response, question))
    except* _BROKEN as ended:
        _break_off(request, type(ended.exceptions[0]).__name__)
    except* Exception:
        _break_off(request, "request.internal")
        raise
    return response


async def _stream(request: web.Request, response: web.StreamResponse, question: Question) -> None:
    limits, verifier = request.app[LIMITS], request.app[SERVICE].verifier

    async def verify_paced(credentials: list[bytes]) -> list[Answer]:
        await request.app[ITEM_RATE].wait(request[CALLER].id, len(credentials))
        answers = await verifier.answers(credentials, question)
        request.app[METRICS].count_answers(answers)
        return answers

    found = await stream_answers(windows(request.content, limits), response, verify_paced, limits)
    await response.write(_last_line(found, question.policy))
    await response.write_eof()


def _last_line(found: Mapping[str, int], policy: Policy) -> bytes:
    counts = {outcome.value: found.get(outcome.value, 0) for outcome in Outcome}
    return orjson.dumps({"counts": counts, "policy": _policy_json(policy)}) + b"\n"


def _break_off(request: web.Request, why: str) -> None:
    """End the connection without the end of the answer, so that nobody takes a part for the whole."""
    _log.warning("stream_broken_off", why=why, request_id=request[REQUEST_ID])
    if request.transport is not None:
        request.transport.abort()


OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/verify",
        verify,
        "Verification",
        Role.VERIFIER,
        body=VerifyRequest,
        body_media=(JSON, NDJSON),
        answer=VerifyAnswer,
        answer_media=(JSON, NDJSON),
        body_line=VerifyItem,
        answer_line=Result,
        parameters=(
            Parameter("policy", "query", "NDJSON only: the policy's name; `default` when absent."),
            Parameter("as_of", "query", "NDJSON only: the time to judge for; now when absent."),
        ),
        refusals=("request.invalid", "format.too_deep", "format.duplicate_key"),
    ),
)
