"""The resolver: plugins say where and how, the fetcher fetches, one flight an identifier, a bounded cache."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ler_trust.contracts import Clock, DidMethod, Fetched, Fetcher
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import DidDocument
from ler_trust.model.instant import MINUTE, SECOND, Instant
from ler_trust.resolve.document_cache import DocumentCache, Entry
from ler_trust.resolve.source import Source, read_document, source_of

FAILURE_FRESH: Final = 10 * SECOND  # a failure is kept this long: a batch asks once, a retry soon asks again
REFRESH_INTERVAL: Final = 1 * MINUTE  # a forger's bad signatures cost an issuer's server one request a minute
MAX_DOCUMENTS: Final = 10_000  # identifiers in hand
MAX_BYTES: Final = 32 * 1024 * 1024  # of documents as fetched; parsed they take some five times as much
MAX_DERIVED: Final = 4_096  # documents in hand that are made of their identifier: they crowd out no others
_ENTRY_BYTES: Final = 512  # what an entry takes beside its document


class CachingResolver:
    """Implements :class:`ler_trust.contracts.Resolver` over a fetcher and a table of DID methods.

    One waiter's cancellation does not end a fetch that others wait for, nor does that of all: its
    answer is kept. ``close`` ends what is under way.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        methods: Mapping[str, DidMethod],
        clock: Clock,
        *,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._fetcher = fetcher
        self._methods = methods
        self._clock = clock
        self._cache = DocumentCache(max_documents, max_bytes)
        self._derived = DocumentCache(MAX_DERIVED, max_bytes)
        self._flights: dict[str, asyncio.Task[Entry]] = {}

    async def close(self) -> None:
        """End every fetch under way; those who wait for one are cancelled."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def kept(self, identifier: str) -> DidDocument | None:
        """Return the document in hand, if ``resolve`` would return that one now; asks nobody.

        An address written otherwise than in its normal form is not found in this way.
        """
        now = self._clock.now()
        entry = self._cache.get(identifier, now) or self._derived.get(identifier, now)
        return entry.answer if entry is not None and isinstance(entry.answer, DidDocument) else None

    async def resolve(self, identifier: str) -> DidDocument:
        """Return the document of a DID or an https controlled identifier, kept or fetched.

        Raises ``Rejected`` for an identifier or document that is not valid, ``Undecided`` with
        ``did.method_unsupported``, ``did.not_found`` or ``did.unreachable`` when it could not be had.
        """
        source = source_of(identifier, self._methods)
        if not source.requests:
            return self._derive(source)
        entry = self._cache.get(source.key, self._clock.now()) or await self._fly(source)
        return _document(entry.answer)

    async def refresh(self, identifier: str) -> DidDocument:
        """Return the document fetched anew; within a minute of the last fetch, that one's outcome again.

        Raises as ``resolve`` does. A refresh that fails leaves the document in hand for ``resolve``.
        """
        source = source_of(identifier, self._methods)
        if not source.requests:
            return self._derive(source)
        now = self._clock.now()
        entry = self._cache.get(source.key, now)
        if entry is None or now >= entry.last_fetch + REFRESH_INTERVAL:
            entry = await self._fly(source)
        return _document(entry.refresh_failure or entry.answer)

    def _derive(self, source: Source) -> DidDocument:
        """Make the document of an identifier that contains its key, or find it made."""
        now = self._clock.now()
        entry = self._derived.get(source.key, now)
        if entry is None:
            document = read_document(source, (), now)
            entry = Entry(document, document.fresh_until, now, _ENTRY_BYTES + 8 * len(source.key))
            self._derived.put(source.key, entry)
        return _document(entry.answer)

    async def _fly(self, source: Source) -> Entry:
        """Join the flight for ``source``, or start it."""
        flight = self._flights.get(source.key)
        if flight is None:
            flight = asyncio.create_task(self._fetch(source))
            self._flights[source.key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(source.key, None))
        return await asyncio.shield(flight)

    async def _fetch(self, source: Source) -> Entry:
        try:
            fetched = [await self._fetcher.fetch(request) for request in source.requests]
        except Undecided as finding:
            return self._keep_failure(source.key, Failure.of(_unfetched(finding)))
        try:
            document = read_document(source, fetched, self._clock.now())
        except (Rejected, Undecided) as finding:
            return self._keep_failure(source.key, Failure.of(finding))
        return self._keep_document(source.key, document, fetched)

    def _keep_document(self, key: str, document: DidDocument, fetched: list[Fetched]) -> Entry:
        size = _ENTRY_BYTES + 4 * len(key) + sum(len(answer.body) for answer in fetched)
        return self._keep(key, Entry(document, document.fresh_until, self._clock.now(), size))

    def _keep_failure(self, key: str, failure: Failure) -> Entry:
        now = self._clock.now()
        kept = self._cache.get(key, now)
        if kept is not None and isinstance(kept.answer, DidDocument):
            return self._keep(key, replace(kept, last_fetch=now, refresh_failure=failure))
        return self._keep(key, _failed(key, failure, now))

    def _keep(self, key: str, entry: Entry) -> Entry:
        self._cache.put(key, entry)
        return entry


def _failed(key: str, failure: Failure, now: Instant) -> Entry:
    return Entry(failure, now + FAILURE_FRESH, now, _ENTRY_BYTES + 4 * len(key))


def _document(answer: DidDocument | Failure) -> DidDocument:
    if isinstance(answer, Failure):
        raise answer.raised()
    return answer


def _unfetched(finding: Undecided) -> Undecided:
    """Say of an identifier what was found of its address.

    An absent document (404 or 410) is no evidence about a signature: undecided, like an outage.
    """
    code = "did.not_found" if finding.code.name == "fetch.not_found" else "did.unreachable"
    return Undecided(code, f"{finding.code.name}: {finding.detail}", retryable=finding.retryable)
