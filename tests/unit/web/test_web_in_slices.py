"""Large requests are checked a slice at a time: what comes out is the same, and others have their turn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ler_trust.web import in_slices
from ler_trust.web.api.status_change_models import Changes
from ler_trust.web.in_slices import SLICE, validated
from ler_trust.web.problems import Problem
from tests.kit.running_service import running

CHANGE = {"index": 7, "status": "revoked", "reason_code": "superseded"}


def request_of(changes: list[Any], **more: Any) -> dict[str, Any]:
    return {"status": "revoked", "changes": changes, **more}


async def turns_during(model: type[Changes], value: Any) -> int:
    """Return how often another task of the event loop had its turn."""
    turns, checking = 0, asyncio.create_task(validated(model, value))
    while not checking.done():
        await asyncio.sleep(0)
        turns += 1
    await checking
    return turns


@pytest.mark.parametrize("number", [1, SLICE, SLICE + 1, 4 * SLICE, 4 * SLICE + 3])
async def test_large_request_is_understood_as_a_small_one_is(number: int) -> None:
    value = request_of([{**CHANGE, "index": index} for index in range(number)], reason="why")
    assert await validated(Changes, value) == Changes.model_validate(value)


async def test_others_have_a_turn_after_every_slice() -> None:
    assert await turns_during(Changes, request_of([CHANGE] * SLICE)) <= 2
    assert await turns_during(Changes, request_of([CHANGE] * (20 * SLICE))) >= 20


async def test_request_is_answered_while_a_large_one_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_slices, "SLICE", 5)
    async with running(tmp_path) as service:
        checking = asyncio.create_task(validated(Changes, request_of([CHANGE] * 50_000)))
        await asyncio.sleep(0)
        assert (await service.client.get("/livez")).status == 200
        assert not checking.done()
        assert len((await checking).changes) == 50_000


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"index": -1}, "/index"),
        ({"index": "7"}, "/index"),
        ({"indexx": 7}, "/indexx"),
        ({"status": "gone"}, "/status"),
        ("no change", ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("place", [0, SLICE - 1, SLICE, 3 * SLICE + 1])
async def test_problem_points_at_the_fault_wherever_it_is(change: Any, pointer: str, place: int) -> None:
    changes: list[Any] = [CHANGE] * (4 * SLICE)
    changes[place] = change
    with pytest.raises(Problem) as caught:
        await validated(Changes, request_of(changes))
    assert (caught.value.code.name, caught.value.pointer) == (
        "request.malformed",
        f"/changes/{place}{pointer}",
    )


async def test_fault_beside_a_long_list_is_found() -> None:
    with pytest.raises(Problem) as caught:
        await validated(Changes, request_of([CHANGE] * (2 * SLICE), status="gone"))
    assert caught.value.pointer == "/status"


async def test_list_that_is_too_long_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(Problem, match="at most 100000") as caught:
        await validated(Changes, request_of([None] * 1_000_000))
    assert caught.value.pointer == "/changes"


@pytest.mark.parametrize("value", [None, [], "text", 7, {}, {"changes": {}}, {"changes": "text" * 1_000}])
async def test_what_is_no_such_request_is_refused(value: Any) -> None:
    with pytest.raises(Problem, match=r"request\.malformed"):
        await validated(Changes, value)
