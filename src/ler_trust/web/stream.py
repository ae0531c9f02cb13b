"""The NDJSON answer: windows verified one while the other is sent, in the order of the lines."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ler_trust.errors import Failure
from ler_trust.model.plain import Answer
from ler_trust.verify.answer import answer_of, with_members
from ler_trust.verify.pipeline import report_failure
from ler_trust.web.items import Item, UnreadableError, image_failure, read_item
from ler_trust.web.limits import WebLimits
from ler_trust.web.lines import Line

Verify = Callable[[list[bytes]], Awaitable[list[Answer]]]
"""Verifies credentials in order; may wait for the caller's rate limit first."""

_END: Final = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The result lines of one window, and how many of each outcome are among them."""

    body: bytes
    counts: Counter[str]


async def judge_items(items: list[Item | Failure], verify: Verify) -> list[Answer]:
    """Return one answer for each item in order; what could not be read is reported as such."""
    failures = [item if isinstance(item, Failure) else image_failure(item.credential) for item in items]
    readable = [
        item.credential
        for item, failure in zip(items, failures, strict=True)
        if failure is None and isinstance(item, Item)
    ]
    answers = iter(await verify(readable) if readable else [])
    return [next(answers) if failure is None else answer_of(report_failure(failure)) for failure in failures]


async def answer_window(window: list[Line], verify: Verify) -> Answered:
    """Verify the lines of one window and write their results."""
    items = [_item(line) for line in window]
    answers = await judge_items(items, verify)
    lines = []
    for line, item, answer in zip(window, items, answers, strict=True):
        identified = {} if isinstance(item, Failure) or item.id is None else {"id": item.id}
        lines.append(with_members(answer, identified | {"line": line.number}))
    return Answered(b"\n".join(lines) + b"\n", Counter(answer.outcome.value for answer in answers))


def _item(line: Line) -> Item | Failure:
    if line.content is None:
        return Failure(False, "batch.line", "the line is longer than this service accepts")
    try:
        return read_item(line.content)
    except UnreadableError as error:
        return Failure(False, "batch.line", error.detail, error.pointer)


async def stream_answers(
    windows: AsyncIterator[list[Line]], response: web.StreamResponse, verify: Verify, limits: WebLimits
) -> Counter[str]:
    """Answer each window in order, never holding more than ``limits.windows``; return the counts.

    Raises ``TimeoutError`` when the client neither sends nor takes anything for ``limits.stall`` seconds.
    """
    counts: Counter[str] = Counter()
    gate = asyncio.Semaphore(limits.windows)
    answers: asyncio.Queue[asyncio.Task[Answered] | None] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(_start(windows, verify, gate, answers, group))
        while (task := await answers.get()) is not _END:
            answered = await task
            counts += answered.counts
            async with asyncio.timeout(limits.stall):
                await response.write(answered.body)
            gate.release()
    return counts


async def _start(
    windows: AsyncIterator[list[Line]],
    verify: Verify,
    gate: asyncio.Semaphore,
    answers: "asyncio.Queue[asyncio.Task[Answered] | None]",
    group: asyncio.TaskGroup,
) -> None:
    """Begin verifying each window as soon as there is room for it; the gate is passed before reading it."""
    await gate.acquire()
    async for window in windows:
        answers.put_nowait(group.create_task(answer_window(window, verify)))
        await gate.acquire()
    answers.put_nowait(_END)
