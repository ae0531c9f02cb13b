"""A governance body's decisions as versions of statements: checked, and pure."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ler_trust.errors import Conflict
from ler_trust.model.instant import Instant
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.trust import checks

Latest = Mapping[str, Statement]  # the last version of each statement, by its id

# From where a statement may go by each decision; what is withdrawn needs a new statement.
_MAY_BECOME: Final = {
    StatementStatus.SUSPENDED: {StatementStatus.ACTIVE},
    StatementStatus.WITHDRAWN: {StatementStatus.ACTIVE, StatementStatus.SUSPENDED},
    StatementStatus.ACTIVE: {StatementStatus.SUSPENDED},
}


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """What a governance body wants to say, before it is checked, numbered and recorded.

    ``effective_from`` is the present when ``None``; no ``types`` means any type.
    """

    registry: str
    entity: str
    name: str
    types: tuple[str, ...] = ()
    jurisdiction: str | None = None
    effective_from: Instant | None = None
    effective_until: Instant | None = None
    pinned_keys: tuple[str, ...] = ()
    reason: str = ""


def latest(versions: Iterable[Statement]) -> Latest:
    """Return the last of the versions of each statement, given in the order they were recorded."""
    return {version.id: version for version in versions}


def first_version(draft: StatementDraft, registry: Registry, now: Instant) -> Statement:
    """Return the statement a draft asks for; raises ``Rejected('request.invalid')`` with a pointer."""
    start = now if draft.effective_from is None else draft.effective_from
    checks.require_period(start, draft.effective_until)
    if draft.reason:
        checks.require_text(draft.reason, "/reason")
    for number, key in enumerate(draft.pinned_keys):
        checks.require_pinned_key(key, draft.entity, f"/pinned_keys/{number}")
    return Statement(
        id=secrets.token_hex(16),
        registry=registry.id,
        authority=registry.authority,
        entity=checks.require_entity(draft.entity, "/entity"),
        name=checks.require_text(draft.name, "/name"),
        types=tuple(checks.require_text(each, f"/types/{n}") for n, each in enumerate(draft.types)),
        jurisdiction=checks.require_jurisdiction(draft.jurisdiction, "/jurisdiction"),
        status=StatementStatus.ACTIVE,
        effective_from=start,
        effective_until=draft.effective_until,
        pinned_keys=draft.pinned_keys,
        sequence=0,
        recorded_at=now,
        reason=draft.reason,
    )


def next_version(
    last: Statement, status: StatementStatus, at: Instant, now: Instant, reason: str
) -> Statement:
    """Return the version that makes a statement ``status`` from ``at`` on.

    Raises ``Conflict('request.conflict')`` when it cannot come to that from where it stands, and
    ``Rejected('request.invalid')`` for a time after its end or out of range.
    """
    if last.status not in _MAY_BECOME[status]:
        raise Conflict("request.conflict", f"a statement that is {last.status} cannot become {status}")
    checks.require_period(at, last.effective_until)
    return replace(last, status=status, effective_from=at, recorded_at=now, reason=reason)
