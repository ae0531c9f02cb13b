"""The issuer's side: create a list, allocate entries, change them, publish.

A change is durable when the store has it. Publishing is a function of the state, done when somebody asks for
the list and what was published last is behind: so what was acknowledged is in the very next answer, whichever
process gives it and whatever died in between. Many changes between two requests cost one signature.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ler_trust.contracts import Clock, Engine, StatusFormat, StatusStore
from ler_trust.errors import Conflict, Undecided
from ler_trust.model.instant import DAY, MINUTE, SECOND
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.records import ListRecord, PublishedList, StatusChange
from ler_trust.status.allocation import Allocation, Digests
from ler_trust.status.book import ListBook
from ler_trust.status.changes import ChangeAnswer, ChangeOrder, Changes
from ler_trust.status.flight import SingleFlight
from ler_trust.status.render import CRYPTOSUITES, ListSigner, Renderer
from ler_trust.status.shown import ShownLists
from ler_trust.steps import passing

SignerSource = Callable[[str, str], Awaitable[ListSigner]]

PURPOSES: Final = ("revocation", "suspension")
MIN_LENGTH: Final = DEFAULT_LIMITS.status_list_bits
MAX_LENGTH: Final = 2**22  # entries: even without compression the credential stays below a record's cap
DEFAULT_TTL: Final = 5 * MINUTE
MIN_TTL: Final = 1 * SECOND
MAX_TTL: Final = 7 * DAY
_ATTEMPTS: Final = 10  # to publish: each one lost was won by another replica


class StatusPublisher:
    """Keeps an issuer's status lists and publishes them as signed credentials.

    ``signers`` gives a tenant's signing key by its id, or raises ``Conflict('request.not_found')``. Lists are
    published under ``base_url``. ``digests`` turns a tenant's references into what the store keeps of them.
    What was published is kept in memory for ``look_again`` microseconds before the store is asked whether
    another replica has changed it. Every method may raise ``Undecided('request.unavailable')``.
    """

    def __init__(
        self,
        store: StatusStore,
        signers: SignerSource,
        status_format: StatusFormat,
        engine: Engine,
        clock: Clock,
        base_url: str,
        *,
        digests: Digests,
        look_again: int = 0,
        open_lists: int = 1,
    ) -> None:
        self._store = store
        self._shown = ShownLists(look_again)
        self._signers = signers
        self._format = status_format
        self._renderer = Renderer(status_format, engine)
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._flights: SingleFlight[str, PublishedList | None] = SingleFlight()
        self.book = ListBook(store)
        self._allocation = Allocation(store, self.book, status_format, clock, digests, self._url, open_lists)
        self._changes = Changes(store, self.book, clock)

    async def create_list(
        self,
        tenant: str,
        purpose: str,
        signing_key: str,
        *,
        length: int = MIN_LENGTH,
        ttl: int = DEFAULT_TTL,
    ) -> ListRecord:
        """Create a list of ``length`` entries for one purpose; ``ttl`` in microseconds.

        Raises ``Conflict`` with ``request.invalid`` for a list that cannot be, ``request.not_found`` without
        such a key.
        """
        _check_list(purpose, length, ttl)
        signer = await self._signers(tenant, signing_key)
        if signer.kind not in CRYPTOSUITES:
            raise Conflict("request.invalid", f"a {signer.kind} key does not sign status lists")
        list_id = secrets.token_hex(16)
        record = ListRecord(
            id=list_id,
            tenant=tenant,
            url=self._url(list_id),
            purpose=purpose,
            length=length,
            signing_key=signing_key,
            ttl=ttl,
            secret=secrets.token_bytes(32),
            created_at=self._clock.now(),
        )
        await self._store.create_list(record)
        return record

    def _url(self, list_id: str) -> str:
        return f"{self._base_url}/status-lists/{list_id}"

    async def allocate(
        self,
        tenant: str,
        list_id: str,
        count: int = 1,
        *,
        references: Sequence[str] = (),
        key: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of one list, as ``credentialStatus`` objects to be put into credentials.

        ``references`` are the issuer's own names for the credentials, one an entry; ``key`` an idempotency
        key. Raises ``Conflict`` with ``request.not_found``, ``request.invalid``, ``request.list_full``,
        ``request.conflict`` for a reference that has an entry of this purpose, ``request.key_reused``.
        """
        return await self._allocation.of_list(tenant, list_id, count, references, key)

    async def allocate_open(
        self,
        tenant: str,
        purpose: str,
        count: int = 1,
        *,
        references: Sequence[str] = (),
        key: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of lists for ``purpose``, chosen at random among those that are open.

        The next list is opened, like the last, before there is no room. Raises as ``allocate`` does, and
        ``request.not_found`` while there is no list for that purpose.
        """
        return await self._allocation.of_purpose(tenant, purpose, count, references, key)

    async def referenced(
        self, tenant: str, purpose: str, references: Sequence[str]
    ) -> Sequence[tuple[str, int] | None]:
        """Return the list and index that each reference has for a purpose, ``None`` for one that has none."""
        return await self._allocation.referenced(tenant, purpose, references)

    async def change(self, tenant: str, list_id: str, changes: Sequence[StatusChange], *, actor: str) -> int:
        """Apply all changes or none, durably, and return the list's new sequence.

        Raises as ``change_each`` does.
        """
        answer = await self.change_each(tenant, ChangeOrder({list_id: changes}, actor))
        return answer.sequences[list_id]

    async def change_each(self, tenant: str, order: ChangeOrder) -> ChangeAnswer:
        """Carry out ``order`` on all its lists or on none, durably.

        Raises ``Conflict`` with ``request.not_found``, ``request.invalid``, ``request.not_allocated`` for an
        entry never handed out, ``request.final`` for taking back a revocation, ``request.key_reused``.
        """
        try:
            answer = await self._changes.make(tenant, order)
        except BaseException:
            self._forget(order)  # what is reported failed may have been done
            raise
        for list_id, sequence in answer.sequences.items():
            self._shown.acknowledge(list_id, sequence)
        if order.effective_at is not None:
            self._forget(order)  # a list may have been kept past the time when this takes effect
        return answer

    def _forget(self, order: ChangeOrder) -> None:
        for list_id in order.batches:
            self._shown.forget(list_id)

    async def call_off(self, tenant: str, list_id: str, numbers: Sequence[int], *, actor: str) -> int:
        """Call off scheduled changes by their numbers; return how many had not taken effect.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        await self.book.known(tenant, list_id)
        return await self._store.call_off(list_id, numbers, actor=actor, at=self._clock.now())

    async def published(self, list_id: str) -> PublishedList:
        """Return the list as a signed credential that holds every change acknowledged before this call.

        Of changes made through another replica, the last ``look_again`` may be missing. ``etag`` is a strong
        entity tag, quotes included. Raises ``Conflict('request.not_found')``.
        """
        now = self._clock.now()
        shown = self._shown.get(list_id, now)
        if shown is None or self._is_half_over(shown):
            shown = await self._look(list_id)
            self._shown.put(shown, now)
        return shown

    async def _look(self, list_id: str) -> PublishedList:
        """Return what the store has, published anew if it has changed or grown old."""
        record = await self.book.present(list_id)
        now, wanted = self._clock.now(), record.sequence
        if record.next_due is not None and record.next_due <= now:
            wanted = await self._store.make_due(list_id, now)
            record = await self.book.present(list_id)
        found = await self._store.published(list_id)
        for _ in range(_ATTEMPTS):
            if found is not None and found.sequence >= wanted and not self._is_half_over(found):
                return replace(found, next_due=record.next_due)
            found = await self._flights.join(list_id, lambda: self._publish(list_id))
        raise Undecided("request.unavailable", "the list changes faster than it is published", retryable=True)

    def _is_half_over(self, published: PublishedList) -> bool:
        return 2 * self._clock.now() >= published.published_at + published.valid_until

    async def _publish(self, list_id: str) -> PublishedList | None:
        """Publish the present state, or return what another replica published meanwhile."""
        record = await self.book.present(list_id)
        before = await self._store.published(list_id)  # before the state, so that the state is not older
        state = await self._store.state(list_id)
        signer = await self._signers(record.tenant, record.signing_key)
        passing("publish.read")
        new = await asyncio.to_thread(self._renderer.render, record, state, signer, self._clock.now())
        passing("publish.rendered")
        for _ in range(_ATTEMPTS):
            if await self._store.publish(new, replaces=before):
                return new
            before = await self._store.published(list_id)
            if before is not None and before.sequence >= new.sequence:
                return before  # else the winner had an older state, and must not win again and again
        return before

    async def close(self) -> None:
        """Give up what is being published; what the store has is published again when asked for."""
        await self._flights.close()


def _check_list(purpose: str, length: int, ttl: int) -> None:
    if purpose not in PURPOSES:
        raise Conflict("request.invalid", f"a list is for {' or '.join(PURPOSES)}")
    if not MIN_LENGTH <= length <= MAX_LENGTH or length % 8:
        raise Conflict("request.invalid", f"a list has {MIN_LENGTH} to {MAX_LENGTH} entries, in eights")
    if not MIN_TTL <= ttl <= MAX_TTL:
        raise Conflict("request.invalid", f"ttl is from {MIN_TTL} to {MAX_TTL} microseconds")
