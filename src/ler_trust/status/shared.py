"""Lists as fetched, shared with the other replicas: speed, never truth.

What comes back is authenticated and decoded like any answer of a list's own host. How old it is would
otherwise be the cache's word: an old list given out as new would hide a revocation. So each copy carries a
MAC over its address, its bytes and its times, by a key that the replicas have and the cache has not.
"""

import hmac
from hashlib import sha256
from typing import Final

import msgspec
import structlog

from ler_trust.contracts import Clock, Fetched, SharedCache
from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.limits import MIB
from ler_trust.model.status import ListKey

_log = structlog.get_logger("ler_trust.status")

_TAG_BYTES: Final = 32
_MOST_SHARED: Final = 4 * MIB  # bytes of one list: larger ones are few and would push out many others
_PREFIX: Final = "ler-trust:list:"


class _Copy(msgspec.Struct, array_like=True, frozen=True):
    """A list's answer as it is kept."""

    url: str
    kind: str
    media_type: str
    fetched_at: int
    fresh_until: int | None
    body: bytes


class SharedLists:
    """Keeps answers in ``cache`` under ``secret``; ``rejected`` counts copies that were not made by it."""

    def __init__(self, cache: SharedCache, secret: bytes, clock: Clock) -> None:
        self._cache = cache
        self._secret = secret
        self._clock = clock
        self._decoder = msgspec.msgpack.Decoder(_Copy)
        self.rejected = 0

    async def get(self, key: ListKey) -> Fetched | None:
        """Return the answer another replica had for ``key``, as old as it is; ``None`` when there is none."""
        sealed = await self._cache.get(self._name(key))
        if sealed is None:
            return None
        copy = self._opened(sealed)
        if copy is None or (copy.url, copy.kind) != key or copy.fetched_at > self._clock.now():
            self.rejected += 1
            _log.warning("shared_list_rejected")
            return None
        return Fetched(copy.url, copy.body, copy.media_type, copy.fetched_at, copy.fresh_until)

    async def put(self, key: ListKey, fetched: Fetched, until: Instant) -> None:
        """Share an answer that was found good, until it is to be renewed."""
        seconds = (until - self._clock.now()) / SECOND
        if seconds <= 0 or len(fetched.body) > _MOST_SHARED:
            return
        url, kind = key
        copy = _Copy(url, kind, fetched.media_type, fetched.fetched_at, fetched.fresh_until, fetched.body)
        content = msgspec.msgpack.encode(copy)
        await self._cache.put(self._name(key), self._tag(content) + content, seconds)

    def _opened(self, sealed: bytes) -> _Copy | None:
        tag, content = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(content)):
            return None
        try:
            return self._decoder.decode(content)
        except msgspec.MsgspecError:
            return None  # of another version of this service

    def _tag(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, "sha256")

    def _name(self, key: ListKey) -> str:
        """Return the name of the copy of ``key``, which tells whoever reads the cache of no list."""
        return _PREFIX + hmac.digest(self._secret, "\n".join(key).encode(), sha256).hex()
