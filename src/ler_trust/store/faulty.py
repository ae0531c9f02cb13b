"""A store that fails on demand: shipped, so that whoever builds on the contract can test for failure."""

from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from ler_trust.contracts import Store
from ler_trust.errors import Undecided


class Moment(StrEnum):
    """When a failure strikes: the caller cannot tell the two apart, and must be right in both."""

    BEFORE = "before"  # nothing was stored
    AFTER = "after"  # it was stored and durable, and the answer was lost


class FaultyStore:
    """Passes every call on to a store, except that those told to fail raise ``request.unavailable``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._failing: dict[str, tuple[Moment, int]] = {}
        self.calls: Counter[str] = Counter()

    @property
    def store(self) -> Store:
        """Return this double as the store it stands for."""
        return cast(Store, self)

    def fail(self, method: str, moment: Moment, *, times: int = 1) -> None:
        """Let the next ``times`` calls of ``method`` fail at ``moment``.

        Raises ``AttributeError`` for a name that is not a method of the store.
        """
        getattr(self._store, method)
        self._failing[method] = (moment, times)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method: Callable[..., Awaitable[Any]] = getattr(self._store, name)

        @wraps(method)
        async def call(*positional: Any, **named: Any) -> Any:
            self.calls[name] += 1
            moment = self._next_failure(name)
            if moment is not Moment.BEFORE:
                result = await method(*positional, **named)
            if moment is not None:
                raise Undecided("request.unavailable", f"{name} failed as it was told to", retryable=True)
            return result

        return call

    def _next_failure(self, name: str) -> Moment | None:
        moment, times = self._failing.get(name, (None, 0))
        if moment is None or times == 0:
            return None
        self._failing[name] = (moment, times - 1)
        return moment
