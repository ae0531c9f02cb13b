"""One transaction for several callers: each learns its own outcome, once all of it is durable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ler_trust.errors import Undecided
from ler_trust.store.sql.failures import told_plainly


@dataclass(frozen=True, slots=True)
class Work:
    """What a caller wants done, in a transaction.

    ``alone`` does it in a transaction of its own making (one statement, at best), or does nothing and returns
    ``None``; it is less work, and used where nobody else is in the transaction. ``together`` does the orders
    of all who came with the same, each ``order`` in its turn, and returns what each comes to, or does nothing
    and returns ``None``.
    """

    do: Callable[[Connection], Any]
    alone: Callable[[Connection], Any] | None = None
    together: Callable[[Connection, Sequence[Any]], Sequence[Any] | None] | None = None
    order: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of work returned, or the error that says why it changed nothing."""

    value: Any = None
    error: Exception | None = None


def commit(connection: Connection, works: Sequence[Work]) -> Sequence[Outcome]:
    """Do all ``works`` in one transaction and return their outcomes, in order.

    When one of them refuses, nothing of that transaction is kept and each is done again in one of its own,
    so that nobody's refusal is another's. Raises what is true of all of them: ``Undecided`` when the
    database cannot do it. Whether a connection lost while committing had committed nobody knows; that one
    error may be raised for changes that were made.
    """
    values: list[Any] = []
    try:
        with told_plainly(), connection.begin():
            values.extend(_together(connection, works) or [work.do(connection) for work in works])
    except Undecided:
        raise
    except Exception as error:
        if len(values) == len(works):  # while committing: to do them again might be to do them twice
            raise
        if len(works) == 1:
            return [Outcome(error=error)]
        return [_alone(connection, work) for work in works]
    return [Outcome(value) for value in values]


def _together(connection: Connection, works: Sequence[Work]) -> Sequence[Any] | None:
    together = works[0].together
    if together is None or len(works) == 1 or any(work.together is not together for work in works):
        return None
    return together(connection, [work.order for work in works])


def _alone(connection: Connection, work: Work) -> Outcome:
    try:
        return commit(connection, [work])[0]
    except Undecided as error:
        return Outcome(error=error)
