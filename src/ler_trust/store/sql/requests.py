"""Requests that are done once: what was answered is kept with what was done, in one transaction."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ler_trust.errors import Conflict
from ler_trust.model.records import RequestKey
from ler_trust.store.sql.tables import REQUEST_KEY

_Answer = TypeVar("_Answer")


def once(connection: Connection, request: RequestKey | None, work: Callable[[], _Answer]) -> _Answer:
    """Return what ``work`` returns (as JSON has it), or what it returned when the same request came before.

    A request that was refused is not remembered: nothing was done. Whoever sends the same key at the same
    time waits here for the first. Raises ``Conflict('request.key_reused')`` for another request's key.
    """
    if request is None:
        return work()
    if not _is_first(connection, request):
        earlier: _Answer = _earlier(connection, request)
        return earlier
    answer = work()
    connection.execute(update(REQUEST_KEY).where(_this(request)).values(answer=answer))
    return answer


def _is_first(connection: Connection, request: RequestKey) -> bool:
    values = {
        "tenant": request.tenant,
        "key": request.key,
        "digest": request.digest,
        "answer": [],
        "recorded_at": request.at,
    }
    new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return connection.execute(new(REQUEST_KEY).values(values).on_conflict_do_nothing()).rowcount == 1


def _earlier(connection: Connection, request: RequestKey) -> Any:
    row = connection.execute(select(REQUEST_KEY).where(_this(request))).one()
    if row.digest != request.digest:
        raise Conflict("request.key_reused", "this idempotency key was used for another request")
    return row.answer


def _this(request: RequestKey) -> ColumnElement[bool]:
    return (REQUEST_KEY.c.tenant == request.tenant) & (REQUEST_KEY.c.key == request.key)
