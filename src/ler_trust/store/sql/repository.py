"""What the parts of the store share."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from ler_trust.store.sql.database import Database

_P = ParamSpec("_P")
_T = TypeVar("_T")
_R = TypeVar("_R", bound="Repository")


class Repository:
    """One part of the store, on the database that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[asyncio.Task[Any]] = set()

    async def _finish(self, work: Coroutine[Any, Any, _T]) -> _T:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)


def to_the_end(
    method: Callable[Concatenate[_R, _P], Coroutine[Any, Any, _T]],
) -> Callable[Concatenate[_R, _P], Coroutine[Any, Any, _T]]:
    """Let a method that has begun come to its end although its caller is cancelled.

    A statement that is abandoned half-way leaves its transaction, and with it SQLite's only write lock,
    open until somebody notices.
    """

    @wraps(method)
    async def call(self: _R, /, *positional: _P.args, **named: _P.kwargs) -> _T:
        return await self._finish(method(self, *positional, **named))

    return call
