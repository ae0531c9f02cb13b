"""From a list's URL to the list, from another replica or from its host, so many at a time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import random
from typing import Final

from ler_trust.contracts import Clock, Fetched, Fetcher, FetchRequest, StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.status import ListKey, ListSecuring
from ler_trust.status.kept import Keeping, KeptList
from ler_trust.status.reading import ListReader
from ler_trust.status.shared import SharedLists
from ler_trust.status.vouch import Authenticate, FindKeys, no_keys

_MOST_SHOWN: Final = 64  # characters of a stranger's type that go into a message


class ListObtainer:
    """Obtains lists, one call a list; keeps nothing.

    ``authenticate`` takes documents and the present, and returns one :class:`Authentication` each: keys
    gathered, the proofs' own periods judged, the whole document included. ``keys`` finds the keys of the
    issuers of list tokens, ``shared`` has what other replicas have fetched, ``chance`` gives numbers from 0
    to 1.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        authenticate: Authenticate,
        formats: Mapping[str, StatusFormat],
        clock: Clock,
        keeping: Keeping,
        limits: Limits = DEFAULT_LIMITS,
        keys: FindKeys = no_keys,
        shared: SharedLists | None = None,
        chance: Callable[[], float] = random,
    ) -> None:
        self._fetcher = fetcher
        self._formats = formats
        self._clock = clock
        self._keeping = keeping
        self._shared = shared
        documents = replace(limits, item_bytes=keeping.large_body_bytes)
        self._reader = ListReader(authenticate, keys, clock, keeping, limits, documents, chance)
        self._gate = asyncio.Semaphore(keeping.at_once)
        self._large_gate = asyncio.Semaphore(keeping.large_at_once)

    async def obtain(self, key: ListKey, newer_than: Instant | None = None) -> KeptList:
        """Return the list of ``key``; no more than so many are in work, and of large ones fewer.

        What another replica has fetched is enough if it need not be renewed, and was fetched after
        ``newer_than`` where that is given.
        Raises ``Undecided`` with ``status.type_unsupported``, ``status.list_unreachable``,
        ``status.list_too_large``, ``status.list_signature`` or ``status.list_malformed``.
        """
        _, entry_type = key
        status_format = self._formats.get(entry_type)
        if status_format is None:
            raise Undecided("status.type_unsupported", f"{entry_type[:_MOST_SHOWN]!r} is not supported")
        found = await self._from_others(key, status_format, newer_than)
        return found or await self._from_its_host(key, status_format)

    async def _from_others(
        self, key: ListKey, status_format: StatusFormat, newer_than: Instant | None
    ) -> KeptList | None:
        """Return the list as another replica has fetched it, if that is good and new enough."""
        fetched = None if self._shared is None else await self._shared.get(key)
        if fetched is None or (newer_than is not None and fetched.fetched_at <= newer_than):
            return None
        try:
            async with self._gate:
                kept = await self._reader.read(fetched, status_format)
        except Undecided:
            return None
        return kept if self._clock.now() < kept.renew_at else None

    async def _from_its_host(self, key: ListKey, status_format: StatusFormat) -> KeptList:
        fetched, kept = await self._asked(key[0], status_format)
        if self._shared is not None:
            await self._shared.put(key, fetched, kept.renew_at)
        return kept

    async def _asked(self, url: str, status_format: StatusFormat) -> tuple[Fetched, KeptList]:
        # Where the host alone vouches for a list, an open redirect on it must not lend its name to another.
        same_host = status_format.secured_by is ListSecuring.TRANSPORT
        request = FetchRequest(url, status_format.accept, self._keeping.body_bytes, same_host)
        async with self._gate:
            fetched = await self._fetch(request)
            if fetched is not None:
                return fetched, await self._reader.read(fetched, status_format)
        async with self._large_gate:
            fetched = await self._fetch(replace(request, max_bytes=self._keeping.large_body_bytes))
            if fetched is None:
                detail = f"the answer has more than {self._keeping.large_body_bytes} bytes"
                raise Undecided("status.list_too_large", detail)
            return fetched, await self._reader.read(fetched, status_format)

    async def _fetch(self, request: FetchRequest) -> Fetched | None:
        """Return the answer, ``None`` for one that is too large."""
        try:
            return await self._fetcher.fetch(request)
        except Undecided as finding:
            if finding.code.name == "fetch.too_large":
                return None
            raise Undecided(
                "status.list_unreachable",
                f"{finding.code.name}: {finding.detail}",
                retryable=finding.retryable,
            ) from finding
