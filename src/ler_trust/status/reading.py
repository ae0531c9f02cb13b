"""From the answer of a list's host to an authenticated, decoded list with its age.

vouch → decode. Nothing a list says is looked at before what secures it has held. Small list credentials that
come at the same time are read in company: the engine and its threads are made for many. In company nobody is
waited for, so one list cannot hold up another; one that does not hold so, or cannot be decoded, is read once
more by itself, which says why.
"""

import asyncio
from collections.abc import Callable, Sequence
from random import random
from typing import Final

from ler_trust.contracts import Clock, Fetched, StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.limits import KIB, Limits
from ler_trust.model.status import ListSecuring, StatusList, StatusListEvidence
from ler_trust.status.kept import Keeping, KeptList
from ler_trust.status.vouch import (
    Authenticate,
    FindKeys,
    Vouched,
    vouch_credential,
    vouch_credentials,
    vouch_token,
    vouch_transport,
)
from ler_trust.together import Together

_SMALL: Final = 64 * KIB  # of an answer: lists of usual size, and a few times that where many bits are set

_Answer = tuple[Fetched, StatusFormat]
_Read = tuple[Vouched, StatusList]


class ListReader:
    """Reads lists as their hosts sent them; :class:`ListObtainer` says what it is given."""

    def __init__(
        self,
        authenticate: Authenticate,
        keys: FindKeys,
        clock: Clock,
        keeping: Keeping,
        limits: Limits,
        documents: Limits,
        chance: Callable[[], float] = random,
    ) -> None:
        self._authenticate = authenticate
        self._keys = keys
        self._clock = clock
        self._keeping = keeping
        self._limits = limits
        self._documents = documents
        self._chance = chance
        self._company: Together[_Answer, _Read | None] = Together(self._read_in_company)

    async def read(self, fetched: Fetched, status_format: StatusFormat) -> KeptList:
        """Return the list that ``fetched`` holds.

        Raises ``Undecided`` with ``status.list_signature``, ``status.list_malformed`` or
        ``status.list_too_large``.
        """
        is_usual = status_format.secured_by is ListSecuring.CREDENTIAL and len(fetched.body) <= _SMALL
        in_company = await self._company.ask((fetched, status_format)) if is_usual else None
        vouched, decoded = in_company or await self._read_alone(fetched, status_format)
        evidence = _evidence(fetched, vouched, decoded, status_format.secured_by, self._keeping)
        return _kept(evidence, self._keeping, self._chance())

    async def _read_in_company(self, answers: Sequence[_Answer]) -> list[_Read | None]:
        bodies = [fetched.body for fetched, _ in answers]
        vouched = await vouch_credentials(bodies, self._authenticate, self._clock.now())

        def decode_all() -> list[_Read | None]:
            formats = (status_format for _, status_format in answers)
            return [self._decoded(found, form) for found, form in zip(vouched, formats, strict=True)]

        return await asyncio.to_thread(decode_all)

    def _decoded(self, vouched: Vouched | None, status_format: StatusFormat) -> _Read | None:
        if vouched is None:
            return None
        try:
            return vouched, self._decode(vouched, status_format)
        except Undecided:
            return None

    async def _read_alone(self, fetched: Fetched, status_format: StatusFormat) -> _Read:
        vouched = await self._vouch(fetched, status_format)
        # Expanding and copying megabytes is not for the event loop.
        return vouched, await asyncio.to_thread(self._decode, vouched, status_format)

    def _decode(self, vouched: Vouched, status_format: StatusFormat) -> StatusList:
        return status_format.decode(vouched.content, max_bytes=self._limits.list_bytes)

    async def _vouch(self, fetched: Fetched, status_format: StatusFormat) -> Vouched:
        now = self._clock.now()
        if status_format.secured_by is ListSecuring.TOKEN:
            return await vouch_token(fetched.body, self._keys, now, self._documents)
        if status_format.secured_by is ListSecuring.TRANSPORT:
            return await asyncio.to_thread(vouch_transport, fetched.body, fetched.url, self._documents)
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
