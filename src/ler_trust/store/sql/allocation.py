"""Entries handed out: a counter a list, and the references they were handed out for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, exc, insert, select, update

from ler_trust.errors import Conflict
from ler_trust.model.records import Allotment, RequestKey, Share
from ler_trust.steps import passing
from ler_trust.store.sql.list_rows import COUNT, LIST, THIS_LIST, among, lock, number_of
from ler_trust.store.sql.prepared import Prepared
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.requests import once
from ler_trust.store.sql.tables import STATUS_LIST, STATUS_REFERENCE

_DIGESTS: Final = 10_000  # in one statement

_ALLOCATE: Final = Prepared(
    update(STATUS_LIST)
    .where(THIS_LIST, LIST.length - LIST.allocated >= COUNT)
    .values(allocated=LIST.allocated + COUNT)
    .returning(LIST.allocated, LIST.number, LIST.tenant, LIST.purpose)
)


class AllocationRepository(Repository):
    """The part of ``contracts.StatusStore`` that hands out entries."""

    async def allocate(self, list_id: str, count: int) -> int:
        """Hand out ``count`` entries and return the ordinal of the first; none is ever handed out twice.

        Raises ``Conflict`` with ``request.list_full``, ``request.not_found``, or ``request.invalid`` for a
        count below 1.
        """
        share = Share(list_id, count)
        _check(share)
        passing("allocate.asked")
        first = await self._database.write(list_id, _allocate, share)
        passing("allocate.durable")
        return first

    async def allocate_each(
        self, shares: Sequence[Share], *, request: RequestKey | None = None
    ) -> Sequence[Allotment]:
        """Hand out entries of several lists, all or none; return what each share got, in order.

        With ``request``, the same one again gives the same answer and does nothing. Raises what ``allocate``
        does, ``request.conflict`` when a reference has an entry of that purpose already, and
        ``request.key_reused`` for a key that came with another request.
        """
        for share in shares:
            _check(share)
        passing("allocate.asked")
        given = await self._database.write(None, _allocate_each, shares, request)
        passing("allocate.durable")
        return [Allotment(*one) for one in given]

    async def referenced(
        self, tenant: str, purpose: str, references: Collection[bytes]
    ) -> Mapping[bytes, tuple[str, int]]:
        """Return the list and the ordinal of each of ``references`` that has an entry of that purpose."""
        found: dict[bytes, tuple[str, int]] = {}
        ordered = sorted(references)
        for start in range(0, len(ordered), _DIGESTS):
            some = ordered[start : start + _DIGESTS]
            found |= await self._database.read(_referenced, tenant, purpose, some)
        return found

    async def reference_of(self, list_id: str, ordinal: int) -> bytes | None:
        """Return the reference that an entry was handed out for, ``None`` without one."""
        reference = STATUS_REFERENCE.c
        query = (
            select(reference.digest)
            .join(STATUS_LIST, LIST.number == reference.list)
            .where(LIST.id == list_id, reference.ordinal == ordinal)
        )
        found = await self._database.read(lambda connection: connection.scalar(query))
        return None if found is None else bytes(found)


def _check(share: Share) -> None:
    if share.count < 1:
        raise Conflict("request.invalid", "at least one entry must be asked for")
    if share.references and len(share.references) != share.count:
        raise Conflict("request.invalid", "there is a reference for each entry, or none")


def _allocate_each(
    connection: Connection, shares: Sequence[Share], request: RequestKey | None
) -> list[tuple[str, int, int]]:
    lock(connection, {share.list_id for share in shares})
    return once(
        connection,
        request,
        lambda: [(share.list_id, _allocate(connection, share), share.count) for share in shares],
    )


def _allocate(connection: Connection, share: Share) -> int:
    rows = _ALLOCATE.rows(connection, list_id=share.list_id, count=share.count)
    if not rows:
        number_of(connection, share.list_id)
        raise Conflict("request.list_full", f"the list has fewer than {share.count} free entries")
    allocated, number, tenant, purpose = rows[0]
    first = int(allocated) - share.count
    if share.references:
        common = {"tenant": tenant, "purpose": purpose, "list": number}
        _refer(
            connection,
            [
                common | {"digest": digest, "ordinal": ordinal}
                for ordinal, digest in enumerate(share.references, first)
            ],
        )
    passing("allocate.written")
    return first


def _refer(connection: Connection, rows: list[dict[str, Any]]) -> None:
    try:
        connection.execute(insert(STATUS_REFERENCE), rows)
    except exc.IntegrityError as error:
        raise Conflict(
            "request.conflict", "one of the references has an entry of this purpose already"
        ) from error


def _referenced(
    connection: Connection, tenant: str, purpose: str, digests: Sequence[bytes]
) -> dict[bytes, tuple[str, int]]:
    reference = STATUS_REFERENCE.c
    query = (
        select(reference.digest, LIST.id, reference.ordinal)
        .join(STATUS_LIST, LIST.number == reference.list)
        .where(reference.tenant == tenant, reference.purpose == purpose)
        .where(among(connection, reference.digest, digests))
    )
    return {bytes(digest): (list_id, ordinal) for digest, list_id, ordinal in connection.execute(query)}
