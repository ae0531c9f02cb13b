"""How many requests are under way, so that a stop can wait for them."""

import asyncio
from types import TracebackType


class UnderWay:
    """Counts requests, as the context of each.

    The HTTP library's own way of stopping reads no more of a body that is still arriving, which would cut off
    every stream; this waits before that way is taken.
    """

    def __init__(self) -> None:
        self._number = 0
        self._none: asyncio.Event | None = None  # made when somebody waits for it

    def __enter__(self) -> None:
        self._number += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._number -= 1
        if self._none is not None and not self._number:
            self._none.set()

    async def finished(self, seconds: float) -> bool:
        """Wait until nothing is under way, for ``seconds`` at most; return whether that was reached."""
        if not self._number:
            return True
        self._none = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._none.wait()
        except TimeoutError:
            return False
        return True
