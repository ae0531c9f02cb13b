"""Doing for several callers in one go what costs much to begin and little to do once more."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE: Final = 4  # goes under way: one that takes long does not hold up all the others
MOST: Final = 16  # that are served in one go


class Together(Generic[A, B]):
    """Serves callers who ask at the same moment, or while others are being served, in one go.

    ``work`` takes what some callers asked and returns an answer for each, in order; what it raises is raised
    to all of them. A caller who no longer waits leaves the others as they were. ``work`` must bound its own
    time.
    """

    def __init__(self, work: Callable[[Sequence[A]], Awaitable[Sequence[B]]]) -> None:
        self._work = work
        self._waiting: deque[tuple[A, asyncio.Future[B]]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, asked: A) -> B:
        """Return what ``work`` answers to ``asked``, or raise what it raises."""
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        self._begin()
        return await answer

    def _begin(self) -> None:
        if self._waiting and len(self._under_way) < AT_ONCE:
            # A task begins in the event loop's next turn: by then everybody of this turn has asked.
            task = asyncio.create_task(self._go())
            self._under_way.add(task)
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _go(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        served = [(asked, answer) for asked, answer in taken if not answer.done()]
        if not served:
            return
        try:
            answers = await self._work([asked for asked, _ in served])
        except BaseException as error:
            for _, answer in served:
                _settle(answer, error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, answer), found in zip(served, answers, strict=True):
            if not answer.done():
                answer.set_result(found)


def _settle(answer: "asyncio.Future[B]", error: BaseException) -> None:
    if answer.done():
        return
    if isinstance(error, Exception):
        answer.set_exception(error)
    else:
        answer.cancel()
