"""Many errands, a few at a time, until the time is over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


async def each_in_time(
    keys: Iterable[K], work: Callable[[K], Awaitable[V]], *, at_once: int, seconds: float
) -> dict[K, V]:
    """Return what ``work`` returns for each key, ``at_once`` under way at a time.

    What is not done after ``seconds`` is left out, and nothing further is begun. The event loop gets its turn
    between any two, also when no errand ever waits. Raises what ``work`` raises.
    """
    distinct = dict.fromkeys(keys)
    if not distinct:
        return {}
    waiting = iter(distinct)
    done: dict[K, V] = {}
    many = min(at_once, len(distinct))
    workers = [asyncio.create_task(_work_off(waiting, work, done)) for _ in range(many)]
    try:
        finished, _ = await asyncio.wait(workers, timeout=seconds)
        for worker in finished:
            worker.result()
    finally:
        for worker in workers:
            worker.cancel()
    return dict(done)


async def _work_off(waiting: Iterator[K], work: Callable[[K], Awaitable[V]], done: dict[K, V]) -> None:
    for key in waiting:
        done[key] = await work(key)
        await asyncio.sleep(0)
