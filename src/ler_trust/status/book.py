"""The lists kept here, as whoever allocates, changes or publishes finds them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, ParamSpec, TypeVar

from ler_trust.contracts import StatusStore
from ler_trust.errors import Conflict
from ler_trust.model.records import ListRecord
from ler_trust.status.permutation import Permutation

_PERMUTATIONS: Final = 64  # kept; 30 kB each at the usual length
_RECORDS: Final = 1_024  # kept, 1 kB each
_SHORT: Final = 1_000  # entries worked on without a thread: it takes some milliseconds

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ListBook:
    """Finds lists by their id, and entries by the number they were handed out as."""

    def __init__(self, store: StatusStore) -> None:
        self._store = store
        self._records: OrderedDict[str, ListRecord] = OrderedDict()
        self._permutation = lru_cache(_PERMUTATIONS)(Permutation)

    async def present(self, list_id: str) -> ListRecord:
        """Return a list of any tenant as it is now; raises ``Conflict('request.not_found')``."""
        record = await self._store.list_record(list_id)
        if record is None:
            raise missing(list_id)
        self._remember(record)
        return record

    async def own(self, tenant: str, list_id: str) -> ListRecord:
        """Return a tenant's list as it is now; raises ``Conflict('request.not_found')``."""
        return _required(await self.present(list_id), tenant)

    async def known(self, tenant: str | None, list_id: str) -> ListRecord:
        """Return a list of a tenant (``None`` for any) as it is or was: what never changes in it is right.

        Raises ``Conflict('request.not_found')``.
        """
        record = self._records.get(list_id) or await self.present(list_id)
        return record if tenant is None else _required(record, tenant)

    def _remember(self, record: ListRecord) -> None:
        self._records[record.id] = record
        self._records.move_to_end(record.id)
        if len(self._records) > _RECORDS:
            self._records.popitem(last=False)

    async def require_entries(self, record: ListRecord, indexes: Sequence[int]) -> None:
        """Raise ``Conflict('request.not_allocated')`` unless every entry was handed out by now."""
        if await in_thread(len(indexes), self._stranger, record, indexes) is None:
            return
        present = await self.present(record.id)
        stranger = await in_thread(len(indexes), self._stranger, present, indexes)
        if stranger is not None:
            raise Conflict("request.not_allocated", f"entry {stranger} was never allocated")

    def _stranger(self, record: ListRecord, indexes: Sequence[int]) -> int | None:
        """Return the first index that was not handed out, by what ``record`` says."""
        ordinal, length, allocated = self.order(record).ordinal, record.length, record.allocated
        known = (0 <= index < length and ordinal(index) < allocated for index in indexes)
        return next((index for index, is_known in zip(indexes, known, strict=True) if not is_known), None)

    def order(self, record: ListRecord) -> Permutation:
        """Return the order in which the list's entries are handed out."""
        return self._permutation(record.secret, record.length)


async def in_thread(size: int, work: Callable[_P, _T], *positional: _P.args, **named: _P.kwargs) -> _T:
    """Return what pure ``work`` returns, done beside the event loop when it is for many entries."""
    if size <= _SHORT:
        return work(*positional, **named)
    return await asyncio.to_thread(work, *positional, **named)


def missing(list_id: str) -> Conflict:
    """Return what is said of a list that is not there, or not the asker's."""
    return Conflict("request.not_found", f"there is no status list {list_id}")


def _required(record: ListRecord, tenant: str) -> ListRecord:
    if record.tenant != tenant:
        raise missing(record.id)
    return record
