"""From a list's URL to an authenticated, decoded list with its age; the order of the steps is the point.

fetch → authenticate → decode. Nothing a list says is looked at before every proof on it holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from ler_trust.contracts import Clock, Fetched, Fetcher, FetchRequest, StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import Authentication, SecuredCredential
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.status import StatusList, StatusListEvidence
from ler_trust.status.kept import Keeping, KeptList

Authenticate = Callable[[Sequence[bytes], Instant], Awaitable[Sequence[Authentication]]]

ACCEPT: Final = (
    "application/vc, application/vc+jwt, application/vc+ld+json;q=0.9, application/jwt;q=0.9, "
    "application/ld+json;q=0.8, application/json;q=0.8, */*;q=0.1"
)


class ListObtainer:
    """Obtains lists, one call a list; keeps nothing.

    ``authenticate`` takes documents and the present, and returns one :class:`Authentication` each: keys
    gathered, the proofs' own periods judged, the whole document included.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        authenticate: Authenticate,
        formats: Mapping[str, StatusFormat],
        clock: Clock,
        keeping: Keeping,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._fetcher = fetcher
        self._authenticate = authenticate
        self._formats = formats
        self._clock = clock
        self._keeping = keeping
        self._limits = limits

    async def obtain(self, url: str, entry_type: str) -> KeptList:
        """Return the list at ``url`` that entries of ``entry_type`` point into.

        Raises ``Undecided`` with ``status.type_unsupported``, ``status.list_unreachable``,
        ``status.list_too_large``, ``status.list_signature`` or ``status.list_malformed``.
        """
        status_format = self._formats.get(entry_type)
        if status_format is None:
            raise Undecided("status.type_unsupported", f"{entry_type[:64]!r} is not supported")
        fetched = await self._fetch(url)
        [outcome] = await self._authenticate([fetched.body], self._clock.now())
        secured = _secured(outcome)
        # Expanding and copying megabytes is not for the event loop.
        decoded = await asyncio.to_thread(
            status_format.decode, secured.document or {}, max_bytes=self._limits.list_bytes
        )
        return _kept(url, fetched, secured, decoded, self._keeping)

    async def _fetch(self, url: str) -> Fetched:
        try:
            return await self._fetcher.fetch(FetchRequest(url, ACCEPT, self._keeping.body_bytes))
        except Undecided as finding:
            if finding.code.name == "fetch.too_large":
                raise Undecided("status.list_too_large", finding.detail) from finding
            raise Undecided(
                "status.list_unreachable",
                f"{finding.code.name}: {finding.detail}",
                retryable=finding.retryable,
            ) from finding


def _secured(outcome: Authentication) -> SecuredCredential:
    """Return what the list credential says if all of it is authentic; raises ``Undecided``."""
    if outcome.failure is not None:
        raise _unreadable(outcome.failure)
    failed = next((proof.failure for proof in outcome.proofs if proof.failure is not None), None)
    if failed is not None:
        raise Undecided(
            "status.list_signature", f"{failed.code}: {failed.detail}", retryable=failed.retryable
        )
    if not outcome.proofs or outcome.secured is None:
        raise Undecided("status.list_signature", "the list carries no proof")
    if outcome.secured.malformed is not None:
        raise Undecided("status.list_malformed", outcome.secured.malformed.detail)
    return outcome.secured


def _unreadable(failure: Failure) -> Undecided:
    """Return what it means that a list could not even be read as a secured credential."""
    detail = f"{failure.code}: {failure.detail}"
    if failure.code == "format.too_large":
        return Undecided("status.list_too_large", detail)
    if failure.code.startswith("format.") and failure.code not in ("format.unsecured", "format.unsupported"):
        return Undecided("status.list_malformed", detail)
    return Undecided("status.list_signature", detail, retryable=failure.retryable)


def _kept(
    url: str, fetched: Fetched, secured: SecuredCredential, decoded: StatusList, keeping: Keeping
) -> KeptList:
    last = secured.valid_until
    fresh_until = _fresh_until(fetched, decoded.ttl, last, keeping)
    has_ended = last is not None and last <= fetched.fetched_at
    evidence = StatusListEvidence(
        url, secured.issuer, decoded, fetched.fetched_at, fresh_until, last, own_id=secured.id
    )
    # A list past its end may be replaced any moment; it is still not asked for at each record.
    renew_at = fetched.fetched_at + keeping.rest if has_ended else fresh_until
    return KeptList(evidence, secured.valid_from, renew_at)


def _fresh_until(fetched: Fetched, ttl: int | None, last: Instant | None, keeping: Keeping) -> Instant:
    """Return the earliest of all bounds on keeping a copy (Bitstring Status List §2.2 ``ttl``, RFC 9111)."""
    said = [] if ttl is None else [fetched.fetched_at + ttl]
    if fetched.fresh_until is not None:
        said.append(fetched.fresh_until)
    if not said:
        said.append(fetched.fetched_at + keeping.default_freshness)
    if last is not None:
        said.append(last)
    return min(*said, fetched.fetched_at + keeping.max_freshness)
