"""Background work goes on whatever happens to one turn of it, and shows how it fares."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND
from ler_trust.observe import background as background_module
from ler_trust.observe.background import Background
from ler_trust.observe.metrics import Metrics
from tests.kit.clock import MORNING, SteppedClock

SECRET = "what was sent"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_SHORTEST", "_AFTER_A_MISTAKE"):
        monkeypatch.setattr(background_module, name, 0.0)


class Bench:
    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.metrics = Metrics()
        self.background = Background(self.metrics, self.clock)

    def exposed(self) -> str:
        return self.metrics.exposition().decode()

    async def turns(self, *works: Callable[[], Any], seconds_between: float = 0.0) -> list[Any]:
        """Have one work take these turns, one after the other, and return what was logged."""
        waiting, done = list(works), asyncio.Event()

        async def turn() -> None:
            if not waiting:
                done.set()
                await asyncio.Event().wait()
            self.clock.advance(seconds_between)
            made = waiting.pop(0)()
            if isinstance(made, Awaitable):
                await made

        with capture_logs() as logged:
            async with self.background.keep("the work", turn, 0):
                await done.wait()
                self.troubles = self.background.troubles()
        return logged


def fails(error: BaseException) -> Callable[[], None]:
    def turn() -> None:
        raise error

    return turn


def is_well() -> None:
    return None


UNFORESEEN = [ValueError(SECRET), ExceptionGroup(SECRET, [KeyError(SECRET)]), MemoryError(), RecursionError()]


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
async def test_unforeseen_exception_is_logged_counted_and_survived(error: Exception) -> None:
    bench = Bench()
    [logged] = await bench.turns(fails(error))
    assert (logged["event"], logged["log_level"], logged["work"]) == (
        "background_failed",
        "error",
        "the work",
    )
    assert SECRET not in repr(logged)
    assert any("test_background.py" in place for place in logged["at"])
    text = bench.exposed()
    assert 'background_failures_total{code="request.internal",work="the work"} 1.0' in text
    assert 'background_failing{work="the work"} 1.0' in text
    turned = [line for line in text.splitlines() if line.startswith("ler_trust_background_last_turn")]
    assert [float(line.split()[-1]) for line in turned] == [MORNING / SECOND]
    assert bench.troubles == [f"background work fails: the work ({logged['error']}, 1 times in a row)"]


async def test_turn_that_goes_well_ends_the_trouble() -> None:
    bench = Bench()
    await bench.turns(fails(ValueError()), fails(ValueError()), is_well)
    assert bench.troubles == []
    assert 'background_failing{work="the work"} 0.0' in bench.exposed()


async def test_what_could_not_be_done_just_now_is_no_mistake() -> None:
    bench = Bench()
    [logged] = await bench.turns(fails(Undecided("request.unavailable", "no database")))
    assert (logged["log_level"], logged["code"], logged["detail"]) == (
        "warning",
        "request.unavailable",
        "no database",
    )
    assert bench.troubles == []
    assert 'background_failures_total{code="request.unavailable",work="the work"} 1.0' in bench.exposed()


async def test_cancellation_that_was_not_meant_for_the_work_does_not_end_it() -> None:
    async def waits_for_what_is_cancelled() -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    bench = Bench()
    [logged] = await bench.turns(waits_for_what_is_cancelled)
    assert logged["error"] == "CancelledError"


async def test_failures_of_one_kind_are_logged_ever_less_often_and_of_another_at_once() -> None:
    bench = Bench()
    many = [fails(ValueError())] * 400
    logged = await bench.turns(*many, fails(KeyError()), seconds_between=1)
    values = [each["times"] for each in logged if each["error"] == "ValueError"]
    assert values[0] == 1
    assert values[1:] == sorted(values[1:])
    assert len(values) <= 4
    assert [each["times"] for each in logged if each["error"] == "KeyError"] == [1]
    assert 'code="request.internal",work="the work"} 401.0' in bench.exposed()


async def test_failure_after_a_quiet_day_is_logged_at_once() -> None:
    bench = Bench()
    logged = await bench.turns(*[fails(ValueError())] * 5, seconds_between=86_400)
    assert [each["times"] for each in logged] == [1] * 5


async def test_work_that_has_ended_is_told() -> None:
    background = Bench().background

    class EndOfAllThings(BaseException):
        """What nothing survives."""

    async def turn() -> None:
        raise EndOfAllThings

    async with background.keep("the work", turn, 0, at_once=True):
        for _ in range(10):
            await asyncio.sleep(0)
        assert background.troubles() == ["background work has ended: the work"]
    assert background.troubles() == []


async def test_context_that_ends_ends_the_work() -> None:
    background = Bench().background
    begun, ended = asyncio.Event(), asyncio.Event()

    async def turn() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with background.keep("the work", turn, 0, at_once=True):
        await begun.wait()
    assert ended.is_set()


async def test_first_turn_waits_unless_it_is_to_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    for at_once in (False, True):
        pauses.clear()
        turns = asyncio.Semaphore(0)

        async def turn(turns: asyncio.Semaphore = turns) -> None:
            turns.release()

        async with Bench().background.keep("the work", turn, 7, at_once=at_once):
            for _ in range(3):
                await turns.acquire()
        assert pauses[:3] == [0 if at_once else 7, 7, 7]
