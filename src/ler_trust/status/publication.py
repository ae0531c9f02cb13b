"""What is published of each list: rendered, signed, read back, compared with the last, swapped in, shown.

Publishing is a function of the state, done when somebody asks for the list and what was published last is
behind: so what was acknowledged is in the very next answer, whichever process gives it and whatever died in
between. Many changes between two requests cost one signature.
"""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from ler_trust.contracts import Clock, StatusStore
from ler_trust.errors import Conflict, Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.records import ListRecord, ListState, PublishedList, PublishedVersion
from ler_trust.status.book import ListBook
from ler_trust.status.flight import SingleFlight
from ler_trust.status.render import Renderer
from ler_trust.status.renderings import published_bits
from ler_trust.status.shown import ShownLists, half_over
from ler_trust.status.turns import TurnsByThreads
from ler_trust.status.version import SignerSource, beside, bits_of, not_published, signing
from ler_trust.steps import passing

_ATTEMPTS: Final = 10  # to publish: each one lost was won by another replica
_AT_ONCE: Final = 4  # lists rendered at a time
_LISTS_WAITING: Final = 1_000  # as many as the background takes at once; never for other forms or times
_PAST_KEPT: Final = 32  # lists of other times kept: who asks for one asks for it often
_PAST_WAITING: Final = 16  # who may wait for one to be made, which takes all changes there were


class Publication:
    """Publishes lists and remembers what it has shown; ``look_again`` as :class:`ShownLists` says."""

    def __init__(
        self,
        store: StatusStore,
        book: ListBook,
        signers: SignerSource,
        renderer: Renderer,
        clock: Clock,
        look_again: int,
    ) -> None:
        self._store = store
        self._book = book
        self._signers = signers
        self._renderer = renderer
        self._clock = clock
        self.shown = ShownLists(look_again)
        self._flights: SingleFlight[str, PublishedList | None] = SingleFlight()
        self._past: OrderedDict[tuple[str, Instant, int], PublishedList] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._turns = TurnsByThreads(_AT_ONCE, _LISTS_WAITING)
        self._waiting = 0

    async def present(self, list_id: str) -> PublishedList:
        """Return the list with every change acknowledged before this call.

        Of changes made through another replica, the last ``look_again`` may be missing. Raises
        ``Conflict('request.not_found')``.
        """
        now = self._clock.now()
        shown = self.shown.get(list_id, now)
        if shown is None:
            forgotten = self.shown.forgotten(list_id)
            shown = await self._look(list_id)
            self.shown.put(shown, now, forgotten)
        return shown

    async def _look(self, list_id: str) -> PublishedList:
        """Return what the store has, published anew if it has changed or grown old."""
        record = await self._up_to_date(list_id)
        found = await self._store.published(list_id)
        for _ in range(_ATTEMPTS):
            if found is not None and self._is_of(found, record) and self._clock.now() < half_over(found):
                return replace(found, next_due=record.next_due)
            try:
                found = await self._flights.join(list_id, lambda: self._publish(list_id))
            except Undecided:
                if found is None or not self._is_of(found, record) or found.valid_until <= self._clock.now():
                    raise
                # It could not be renewed, and says what it should for some time yet.
                return replace(found, next_due=record.next_due)
        raise Undecided("request.unavailable", "the list changes faster than it is published", retryable=True)

    async def _up_to_date(self, list_id: str) -> ListRecord:
        """Return the list's record once what is due has taken effect."""
        record = await self._book.present(list_id)
        now = self._clock.now()
        if record.next_due is None or record.next_due > now:
            return record
        await self._store.make_due(list_id, now)
        return await self._book.present(list_id)

    def _is_of(self, published: PublishedList, record: ListRecord) -> bool:
        return published.sequence >= record.sequence and published.signing_key == record.signing_key

    async def _publish(self, list_id: str) -> PublishedList | None:
        """Publish the present state, or return what another replica published meanwhile."""
        record = await self._book.present(list_id)
        before = await self._store.published(list_id)  # before the state, so that the state is not older
        state = await self._store.state(list_id)
        signer = signing(await self._signers(record.tenant, record.signing_key))
        passing("publish.read")
        now = self._clock.now()
        new = await beside(signer, lambda: self._renderer.render(record, state, signer, now), self._turns)
        if before is not None:
            await self._require_expected(record, before, state)
        passing("publish.rendered")
        for _ in range(_ATTEMPTS):
            if await self._store.publish(new, replaces=before):
                return new
            before = await self._store.published(list_id)
            if before is not None and before.sequence >= new.sequence and self._is_of(before, record):
                return before  # else the winner had an older state, and must not win again and again
        return before

    async def _require_expected(self, record: ListRecord, before: PublishedList, state: ListState) -> None:
        """Raise ``Undecided`` if an entry differs from what is published that no change was about.

        Whatever went wrong, in this program or under it, the list that is there is better than this one.
        """

        def compare() -> set[int]:
            shown = published_bits(self._renderer.status_format, before, record.length)
            return _different(shown, bits_of(record.length, state.values))

        different = await asyncio.to_thread(compare)
        if not different:
            return
        if state.sequence >= before.sequence:
            changed = await self._store.changed(record.id, after=before.sequence, until=state.sequence)
            if different <= set(changed):
                return
        raise not_published("entries differ that were not changed")

    async def at(self, list_id: str, moment: Instant) -> PublishedList:
        """Return the list as it was published at ``moment``: the same bytes, made again.

        Raises ``Conflict`` with ``request.not_found``, or ``request.no_such_time`` when nothing was published
        then, or it is not remembered; ``Undecided('request.unavailable')`` when too many ask at once.
        """
        record = await self._book.present(list_id)
        if moment > self._clock.now():
            raise Conflict("request.no_such_time", "that time has not come")
        version = await self._store.version_at(list_id, moment)
        if version is None or version.valid_until <= moment:
            raise Conflict("request.no_such_time", "no list of that time is remembered")
        key = (list_id, version.published_at, version.sequence)
        if key not in self._past:
            await self._make_past(key, record, version)
        return self._past[key]

    async def _make_past(
        self, key: tuple[str, Instant, int], record: ListRecord, version: PublishedVersion
    ) -> None:
        if self._waiting >= _PAST_WAITING:
            raise Undecided("request.unavailable", "too many ask for lists of other times", retryable=True)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                if key not in self._past:
                    self._past[key] = await self._remade(record, version)
                    if len(self._past) > _PAST_KEPT:
                        self._past.popitem(last=False)
        finally:
            self._waiting -= 1

    async def _remade(self, record: ListRecord, version: PublishedVersion) -> PublishedList:
        state = await self._store.state_at(record.id, version.sequence)
        signer = signing(await self._signers(record.tenant, version.signing_key))
        then = replace(record, ttl=version.ttl, signing_key=version.signing_key)
        at = version.published_at
        return await beside(signer, lambda: self._renderer.render(then, state, signer, at), self._turns)

    async def close(self) -> None:
        """Give up what is being published; what the store has is published again when asked for."""
        await self._flights.close()


def _different(one: bytes, other: bytes) -> set[int]:
    """Return the entries in which two lists of one length differ."""
    unequal = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    if not unequal:
        return set()
    return {
        8 * at + bit
        for at, byte in enumerate(unequal.to_bytes(len(one), "big"))
        if byte
        for bit in range(8)
        if byte & 0x80 >> bit
    }
