"""What issuers have signed themselves: kept as uploaded, only newer versions in place of older ones."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    cast,
    delete,
    func,
    insert,
    null,
    or_,
    select,
)

from ler_trust.errors import Conflict
from ler_trust.model.instant import Instant
from ler_trust.model.records import AwaitedSignatures, PublishedList, PublishedVersion
from ler_trust.store.sql.list_rows import LIST, locked_number_of
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import SIGNED_RENDERING, STATUS_CHANGE, STATUS_LIST

_SIGNED: Final = SIGNED_RENDERING.c
_CONTENT: Final = tuple(field.name for field in fields(PublishedList))[1:-1]
_VERSION: Final = tuple(field.name for field in fields(PublishedVersion))[1:]
_UNKNOWN: Final = cast(null(), BigInteger)


class SignedRepository(Repository):
    """The part of ``contracts.StatusStore`` that keeps what issuers have signed."""

    async def signed(self, list_id: str, form: str) -> PublishedList | None:
        """Return what the issuer has signed last of a list in a form."""
        return await self._database.read(_found, _of(list_id, form))

    async def signed_at(self, list_id: str, form: str, at: Instant) -> PublishedList | None:
        """Return what was served of a list in a form at ``at``, if it is remembered."""
        query = _of(list_id, form).where(_SIGNED.published_at <= at, _SIGNED.uploaded_at <= at)
        return await self._database.read(_found, query)

    async def signed_forms(self, list_id: str) -> Mapping[str, PublishedVersion]:
        """Return the version that the issuer has signed last, by form."""
        query = (
            select(_SIGNED.form, LIST.id, *[_SIGNED[name] for name in _VERSION])
            .join(STATUS_LIST, LIST.number == _SIGNED.list)
            .where(LIST.id == list_id, _SIGNED.number.in_(_last().where(_SIGNED.list == _number_of(list_id))))
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {form: PublishedVersion(*version) for form, *version in rows}

    async def put_signed(self, form: str, new: PublishedList, at: Instant) -> None:
        """Serve ``new`` from now on, if its sequence and key are the list's and no newer one is served.

        The same once more is no change. Raises ``Conflict`` with ``request.stale_version`` or
        ``request.not_found``.
        """
        await self._database.write(new.list_id, _put, form, new, at)

    async def withdraw_signed(self, list_id: str, form: str) -> bool:
        """Serve nothing of a list in a form any more, nor of the past; return whether anything was.

        Raises ``Conflict('request.not_found')``.
        """
        return await self._database.write(list_id, _withdraw, list_id, form)

    async def awaited_signatures(self, at: Instant) -> AwaitedSignatures:
        """Return what waits at ``at`` for issuers to sign: first versions, changes, what is half over.

        So does what another key has signed than the list's, of which is not known since when.
        """
        return await self._database.read(_awaited, at)


def _of(list_id: str, form: str) -> Select[Any]:
    return (
        select(LIST.id, *[_SIGNED[name] for name in _CONTENT])
        .join(STATUS_LIST, LIST.number == _SIGNED.list)
        .where(LIST.id == list_id, _SIGNED.form == form)
        .order_by(_SIGNED.number.desc())
        .limit(1)
    )


def _found(connection: Connection, query: Select[Any]) -> PublishedList | None:
    row = connection.execute(query).first()
    return None if row is None else PublishedList(*row)


def _last() -> Select[Any]:
    """Return the numbers of what is served."""
    return select(func.max(_SIGNED.number)).group_by(_SIGNED.list, _SIGNED.form)


def _number_of(list_id: str) -> ScalarSelect[Any]:
    named = STATUS_LIST.alias()
    return select(named.c.number).where(named.c.id == list_id).scalar_subquery()


def _put(connection: Connection, form: str, new: PublishedList, at: Instant) -> None:
    number = locked_number_of(connection, new.list_id)
    present = connection.execute(select(LIST.sequence, LIST.signing_key).where(LIST.number == number)).one()
    if present.sequence != new.sequence:
        raise Conflict("request.stale_version", f"the list is at sequence {present.sequence}")
    if present.signing_key != new.signing_key:
        raise Conflict("request.stale_version", "the list is signed by another key now")
    last = _found(connection, _of(new.list_id, form))
    if last is not None and last.etag == new.etag:
        return
    if last is not None and (last.sequence, last.published_at) >= (new.sequence, new.published_at):
        raise Conflict("request.stale_version", "a newer one is served")
    row = {name: getattr(new, name) for name in _CONTENT}
    row |= {"list": number, "form": form, "uploaded_at": at}
    connection.execute(insert(SIGNED_RENDERING).values(row))


def _withdraw(connection: Connection, list_id: str, form: str) -> bool:
    number = locked_number_of(connection, list_id)  # first, as in every change that may share a transaction
    query = delete(SIGNED_RENDERING).where(_SIGNED.list == number, _SIGNED.form == form)
    return connection.execute(query).rowcount > 0


def _awaited(connection: Connection, at: Instant) -> AwaitedSignatures:
    half = (_SIGNED.published_at + _SIGNED.valid_until) // 2
    with_last = STATUS_LIST.outerjoin(
        SIGNED_RENDERING, and_(_SIGNED.list == LIST.number, _SIGNED.number.in_(_last()))
    )
    changed = (
        select(STATUS_CHANGE.c.effective_at)
        .where(STATUS_CHANGE.c.list == LIST.number, STATUS_CHANGE.c.sequence == _SIGNED.sequence + 1)
        .scalar_subquery()
    )
    return _oldest(
        connection,
        with_last,
        (
            (_SIGNED.number.is_(None), LIST.created_at),
            (LIST.sequence > _SIGNED.sequence, changed),
            (half <= at, half),
            (_SIGNED.signing_key != LIST.signing_key, _UNKNOWN),  # nothing tells when the key became another
        ),
    )


def _oldest(
    connection: Connection, source: Any, cases: tuple[tuple[ColumnElement[bool], Any], ...]
) -> AwaitedSignatures:
    """Return how many lists any of ``cases`` is about, and the earliest time that one of them gives."""
    behind = [and_(LIST.issuer_signs, condition) for condition, _ in cases]
    count = select(func.count(func.distinct(LIST.number))).select_from(source).where(or_(*behind))
    times = [
        connection.scalar(select(func.min(since)).select_from(source).where(condition))
        for condition, (_, since) in zip(behind, cases, strict=True)
    ]
    since = min((int(each) for each in times if each is not None), default=None)
    return AwaitedSignatures(int(connection.scalar(count) or 0), since)
