"""Callers who ask at the same moment are served in one go."""

import asyncio
from collections.abc import Sequence

import pytest

from ler_trust.together import AT_ONCE, MOST, Together


class Desk:
    """Doubles numbers when it is told to go on; keeps what it was asked in each go."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.together: Together[int, int] = Together(self._serve)

    async def _serve(self, asked: Sequence[int]) -> list[int]:
        self.goes.append(list(asked))
        await self.open.wait()
        if asked[0] == 13 or asked[-1] == 13:
            raise LookupError(f"in the company of {len(asked)}")
        return [2 * number for number in asked]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_of_one_moment_are_served_in_one_go() -> None:
    desk = Desk()
    found = await asyncio.gather(*(desk.together.ask(number) for number in range(10)))
    assert found == [2 * number for number in range(10)]
    assert desk.goes == [list(range(10))]


async def test_a_go_is_bounded_and_so_is_how_many_are_under_way() -> None:
    desk = Desk()
    desk.open.clear()
    many = (AT_ONCE + 2) * MOST
    callers = [asyncio.create_task(desk.together.ask(number)) for number in range(many)]
    await settle()
    assert [len(go) for go in desk.goes] == [MOST] * AT_ONCE
    desk.open.set()
    assert await asyncio.gather(*callers) == [2 * number for number in range(many)]
    assert [len(go) for go in desk.goes] == [MOST] * (AT_ONCE + 2)


async def test_those_who_come_while_all_are_under_way_are_served_next() -> None:
    desk = Desk()
    desk.open.clear()
    first = []
    for number in range(AT_ONCE):
        first.append(asyncio.create_task(desk.together.ask(number)))
        await settle()
    later = [asyncio.create_task(desk.together.ask(number)) for number in (20, 21, 22)]
    await settle()
    desk.open.set()
    await asyncio.gather(*first, *later)
    assert desk.goes == [[0], [1], [2], [3], [20, 21, 22]]


async def test_what_goes_wrong_is_told_to_all_of_one_go_and_to_nobody_else() -> None:
    desk = Desk()
    found = await asyncio.gather(desk.together.ask(1), desk.together.ask(13), return_exceptions=True)
    assert [str(one) for one in found] == ["in the company of 2"] * 2
    assert await desk.together.ask(2) == 4


async def test_one_who_no_longer_waits_leaves_the_others_as_they_were() -> None:
    desk = Desk()
    gone = asyncio.create_task(desk.together.ask(13))
    stays = asyncio.create_task(desk.together.ask(3))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 6
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_one_who_leaves_in_the_middle_leaves_the_others_as_they_were() -> None:
    desk = Desk()
    desk.open.clear()
    gone, stays = (asyncio.create_task(desk.together.ask(number)) for number in (1, 2))
    await settle()
    gone.cancel()
    desk.open.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
