"""What has to be done without being asked: lists that are behind, who sees to them, what is forgotten."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, not_, or_, select, update

from ler_trust.model.instant import Instant
from ler_trust.store.sql.list_rows import LIST
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import (
    LEASE,
    PUBLISHED_LIST,
    PUBLISHED_VERSION,
    REQUEST_KEY,
    SIGNED_RENDERING,
    STATUS_CHANGE,
    STATUS_LIST,
)

_SHOWN: Final = func.coalesce(PUBLISHED_LIST.c.sequence, 0)
_WITH_PUBLISHED: Final = STATUS_LIST.outerjoin(PUBLISHED_LIST, PUBLISHED_LIST.c.list == LIST.number)


class UpkeepRepository(Repository):
    """The part of ``contracts.StatusStore`` that whoever keeps lists published asks."""

    async def outdated(self, at: Instant, *, after: str | None = None, limit: int = 1000) -> Sequence[str]:
        """Return lists that are to be published anew at ``at``: changed, due, half over, or of another key.

        A list that nobody has asked for and nothing has happened to is not among them, nor is one that its
        issuer signs, unless a change of it is due. They come in an order that stays; with ``after`` those
        that come after that list.
        """
        published = PUBLISHED_LIST.c
        old = or_(
            LIST.sequence > _SHOWN,
            published.signing_key != LIST.signing_key,
            published.published_at + published.valid_until <= 2 * at,
        )
        behind = or_(LIST.next_due <= at, and_(not_(LIST.issuer_signs), old))
        query = select(LIST.id).select_from(_WITH_PUBLISHED).where(behind).order_by(LIST.number).limit(limit)
        if after is not None:
            other = STATUS_LIST.alias()
            place = select(other.c.number).where(other.c.id == after).scalar_subquery()
            query = query.where(LIST.number > place)
        return await self._database.read(lambda connection: connection.scalars(query).all())

    async def oldest_unpublished(self, at: Instant) -> Instant | None:
        """Return since when the oldest change that is not published has been in effect at ``at``.

        A change that waits for an issuer to sign is not meant.
        """
        return await self._database.read(_oldest_unpublished, at)

    async def take_lease(self, name: str, holder: str, at: Instant, until: Instant) -> bool:
        """Take or keep the lease ``name`` until then; returns whether ``holder`` has it.

        One that another holds is taken over once it has run out.
        """
        values = {"name": name, "holder": holder, "expires_at": until}
        new = self._database.insert(LEASE).values(values).on_conflict_do_nothing()
        free = and_(LEASE.c.name == name, or_(LEASE.c.holder == holder, LEASE.c.expires_at <= at))
        renewed = update(LEASE).where(free).values(holder=holder, expires_at=until)
        return await self._database.write(None, _take, renewed, new)

    async def forget(self, *, published_before: Instant, requests_before: Instant) -> None:
        """Forget what was published, and answers to requests with a key, before those times.

        What was published last is kept; so is the audit trail, always.
        """
        await self._database.write(None, _forget, published_before, requests_before)


def _take(connection: Connection, renewed: Any, new: Any) -> bool:
    return bool(connection.execute(renewed).rowcount or connection.execute(new).rowcount)


def _oldest_unpublished(connection: Connection, at: Instant) -> Instant | None:
    change = STATUS_CHANGE.c
    first: ColumnElement[bool] = and_(change.list == LIST.number, change.sequence == _SHOWN + 1)
    made = (
        select(func.min(change.effective_at))
        .select_from(_WITH_PUBLISHED.join(STATUS_CHANGE, first))
        .where(LIST.sequence > _SHOWN, not_(LIST.issuer_signs))
    )
    due = select(func.min(LIST.next_due)).where(LIST.next_due <= at)
    found = [connection.scalar(query) for query in (made, due)]
    return min((moment for moment in found if moment is not None), default=None)


def _forget(connection: Connection, published_before: Instant, requests_before: Instant) -> None:
    version = PUBLISHED_VERSION.c
    last = select(func.max(version.number)).group_by(version.list)
    old = and_(version.published_at < published_before, version.number.not_in(last))
    connection.execute(delete(PUBLISHED_VERSION).where(old))
    signed = SIGNED_RENDERING.c
    served = select(func.max(signed.number)).group_by(signed.list, signed.form)
    gone = and_(signed.published_at < published_before, signed.number.not_in(served))
    connection.execute(delete(SIGNED_RENDERING).where(gone))
    connection.execute(delete(REQUEST_KEY).where(REQUEST_KEY.c.recorded_at < requests_before))
