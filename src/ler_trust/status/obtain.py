"""From a list's URL to an authenticated, decoded list with its age; the order of the steps is the point.

fetch → vouch → decode. Nothing a list says is looked at before what secures it has held.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import random
from typing import Final

from ler_trust.contracts import Clock, Fetched, Fetcher, FetchRequest, StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.status import ListKey, ListSecuring, StatusList, StatusListEvidence
from ler_trust.status.kept import Keeping, KeptList
from ler_trust.status.shared import SharedLists
from ler_trust.status.vouch import (
    Authenticate,
    FindKeys,
    Vouched,
    no_keys,
    vouch_credential,
    vouch_token,
    vouch_transport,
)

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
        self._authenticate = authenticate
        self._formats = formats
        self._clock = clock
        self._keeping = keeping
        self._limits = limits
        self._document_limits = replace(limits, item_bytes=keeping.large_body_bytes)
        self._keys = keys
        self._shared = shared
        self._chance = chance
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
                kept = await self._read(fetched, status_format)
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
                return fetched, await self._read(fetched, status_format)
        async with self._large_gate:
            fetched = await self._fetch(replace(request, max_bytes=self._keeping.large_body_bytes))
            if fetched is None:
                detail = f"the answer has more than {self._keeping.large_body_bytes} bytes"
                raise Undecided("status.list_too_large", detail)
            return fetched, await self._read(fetched, status_format)

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

    async def _read(self, fetched: Fetched, status_format: StatusFormat) -> KeptList:
        vouched = await self._vouch(fetched, status_format)
        # Expanding and copying megabytes is not for the event loop.
        decoded = await asyncio.to_thread(
            status_format.decode, vouched.content, max_bytes=self._limits.list_bytes
        )
        evidence = _evidence(fetched, vouched, decoded, status_format.secured_by, self._keeping)
        return _kept(evidence, self._keeping, self._chance())

    async def _vouch(self, fetched: Fetched, status_format: StatusFormat) -> Vouched:
        now = self._clock.now()
        if status_format.secured_by is ListSecuring.TOKEN:
            return await vouch_token(fetched.body, self._keys, now, self._document_limits)
        if status_format.secured_by is ListSecuring.TRANSPORT:
            return await asyncio.to_thread(vouch_transport, fetched.body, fetched.url, self._document_limits)
        return await vouch_credential(fetched.body, self._authenticate, now)


def _evidence(
    fetched: Fetched, vouched: Vouched, decoded: StatusList, secured_by: ListSecuring, keeping: Keeping
) -> StatusListEvidence:
    return StatusListEvidence(
        fetched.url,
        vouched.issuer,
        decoded,
        fetched.fetched_at,
        _fresh_until(fetched, decoded.ttl, vouched.valid_until, secured_by, keeping),
        vouched.valid_until,
        own_id=vouched.own_id,
        secured_by=secured_by,
        valid_from=vouched.valid_from,
    )


def _kept(evidence: StatusListEvidence, keeping: Keeping, chance: float) -> KeptList:
    """Return a list with when it is to be renewed, which ``chance`` (0 to 1) moves a little."""
    fetched_at, last = evidence.fetched_at, evidence.usable_until
    if last is not None and last <= fetched_at:
        # A list past its end may be replaced any moment; it is still not asked for at each record.
        return KeptList(evidence, fetched_at + keeping.rest, fetched_at + keeping.rest)
    part = keeping.ahead + keeping.jitter * (2 * chance - 1)
    ahead_at = fetched_at + round((evidence.fresh_until - fetched_at) * part)
    return KeptList(evidence, evidence.fresh_until, ahead_at)


def _fresh_until(
    fetched: Fetched, ttl: int | None, last: Instant | None, secured_by: ListSecuring, keeping: Keeping
) -> Instant:
    """Return until when a copy is fresh, whatever is said no longer than the policy of this service.

    A list credential is renewed at the earliest of what ``ttl`` (Bitstring Status List §2.2), the answer's
    header (RFC 9111) and its own end say. In a token ``ttl`` and ``exp`` go before the header (Token Status
    List §5.1), so that no cache on the way decides how old a status may be.
    """
    own = [] if ttl is None else [fetched.fetched_at + ttl]
    end = [] if last is None else [last]
    most = fetched.fetched_at + keeping.max_freshness
    if secured_by is ListSecuring.TOKEN and (own or end):
        return min(*own, *end, most)
    header = [] if fetched.fresh_until is None else [fetched.fresh_until]
    otherwise = [] if own or header else [fetched.fetched_at + keeping.default_freshness]
    return min(*own, *header, *otherwise, *end, most)
