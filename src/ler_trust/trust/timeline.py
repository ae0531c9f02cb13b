"""What the versions of one statement say about each point in time.

Two times are kept apart. A version's sequence is when it was put on record, and a later one overrules an
earlier one. Its effective time is what it speaks about:

- an active version says what holds from ``effective_from`` to ``effective_until``; recorded after a
  suspension or withdrawal it ends it (a reinstatement);
- a suspended or withdrawn version says so from its ``effective_from`` on, and leaves what was before as it
  was; one dated back to the beginning leaves nothing;
- a version recorded right after one of the same status corrects that one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ler_trust.model.instant import Instant
from ler_trust.model.statement import Statement, StatementStatus


@dataclass(frozen=True, slots=True)
class Span:
    """A version, and the time from ``start`` (inclusive) to ``end`` (exclusive) about which it speaks."""

    start: Instant
    end: Instant | None
    version: Statement

    def covers(self, at: Instant) -> bool:
        """Tell whether the span includes ``at``."""
        return self.start <= at and (self.end is None or at < self.end)


def timeline(versions: Iterable[Statement]) -> tuple[Span, ...]:
    """Return the spans of one statement's versions, given in the order they were recorded."""
    spans: tuple[Span, ...] = ()
    before: Statement | None = None
    for version in versions:
        start = version.effective_from
        corrected = before if before is not None and before.status is version.status else None
        kept = tuple(span for span in spans if span.start < start and span.version is not corrected)
        if version.status is StatementStatus.ACTIVE:
            kept = tuple(replace(span, end=_earlier(span.end, start)) for span in kept)
        spans = (*kept, Span(start, version.effective_until, version))
        before = version
    return spans


def standing(spans: tuple[Span, ...], at: Instant) -> Statement | None:
    """Return the version that governs at ``at``, ``None`` when none does."""
    return next((span.version for span in reversed(spans) if span.covers(at)), None)


def _earlier(end: Instant | None, other: Instant) -> Instant:
    return other if end is None else min(end, other)
