"""Work that takes CPU time, a little of it at once; who would have to wait behind too many is sent away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ler_trust.errors import Undecided


class Turns:
    """Lets ``at_once`` be under way and ``waiting`` wait for their turn, in order."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._here = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it; raises ``Undecided('request.unavailable')`` when too many wait."""
        if self._here >= self._most:
            raise Undecided("request.unavailable", "too much is asked for at once", retryable=True)
        self._here += 1
        try:
            async with self._free:
                yield
        finally:
            self._here -= 1
