"""A Redis server as shared cache: what it does not answer soon was not there."""

import asyncio
from typing import Final

import structlog
from redis.exceptions import RedisError

from ler_trust.model.limits import MIB
from ler_trust.store.redis_answers import connect

_ANSWER_SECONDS: Final = 0.25  # for one exchange: a cache slower than this is none
_REST_SECONDS: Final = 5.0  # without a question after a failure, so that an absent server delays nothing
_CONNECTIONS: Final = 16
MOST_BYTES: Final = 5 * MIB  # of one answer: whatever is larger was not put there by this service

_log = structlog.get_logger("ler_trust.store")


class RedisCache:
    """Implements :class:`ler_trust.contracts.SharedCache` on the server at ``url`` (``redis://``, ``rediss://``).

    The server is asked for the first time when something is first looked for. What it answers takes
    ``MOST_BYTES`` at most; a larger answer, or one that is none, counts as no answer.
    """

    def __init__(self, url: str) -> None:
        self._redis = connect(
            url,
            MOST_BYTES,
            max_connections=_CONNECTIONS,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
        )
        self._resting_until = 0.0
        self.reachable = True

    async def get(self, name: str) -> bytes | None:
        """Return what is kept under ``name``; ``None`` also when the server does not answer."""
        if self._rests():
            return None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                found = await self._redis.get(name)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)
            return None
        self._succeed()
        return found if isinstance(found, bytes) else None

    async def put(self, name: str, value: bytes, seconds: float) -> None:
        """Keep ``value`` for so many seconds, if the server answers."""
        if self._rests():
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._redis.set(name, value, px=max(1, round(seconds * 1_000)))
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)
            return
        self._succeed()

    async def close(self) -> None:
        """Close every connection."""
        await self._redis.aclose()

    def _rests(self) -> bool:
        return asyncio.get_running_loop().time() < self._resting_until

    def _fail(self, error: Exception) -> None:
        self._resting_until = asyncio.get_running_loop().time() + _REST_SECONDS
        if self.reachable:
            _log.warning("shared_cache_lost", error=type(error).__name__)
        self.reachable = False

    def _succeed(self) -> None:
        if not self.reachable:
            _log.info("shared_cache_found_again")
        self.reachable = True
