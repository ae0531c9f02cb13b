"""Many errands, a few at a time, until the time is over."""

import asyncio

import pytest

from ler_trust.in_time import each_in_time


async def test_each_key_once_in_order_and_few_at_a_time() -> None:
    under_way: list[int] = []
    most = 0

    async def work(key: int) -> int:
        nonlocal most
        under_way.append(key)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.remove(key)
        return key * 2

    found = await each_in_time([3, 1, 3, 2], work, at_once=2, seconds=60)
    assert found == {3: 6, 1: 2, 2: 4}
    assert most == 2


async def test_what_is_late_is_left_out_and_nothing_further_is_begun() -> None:
    begun: list[int] = []

    async def work(key: int) -> int:
        begun.append(key)
        if key:
            await asyncio.Event().wait()
        return key

    assert await each_in_time(range(10), work, at_once=1, seconds=0.05) == {0: 0}
    assert begun == [0, 1]


async def test_no_time_begins_nothing_that_would_take_any() -> None:
    async def work(_: int) -> int:
        await asyncio.Event().wait()
        return 0

    assert await each_in_time(range(3), work, at_once=8, seconds=0) == {}


async def test_fault_in_an_errand_is_not_swallowed() -> None:
    async def work(_: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await each_in_time([1], work, at_once=1, seconds=60)
