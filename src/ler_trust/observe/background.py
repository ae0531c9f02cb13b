"""Work that goes on in the background for as long as the service runs, whatever happens to one turn of it.

A turn that fails is logged, counted and followed by the next. Of failures of one kind the first is logged at
once and the others together, ever less often. What has ended although nobody ended it, or has failed ever
since, is told to whoever asks (``/readyz``).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from ler_trust.contracts import Clock
from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND, Instant
from ler_trust.observe.failures import innermost, places
from ler_trust.observe.metrics import Metrics

Turn = Callable[[], Awaitable[None]]

_SHORTEST: Final = 0.05  # seconds between two turns, also where none are asked for
_AFTER_A_MISTAKE: Final = 1.0  # seconds, at least: what fails at once shall not take all of a core
_FIRST_SILENCE: Final = 60 * SECOND  # after a failure was logged, before others of its kind are
_LONGEST_SILENCE: Final = 3_600 * SECOND
_KINDS: Final = 100  # of failures told apart in one work; there are a handful of codes and exceptions

_log = structlog.get_logger("ler_trust.background")


@dataclass(slots=True)
class _Kind:
    """Failures of one kind: how many were not logged yet, and from when on they may be."""

    unsaid: int = 0
    silence: int = _FIRST_SILENCE
    silent_until: Instant = 0

    def loud(self, now: Instant) -> bool:
        """Count one failure; return whether it is to be logged, with those before it that were not."""
        self.unsaid += 1
        if now < self.silent_until:
            return False
        went_on = now - self.silent_until < self.silence
        self.silence = min(2 * self.silence, _LONGEST_SILENCE) if went_on else _FIRST_SILENCE
        self.silent_until = now + self.silence
        return True


@dataclass(slots=True)
class _Work:
    name: str
    task: asyncio.Task[None] | None = None
    failed: str | None = None  # how the last turn failed, if it did
    in_a_row: int = 0
    kinds: dict[str, _Kind] = field(default_factory=dict)


class Background:
    """Keeps works going, each by its name, and knows how they fare."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._works: dict[str, _Work] = {}

    @asynccontextmanager
    async def keep(
        self, name: str, turn: Turn, seconds: float, *, at_once: bool = False
    ) -> AsyncIterator[None]:
        """Do ``turn`` every ``seconds`` (pauses between turns) until the context ends, which cancels it.

        ``at_once`` has the first turn come without a pause before it.
        """
        work = _Work(name)
        work.task = asyncio.create_task(self._go_on(work, turn, seconds, at_once), name=name)
        self._works[name] = work
        self._metrics.background_fails(name, fails=False)
        try:
            yield
        finally:
            del self._works[name]
            work.task.cancel()
            await asyncio.gather(work.task, return_exceptions=True)

    def troubles(self) -> list[str]:
        """Return a sentence for each work that has ended, or whose last turn has failed unforeseen."""
        return [said for work in self._works.values() if (said := _trouble(work)) is not None]

    async def _go_on(self, work: _Work, turn: Turn, seconds: float, at_once: bool) -> None:
        pause = 0.0 if at_once else max(_SHORTEST, seconds)
        while True:
            await asyncio.sleep(pause)
            pause = max(_SHORTEST, seconds)
            try:
                await turn()
            except Undecided as finding:
                self._undone(work, finding)
                continue
            except asyncio.CancelledError as error:
                if _is_being_ended():
                    raise
                self._mistaken(work, error)  # something that the turn waited for was cancelled, not the turn
            except Exception as error:  # noqa: BLE001 - the last resort: logged, counted, shown
                self._mistaken(work, error)
            else:
                self._went_well(work)
                continue
            finally:
                self._metrics.background_turned(work.name, self._clock.now())
            pause = max(_AFTER_A_MISTAKE, pause)

    def _went_well(self, work: _Work) -> None:
        if work.failed is not None:
            work.failed, work.in_a_row = None, 0
            self._metrics.background_fails(work.name, fails=False)

    def _undone(self, work: _Work, finding: Undecided) -> None:
        """Note a turn that could not be done just now, as happens; the next one may."""
        self._metrics.background_failed(work.name, finding.code.name)
        if (times := self._loud(work, finding.code.name)) is not None:
            _log.warning(
                "background_not_done",
                work=work.name,
                code=finding.code.name,
                detail=finding.detail,
                times=times,
            )

    def _mistaken(self, work: _Work, error: BaseException) -> None:
        """Note a turn that ended as nobody foresaw."""
        found = innermost(error)
        work.failed = type(found).__name__
        work.in_a_row += 1
        self._metrics.background_failed(work.name, None)
        self._metrics.background_fails(work.name, fails=True)
        if (times := self._loud(work, work.failed)) is not None:
            at = places(found) or places(error)
            _log.error("background_failed", work=work.name, error=work.failed, at=at, times=times)

    def _loud(self, work: _Work, kind: str) -> int | None:
        """Return how many failures of that kind are to be logged as one, ``None`` when not yet."""
        if len(work.kinds) >= _KINDS and kind not in work.kinds:
            work.kinds.clear()
        noted = work.kinds.setdefault(kind, _Kind())
        if not noted.loud(self._clock.now()):
            return None
        times, noted.unsaid = noted.unsaid, 0
        return times


def _is_being_ended() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _trouble(work: _Work) -> str | None:
    if work.task is not None and work.task.done():
        return f"background work has ended: {work.name}"
    if work.failed is None:
        return None
    return f"background work fails: {work.name} ({work.failed}, {work.in_a_row} times in a row)"
