"""Status lists in the database: their records and their state.

What is done for each request is :class:`Prepared`; the rest is SQLAlchemy's everyday form.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import Connection, insert, select, update

from ler_trust.model.records import ListRecord, ListState
from ler_trust.store.sql.allocation import AllocationRepository
from ler_trust.store.sql.changes import ChangeRepository
from ler_trust.store.sql.list_rows import LIST, THIS_LIST, missing
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.publication import PublicationRepository
from ler_trust.store.sql.signed import SignedRepository
from ler_trust.store.sql.tables import STATUS_LIST, STATUS_VALUE
from ler_trust.store.sql.upkeep import UpkeepRepository

_RECORD: Final = select(*[LIST[field.name] for field in fields(ListRecord)])
_ONE_RECORD: Final = Prepared(_RECORD.where(THIS_LIST))
# One statement, so that also PostgreSQL answers it from one state of the database.
_STATE: Final = Prepared(
    select(LIST.sequence, STATUS_VALUE.c.index, STATUS_VALUE.c.value)
    .outerjoin(STATUS_VALUE, STATUS_VALUE.c.list == LIST.number)
    .where(THIS_LIST)
)


class StatusRepository(
    AllocationRepository, ChangeRepository, PublicationRepository, SignedRepository, UpkeepRepository
):
    """The status half of the store (``contracts.StatusStore``)."""

    async def create_list(self, record: ListRecord) -> None:
        """Add a list; raises ``Conflict('request.conflict')`` when its id or URL is taken."""
        query = insert(STATUS_LIST).values(asdict(record))
        await self._database.write(None, lambda connection: connection.execute(query).rowcount)

    async def list_record(self, list_id: str) -> ListRecord | None:
        """Return a list's record, ``None`` when there is none."""
        rows = await self._database.read(_ONE_RECORD.rows, list_id=list_id)
        return ListRecord(*rows[0]) if rows else None

    async def rekey_list(self, list_id: str, signing_key: str) -> None:
        """Have the list signed by another key from now on; raises ``Conflict('request.not_found')``."""
        query = update(STATUS_LIST).where(LIST.id == list_id).values(signing_key=signing_key)
        if not await self._database.write(list_id, lambda connection: connection.execute(query).rowcount):
            raise missing(list_id)

    async def list_records(self, tenant: str) -> Sequence[ListRecord]:
        """Return a tenant's lists in order of creation."""
        query = _RECORD.where(LIST.tenant == tenant).order_by(LIST.number)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [ListRecord(*row) for row in rows]

    async def state(self, list_id: str) -> ListState:
        """Return the entries that are not 0, with the sequence they belong to.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        return await self._database.read(_state, list_id)


def _state(connection: Connection, list_id: str) -> ListState:
    rows = _STATE.rows(connection, list_id=list_id)
    if not rows:
        raise missing(list_id)
    return ListState(rows[0][0], {index: value for _, index, value in rows if index is not None})
