"""One piece of work for all who ask at once, whoever of them goes away."""

import asyncio
from itertools import count

import pytest

from ler_trust.status.flight import SingleFlight


class Work:
    """Counts how often it is begun; ends when told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.begun += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.begun


async def test_callers_share_one_flight_and_the_next_begins_another() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    work.gate.set()
    assert await asyncio.gather(*(flights.join("a", work) for _ in range(5))) == [1] * 5
    assert await flights.join("a", work) == 2


async def test_keys_do_not_share() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    work.gate.set()
    await asyncio.gather(flights.join("a", work), flights.join("b", work))
    assert work.begun == 2


async def test_a_caller_that_is_cancelled_does_not_take_the_others_along() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first = asyncio.create_task(flights.join("a", work))
    await asyncio.sleep(0)
    second = asyncio.create_task(flights.join("a", work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.gate.set()
    assert await second == 1


async def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    work = Work()
    work.gate.set()
    work.error = RuntimeError("broken")
    results = await asyncio.gather(*(flights.join("a", work) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["broken"] * 3
    work.error = None
    assert await flights.join("a", work) == 2


async def test_closing_ends_what_is_under_way() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    caller = asyncio.create_task(flights.join("a", Work()))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_work_that_has_ended_is_not_joined() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    gate, numbers = asyncio.Event(), count(1)

    async def work() -> int:
        await gate.wait()
        return next(numbers)

    async def late() -> int:
        await gate.wait()  # and so goes on when the work has ended, before anybody has heard of it
        return await flights.join("a", work)

    first = asyncio.create_task(flights.join("a", work))
    for _ in range(3):
        await asyncio.sleep(0)
    second = asyncio.create_task(late())
    await asyncio.sleep(0)
    gate.set()
    assert (await first, await second) == (1, 2)
