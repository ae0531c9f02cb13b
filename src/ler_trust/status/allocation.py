"""Entries handed out: of one list, or of whichever of an issuer's lists are open."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from hmac import digest as hmac_digest
from typing import Any, Final

from ler_trust.contracts import Clock, StatusFormat, StatusStore
from ler_trust.errors import Conflict
from ler_trust.model.records import Allotment, ListRecord, Share
from ler_trust.model.status import StatusReference
from ler_trust.status.book import ListBook, in_thread
from ler_trust.status.requests import request_key

Digests = Callable[[str, Sequence[str]], Awaitable[Sequence[bytes]]]

MAX_ENTRIES: Final = 10_000  # handed out at once: an answer of about 3 MB
_FULL: Final = 0.8  # of a list handed out, and the next one is opened
_ATTEMPTS: Final = 5  # each one lost because others filled a list meanwhile


class Allocation:
    """Hands out entries, each once, in an order that tells nobody anything.

    ``digests`` turns a tenant's references into what the store keeps of them. An issuer that does not choose
    a list gets entries of ``open_lists`` lists of a purpose, chosen at random.
    """

    def __init__(
        self,
        store: StatusStore,
        book: ListBook,
        status_format: StatusFormat,
        clock: Clock,
        digests: Digests,
        url_of: Callable[[str], str],
        open_lists: int,
    ) -> None:
        self._store = store
        self._book = book
        self._format = status_format
        self._clock = clock
        self._digests = digests
        self._url_of = url_of
        self._open_lists = open_lists

    async def of_list(
        self, tenant: str, list_id: str, count: int, references: Sequence[str], key: str | None
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of one list; raises as :meth:`StatusPublisher.allocate` does."""
        record = await self._book.known(tenant, list_id)
        _require_count(count, references)
        digests = tuple(await self._digests(tenant, references)) if references else ()
        if key is None and not digests:
            given = [Allotment(list_id, await self._store.allocate(list_id, count), count)]
        else:
            asked = ("allocate", list_id, count, [each.hex() for each in digests])
            request = request_key(tenant, key, self._clock.now(), *asked)
            given = [*await self._store.allocate_each([Share(list_id, count, digests)], request=request)]
        return await in_thread(count, self._entries, {record.id: record}, given)

    async def of_purpose(
        self, tenant: str, purpose: str, count: int, references: Sequence[str], key: str | None
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of open lists; raises as :meth:`StatusPublisher.allocate_open` does."""
        _require_count(count, references)
        digests = tuple(await self._digests(tenant, references)) if references else ()
        asked = ("allocate", purpose, count, [each.hex() for each in digests])
        request = request_key(tenant, key, self._clock.now(), *asked)
        for _ in range(_ATTEMPTS):
            shares = _shares(await self._open(tenant, purpose, count), count, digests)
            try:
                given = await self._store.allocate_each(shares, request=request)
            except Conflict as refusal:
                if refusal.code.name != "request.list_full":
                    raise
                continue
            records = {one.list_id: await self._book.known(tenant, one.list_id) for one in given}
            return await in_thread(count, self._entries, records, given)
        raise Conflict("request.list_full", "the lists fill faster than new ones are opened")

    async def _open(self, tenant: str, purpose: str, count: int) -> Sequence[ListRecord]:
        """Return the lists that entries are taken from, opening the next before the last is full."""
        records = [each for each in await self._store.list_records(tenant) if each.purpose == purpose]
        # What nobody has to sign by hand comes first, and is never mixed with what somebody has.
        records = [each for each in records if not each.issuer_signs] or records
        if not records:
            raise Conflict("request.not_found", f"there is no list for {purpose} yet; create the first one")
        while True:
            roomy = [each for each in records if each.allocated < _FULL * each.length]
            if len(roomy) >= self._open_lists and sum(map(_free, roomy)) >= count:
                return roomy
            records.append(await self._successor(records[-1]))

    async def _successor(self, last: ListRecord) -> ListRecord:
        """Create the list that follows ``last``, unless another replica has.

        Its id follows from a secret, so that all replicas mean the same list and there is only one.
        """
        list_id = hmac_digest(last.secret, b"ler-trust next list", "sha256").hex()[:32]
        successor = replace(
            last,
            id=list_id,
            url=self._url_of(list_id),
            secret=secrets.token_bytes(32),
            created_at=self._clock.now(),
            allocated=0,
            sequence=0,
            next_due=None,
        )
        try:
            await self._store.create_list(successor)
        except Conflict as refusal:
            if refusal.code.name != "request.conflict":
                raise
        return await self._book.present(list_id)

    def _entries(
        self, records: Mapping[str, ListRecord], given: Sequence[Allotment]
    ) -> tuple[Mapping[str, Any], ...]:
        return tuple(
            self._entry(records[one.list_id], one.first + step) for one in given for step in range(one.count)
        )

    def _entry(self, record: ListRecord, ordinal: int) -> Mapping[str, Any]:
        index = self._book.order(record).index(ordinal)
        return self._format.entry(StatusReference(self._format.entry_type, record.url, index, record.purpose))

    async def referenced(
        self, tenant: str, purpose: str, references: Sequence[str]
    ) -> Sequence[tuple[str, int] | None]:
        """Return the list and index that each reference has for a purpose, ``None`` for one that has none."""
        digests = await self._digests(tenant, references)
        found = await self._store.referenced(tenant, purpose, set(digests))
        return [await self._place(tenant, found.get(digest)) for digest in digests]

    async def is_reference(self, tenant: str, record: ListRecord, index: int, reference: str) -> bool | None:
        """Return whether an entry was handed out for ``reference``; ``None`` when it was for none."""
        if not 0 <= index < record.length:
            return None
        found = await self._store.reference_of(record.id, self._book.order(record).ordinal(index))
        return None if found is None else [found] == [*await self._digests(tenant, [reference])]

    async def _place(self, tenant: str, found: tuple[str, int] | None) -> tuple[str, int] | None:
        if found is None:
            return None
        list_id, ordinal = found
        record = await self._book.known(tenant, list_id)
        return list_id, self._book.order(record).index(ordinal)


def _require_count(count: int, references: Sequence[str]) -> None:
    if not 0 < count <= MAX_ENTRIES:
        raise Conflict("request.invalid", f"from 1 to {MAX_ENTRIES} entries can be allocated at once")
    if references and len(references) != count:
        raise Conflict("request.invalid", "give one reference for each entry, or none")
    if len(set(references)) != len(references):
        raise Conflict("request.conflict", "one reference is given twice")


def _free(record: ListRecord) -> int:
    return record.length - record.allocated


def _shares(records: Sequence[ListRecord], count: int, digests: Sequence[bytes]) -> list[Share]:
    """Spread ``count`` entries over the lists, each entry on one chosen at random with room for it."""
    chance = secrets.SystemRandom()
    wanted = dict.fromkeys((record.id for record in records), 0)
    room = {record.id: _free(record) for record in records}
    for _ in range(count):
        chosen = chance.choice([list_id for list_id in wanted if wanted[list_id] < room[list_id]])
        wanted[chosen] += 1
    shares, start = [], 0
    for list_id, number in wanted.items():
        if number:
            shares.append(Share(list_id, number, tuple(digests[start : start + number])))
            start += number
    return shares
