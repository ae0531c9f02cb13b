"""Work that is worth doing only while the client is there."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from aiohttp import web

_LOOK_EVERY: Final = 0.5  # seconds: how long abandoned work can go on
_Result = TypeVar("_Result")


async def while_connected(request: web.Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what ``work`` returns; cancel it and raise ``ConnectionResetError`` when the client leaves."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            if request.transport is None or request.transport.is_closing():
                raise ConnectionResetError("the client has left")
            await asyncio.wait({task}, timeout=_LOOK_EVERY)
        return task.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
