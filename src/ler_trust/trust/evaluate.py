"""What a registry's statements about an entity say of one act of issuing: pure, two points in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ler_trust.model.instant import Instant
from ler_trust.model.statement import Registry, RegistryMatch, Statement, StatementStatus
from ler_trust.trust.timeline import Span, standing

# From furthest from an authorisation to nearest: the nearest tells a person most about what is wrong.
_NEARNESS: Final = (
    "issuer.type_not_authorised",
    "issuer.place_not_authorised",
    "issuer.time_not_authorised",
    "issuer.withdrawn",
    "issuer.suspended",
)
_EVERY_CREDENTIAL: Final = "VerifiableCredential"


@dataclass(frozen=True, slots=True)
class Act:
    """What is asked about: issuing ``types`` in ``jurisdiction`` (``None``: any place counts)."""

    types: frozenset[str]
    jurisdiction: str | None
    issued_at: Instant
    now: Instant

    @classmethod
    def of(cls, types: Sequence[str], jurisdiction: str | None, *, issued_at: Instant, now: Instant) -> "Act":
        """Return the act of issuing a credential of ``types``; the type that all have says nothing."""
        return cls(frozenset(types) - {_EVERY_CREDENTIAL}, jurisdiction, issued_at, now)

    def of_each_type(self, stated: frozenset[str]) -> Sequence["Act"]:
        """Return the acts of issuing each type by itself; one for all those that are not ``stated``."""
        kinds = sorted(self.types & stated) + sorted(self.types - stated)[:1]
        return [replace(self, types=frozenset({kind})) for kind in kinds] or [self]


@dataclass(frozen=True, slots=True)
class History:
    """One statement through its versions: the spans they speak about, and the last one recorded."""

    spans: tuple[Span, ...]
    last: Statement

    @property
    def versions(self) -> tuple[Statement, ...]:
        """Return the versions that can still speak."""
        return (*(span.version for span in self.spans), self.last)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one statement says of an act: a refusal at each of the two times, ``None`` where authorised."""

    statement: Statement = field(repr=False)
    at_issuance: str | None
    now: str | None

    @property
    def rank(self) -> tuple[int, int]:
        return _nearness(self.at_issuance), _nearness(self.now)


def match(registry: Registry, histories: Sequence[History], act: Act) -> RegistryMatch:
    """Fold what a registry's statements about an entity (at least one) say into one answer.

    Any statement that authorises is enough, at each time by itself: an accreditation that was renewed as
    a new statement covers issuance by the old one and today by the new one. Each type of the credential
    must be authorised, be it by another statement: who may award badges does not license doctors by
    naming both types at once.
    """
    versions = [version for history in histories for version in history.versions]
    stated = frozenset(kind for version in versions for kind in version.types)
    answers = [_best(histories, one) for one in act.of_each_type(stated)]
    best = min(answers, key=lambda finding: finding.rank)
    at_issuance = min((finding.at_issuance for finding in answers), key=_nearness)
    now = min((finding.now for finding in answers), key=_nearness)
    return RegistryMatch(
        registry=registry.id,
        registry_name=registry.name,
        authority=best.statement.authority,
        statement=best.statement.id,
        sequence=best.statement.sequence,
        entity_name=best.statement.name,
        at_issuance=at_issuance is None,
        now=now is None,
        refusal=at_issuance or now,
    )


def _best(histories: Sequence[History], act: Act) -> _Finding:
    """Return the nearest to an authorisation that the statements have for an act, at each time."""
    findings = [_judge(history, act) for history in histories]
    return _Finding(
        max(findings, key=lambda finding: finding.rank).statement,
        max((finding.at_issuance for finding in findings), key=_nearness),
        max((finding.now for finding in findings), key=_nearness),
    )


def _nearness(refusal: str | None) -> int:
    return len(_NEARNESS) if refusal is None else _NEARNESS.index(refusal)


def _judge(history: History, act: Act) -> _Finding:
    governing = standing(history.spans, act.issued_at) or standing(history.spans, act.now)
    return _Finding(
        governing or history.last,
        _refusal(history, act, act.issued_at),
        _refusal(history, act, act.now),
    )


def _refusal(history: History, act: Act, at: Instant) -> str | None:
    governing = standing(history.spans, at)
    statement = governing or history.last
    if statement.types and act.types.isdisjoint(statement.types):
        return "issuer.type_not_authorised"
    if not _covers_place(statement.jurisdiction, act.jurisdiction):
        return "issuer.place_not_authorised"
    if governing is None:
        return "issuer.time_not_authorised"
    if governing.status is StatementStatus.WITHDRAWN:
        return "issuer.withdrawn"
    return "issuer.suspended" if governing.status is StatementStatus.SUSPENDED else None


def _covers_place(stated: str | None, wanted: str | None) -> bool:
    """Tell whether a statement for ``stated`` counts in ``wanted``; a country covers its subdivisions."""
    if stated is None or wanted is None:
        return True
    return wanted == stated or wanted.startswith(stated + "-")
