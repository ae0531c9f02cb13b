"""What has to be recorded so that a registry says what its source says: pure, and nothing when it does."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from ler_trust.errors import Failure
from ler_trust.model.instant import Instant
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.trust.importers import KnownRegistry, Member, RegistryFormat

NO_FORMAT: Final = Failure(
    False, "issuer.registry_unreachable", "format not supported yet: OpenID Federation was not asked"
)
_NOT_READ: Final = Failure(
    False, "issuer.registry_unreachable", "not read from its source yet", retryable=True
)

# The lists do not say since when somebody is a member; taking the day of the import would make every
# earlier record look issued without recognition.
SINCE_EVER: Final[Instant] = 0


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did: members that are new (or back), renamed, gone, and untouched."""

    added: int
    changed: int
    withdrawn: int
    unchanged: int


def differences(
    registry: Registry, latest: Mapping[str, Statement], members: Iterable[Member], now: Instant
) -> tuple[Sequence[Statement], ImportOutcome]:
    """Return the versions to record, and what they amount to.

    ``latest`` holds the last version of each of the registry's statements, by its id. A member that left
    the source is withdrawn from ``now`` on; one that a governance body suspended here stays suspended.
    """
    wanted = {_statement_id(registry, member): member for member in members}
    added = [
        _added(registry, key, member, latest.get(key), now)
        for key, member in wanted.items()
        if key not in latest or latest[key].status is StatementStatus.WITHDRAWN
    ]
    known = {
        key: version
        for key, version in latest.items()
        if version.status is not StatementStatus.WITHDRAWN and key.startswith(_statement_prefix(registry))
    }
    changed = [
        replace(version, name=wanted[key].name, recorded_at=now, reason="renamed in the source")
        for key, version in known.items()
        if key in wanted and wanted[key].name != version.name
    ]
    withdrawn = [_withdrawn(version, now) for key, version in known.items() if key not in wanted]
    unchanged = len(known) - len(changed) - len(withdrawn)
    outcome = ImportOutcome(len(added), len(changed), len(withdrawn), unchanged)
    return [*added, *changed, *withdrawn], outcome


def _statement_prefix(registry: Registry) -> str:
    return f"{registry.id}:"


def _statement_id(registry: Registry, member: Member) -> str:
    return _statement_prefix(registry) + member.entity


def _added(registry: Registry, key: str, member: Member, before: Statement | None, now: Instant) -> Statement:
    return Statement(
        id=key,
        registry=registry.id,
        authority=registry.authority,
        entity=member.entity,
        name=member.name,
        types=(),
        jurisdiction=None,
        status=StatementStatus.ACTIVE,
        effective_from=SINCE_EVER if before is None else now,
        effective_until=None,
        pinned_keys=(),
        sequence=0,
        recorded_at=now,
        reason="listed by the source",
    )


def _withdrawn(version: Statement, now: Instant) -> Statement:
    return replace(
        version,
        status=StatementStatus.WITHDRAWN,
        effective_from=now,
        effective_until=None,
        recorded_at=now,
        reason="no longer listed by the source",
    )


def described(entries: Sequence[KnownRegistry], known: Sequence[Registry]) -> Sequence[Registry]:
    """Return the registries that a list describes, in its order and after the tenant's others.

    One that is ``known`` by its source keeps its id and what was read from it.
    """
    by_source = {registry.source: registry for registry in known if registry.source is not None}
    sources = {entry.url for entry in entries}
    base = 1 + max((each.position for each in known if each.source not in sources), default=-1)
    taken = {registry.id for registry in known}
    return [
        _described(entry, by_source.get(entry.url), base + number, taken)
        for number, entry in enumerate(entries)
    ]


def _described(entry: KnownRegistry, before: Registry | None, position: int, taken: set[str]) -> Registry:
    unchecked = before.unchecked if before else _NOT_READ
    return Registry(
        id=before.id if before else _free_id(entry.name, taken),
        name=entry.name,
        authority=entry.governance_url or entry.url,
        position=position,
        governance_url=entry.governance_url,
        source=entry.url,
        refreshed_at=before.refreshed_at if before else None,
        unchecked=unchecked if entry.format is RegistryFormat.LEGACY_LIST else NO_FORMAT,
    )


def _free_id(name: str, taken: set[str]) -> str:
    """Make an id from a name, and note it as taken: ``ACME Members`` becomes ``acme-members``."""
    stem = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:48].rstrip("-") or "registry"
    candidates = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    found = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(found)
    return found
