"""News between replicas by Redis: which list has changed, so that none shows it as it was.

Nothing depends on it: a replica that hears nothing looks again by itself within ``lists.check_seconds``. News
says only that somebody should look, so a false one does no harm.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import structlog
from redis.exceptions import RedisError

from ler_trust.errors import Undecided
from ler_trust.store.redis_answers import connect

_CHANNEL: Final = "ler-trust:lists-changed"
_ANSWER_SECONDS: Final = 0.25  # for telling: beyond it the others look by themselves
REST_SECONDS: Final = 1.0  # before listening again after the server was lost
_MOST_TOLD: Final = 1_000  # lists being told of at once; more are not worth a message each
_MOST_BYTES: Final = 4_096  # of anything the server says
_LENGTH: Final = 200  # bytes of a message: who tells, and a list's id
_NO_NEWS: Final = (TypeError, ValueError, LookupError)  # what the client makes of what is none

_log = structlog.get_logger("ler_trust.store")


class RedisNews:
    """Tells other replicas of changed lists, and hears of theirs, through the server at ``url``."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url, _MOST_BYTES, socket_connect_timeout=_ANSWER_SECONDS)
        self._name = secrets.token_hex(8)
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, list_id: str) -> None:
        """Tell the others that a list has changed; returns at once, and never fails."""
        if len(self._telling) < _MOST_TOLD:
            task = asyncio.create_task(self._tell(list_id))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, list_id: str) -> None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._redis.publish(_CHANNEL, f"{self._name} {list_id}")
        except (RedisError, OSError, TimeoutError) as error:
            _log.debug("list_news_not_told", error=type(error).__name__)

    async def hear(self, changed: Callable[[str], None]) -> None:
        """Call ``changed`` with every list that others tell of, until the server is lost.

        Raises ``Undecided('request.unavailable')`` then.
        """
        try:
            async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(_CHANNEL)
                async for message in channel.listen():
                    data = message["data"]
                    said = data[:_LENGTH].decode("ascii", "replace") if isinstance(data, bytes) else ""
                    teller, _, list_id = said.partition(" ")
                    if teller != self._name:
                        changed(list_id)
        except (RedisError, OSError, *_NO_NEWS) as error:
            detail = f"no news of changed lists from Redis ({type(error).__name__})"
            raise Undecided("request.unavailable", detail, retryable=True) from error

    async def close(self) -> None:
        """Give up what is being told, and close every connection."""
        for task in tuple(self._telling):
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        await self._redis.aclose()
