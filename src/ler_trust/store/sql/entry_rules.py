"""What a list's entries can be changed to."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from ler_trust.errors import Conflict
from ler_trust.model.records import StatusChange
from ler_trust.store.sql.list_rows import among, parts
from ler_trust.store.sql.tables import STATUS_VALUE

FINAL_PURPOSE: Final = "revocation"  # Bitstring Status List 1.0 §2.1: it is not reversible


def require_entries(changes: Iterable[StatusChange], length: int) -> None:
    """Raise ``Conflict('request.invalid')`` for an entry the list does not have, or a value it cannot."""
    for change in changes:
        if not 0 <= change.index < length:
            raise Conflict("request.invalid", f"the list has no entry {change.index}")
        if change.value not in (0, 1):
            raise Conflict("request.invalid", "an entry of one bit is 0 or 1")


def refuse_undoing(connection: Connection, number: int, changes: Sequence[StatusChange]) -> None:
    """Raise ``Conflict('request.final')`` when ``changes``, in their order, take a revocation back."""
    cleared = {change.index for change in changes if not change.value}
    if not cleared:
        return
    revoked: set[int] = set()
    for part in parts(cleared):
        revoked.update(
            connection.scalars(
                select(STATUS_VALUE.c.index).where(
                    STATUS_VALUE.c.list == number, among(connection, STATUS_VALUE.c.index, part)
                )
            )
        )
    for change in changes:
        if change.value:
            revoked.add(change.index)
        elif change.index in revoked:
            raise final()


def final() -> Conflict:
    """Return what is said to whoever wants a revocation back."""
    return Conflict("request.final", "a revocation is final and cannot be undone")
