"""Entries changed by their issuer: now, later, or only to see what would happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ler_trust.contracts import Clock, StatusStore
from ler_trust.errors import Conflict
from ler_trust.model.instant import DAY, Instant
from ler_trust.model.records import ListRecord, StatusChange
from ler_trust.status.book import ListBook
from ler_trust.status.requests import changes_as_asked, request_key

Batches = Mapping[str, Sequence[StatusChange]]

MAX_CHANGES: Final = 100_000  # in one request: one transaction of a second or two
MAX_AHEAD: Final = 3_660 * DAY  # how far in the future a change may take effect


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """What an issuer wants changed: entries by list, in the order given, and how.

    ``actor`` is the API key that asks. With ``effective_at`` the changes are made then; with ``dry_run`` they
    are only checked. ``key`` names the request, so that it is done once.
    """

    batches: Batches
    actor: str
    effective_at: Instant | None = None
    dry_run: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """What became of an order: how many changes, and each list's sequence after them.

    ``unchanged`` are those of a dry run that would set what is set already.
    """

    applied: int
    sequences: Mapping[str, int] = field(default_factory=dict)
    unchanged: int = 0


class Changes:
    """Checks orders and has the store carry them out, all or nothing."""

    def __init__(self, store: StatusStore, book: ListBook, clock: Clock) -> None:
        self._store = store
        self._book = book
        self._clock = clock

    async def make(self, tenant: str, order: ChangeOrder) -> ChangeAnswer:
        """Carry out ``order``; raises as :meth:`StatusPublisher.change_each` does."""
        records = await self._checked(tenant, order.batches)
        applied = sum(map(len, order.batches.values()))
        if order.dry_run:
            return await self._tried(records, order, applied)
        return ChangeAnswer(applied, await self._done(tenant, order))

    async def _done(self, tenant: str, order: ChangeOrder) -> Mapping[str, int]:
        now = self._clock.now()
        asked = changes_as_asked(order.batches) if order.key is not None else ()
        request = request_key(tenant, order.key, now, "change", asked, order.effective_at)
        if order.effective_at is not None:
            _require_near(order.effective_at, now)
            await self._store.schedule(
                order.batches, actor=order.actor, at=now, effective_at=order.effective_at, request=request
            )
            return {}
        if len(order.batches) == 1 and request is None:
            [(list_id, changes)] = order.batches.items()
            return {list_id: await self._store.change(list_id, changes, actor=order.actor, at=now)}
        return await self._store.change_each(order.batches, actor=order.actor, at=now, request=request)

    async def _checked(self, tenant: str, batches: Batches) -> Mapping[str, ListRecord]:
        if not 0 < sum(map(len, batches.values())) <= MAX_CHANGES:
            raise Conflict("request.invalid", f"from 1 to {MAX_CHANGES} entries can be changed at once")
        return {
            list_id: await self._checked_list(tenant, list_id, changes)
            for list_id, changes in batches.items()
        }

    async def _checked_list(self, tenant: str, list_id: str, changes: Sequence[StatusChange]) -> ListRecord:
        record = await self._book.known(tenant, list_id)
        if not {change.value for change in changes} <= {0, 1}:
            raise Conflict("request.invalid", "an entry of one bit is 0 or 1")
        await self._book.require_entries(record, [change.index for change in changes])
        return record

    async def _tried(
        self, records: Mapping[str, ListRecord], order: ChangeOrder, applied: int
    ) -> ChangeAnswer:
        """Return what ``order`` would do to the present state, to which belongs what is due by now."""
        unchanged, sequences = 0, {}
        for list_id, changes in order.batches.items():
            await self._store.make_due(list_id, self._clock.now())
            state = await self._store.state(list_id)
            values, sequences[list_id] = dict(state.values), state.sequence
            for change in changes:
                before = values.get(change.index, 0)
                if records[list_id].purpose == "revocation" and before > change.value:
                    raise Conflict("request.final", "a revocation is final and cannot be undone")
                unchanged += before == change.value
                values[change.index] = change.value
        return ChangeAnswer(applied, sequences, unchanged)


def _require_near(effective_at: Instant, now: Instant) -> None:
    if effective_at > now + MAX_AHEAD:
        days = MAX_AHEAD // DAY
        raise Conflict("request.invalid", f"effective_at is more than {days} days in the future")
