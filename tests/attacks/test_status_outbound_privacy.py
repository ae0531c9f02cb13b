"""What the publisher of a list learns of who is checked when: nothing, by the requests that reach it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web

from ler_trust.model.instant import SECOND
from ler_trust.status.ahead import LOOK_SECONDS
from tests.kit.list_tokens import claims, jwt
from tests.kit.web_stub import WebStub
from tests.system.test_status_over_http import (
    SCHOOL,
    present,
    service_for,
    status_of,
    token_record,
    verified,
)
from tests.unit.status.test_ahead import Aggregated, Bench
from tests.unit.status.test_client import OTHER, URL

SECONDS = 3_600
Schedule = Callable[[], Iterator[float]]


def once() -> Iterator[float]:
    yield 0.0


def often() -> Iterator[float]:
    """One applicant after the other, all day long."""
    yield from (seconds / 4 for seconds in range(0, 4 * SECONDS, 3))


def in_bursts() -> Iterator[float]:
    """A batch now and then, at times that have nothing to do with the list's own."""
    chance = Random(5)  # noqa: S311 - a repeatable choice
    moments = [0.0] + [chance.uniform(0, SECONDS) for _ in range(40)]
    yield from sorted(moment + step for moment in moments for step in range(10))


async def asked_under(bench: Bench, schedule: Schedule, phase: float) -> list[tuple[float, str]]:
    """Return what is asked for and when, by a service that checks records at the times of ``schedule``.

    It looks at what is due for the first time ``phase`` seconds after the list was first had.
    """
    begun, seen = bench.clock.now(), 0
    asked: list[tuple[float, str]] = []
    checks, look = schedule(), phase
    check = next(checks, None)
    while True:
        due = min(look, SECONDS if check is None else check)
        if due >= SECONDS:
            return asked
        bench.clock.instant = begun + round(due * SECOND)
        if due == check:
            await bench.find()
            check = next(checks, None)
        else:
            await bench.ahead.renew_due()
            look += LOOK_SECONDS
        asked += [(due, url) for url in bench.asked[seen:]]
        seen = len(bench.asked)


@pytest.mark.parametrize("phase", [1.5, 3.0, 5.0])
@pytest.mark.parametrize("chance", [0.0, 1.0])
@pytest.mark.parametrize("ttl", [None, 30 * SECOND, 33 * SECOND, 61 * SECOND, 86_400 * SECOND])
async def test_list_is_asked_for_at_the_same_times_whoever_is_checked(
    ttl: int | None, chance: float, phase: float
) -> None:
    requests = []
    for schedule in (once, often, in_bursts):
        bench = Bench(chance=chance)
        bench.publish(ttl=ttl)
        requests.append(await asked_under(bench, schedule, phase))
    assert len(requests[0]) > 3
    assert requests[0] == requests[1] == requests[2]


async def test_which_of_a_publishers_lists_is_used_is_not_to_be_seen() -> None:
    """After the first, the use of another of its lists changes nothing in what is asked for."""
    requests = []
    for second in (URL, OTHER):
        bench = Aggregated()
        bench.publish(OTHER)
        bench.web.answers["https://college.example.org/status"] = (
            b'{"status_lists":["https://college.example.org/status/1","https://college.example.org/status/2"]}'
        )
        await bench.find()
        for look in range(1, 2_000):
            bench.clock.advance(LOOK_SECONDS)
            await bench.ahead.renew_due()
            if look % 7 == 0:
                await bench.find(second)
        requests.append(sorted(bench.asked))
    assert requests[0] == requests[1]


async def test_no_request_for_a_list_tells_of_a_record(tmp_path: Path) -> None:
    """Address, headers and body are the same for whichever record and tenant; a cookie does not come back."""
    async with WebStub() as publisher:
        url = publisher.url("/tokens/1")
        body = jwt(claims(url, SCHOOL, present(), {7: 1}, ttl=0), SCHOOL)

        async def answer(request: web.Request) -> web.Response:
            number = len(publisher.requests)
            tracking = {
                "Set-Cookie": f"visitor={number}; Path=/",
                "ETag": f'"{number}"',
                "Last-Modified": "Sat, 01 Nov 2025 00:00:00 GMT",
                "Accept-CH": "Sec-CH-UA-Model",
                "Link": f"</next/{number}>; rel=preload",
            }
            assert await request.read() == b""
            return web.Response(body=body, content_type="application/statuslist+jwt", headers=tracking)

        publisher.handle("/tokens/1", answer)
        async with service_for(publisher, tmp_path) as service:
            for index in (7, 8, 9, 131_071):
                [report] = await verified(service, token_record(index, url))
                assert status_of(report).code != "status.list_unreachable"
        seen = [(each.method, each.path_qs, sorted(each.headers.items())) for each in publisher.requests]
    assert len(seen) == 4  # a ttl of 0 is asked for each time
    assert all(each == seen[0] for each in seen)
    names = {name for name, _ in seen[0][2]}
    assert names == {"Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"}


async def test_redirect_takes_nothing_along(tmp_path: Path) -> None:
    async with WebStub() as publisher:
        url = publisher.url("/tokens/1")
        body = jwt(claims(url, SCHOOL, present(), {7: 1}), SCHOOL)
        publisher.redirect("/tokens/1", "/elsewhere")
        publisher.answer("/elsewhere", body, headers={"Content-Type": "application/statuslist+jwt"})
        async with service_for(publisher, tmp_path) as service:
            [report] = await verified(service, token_record(7, url))
        assert report.reason == "status.revoked"
        headers: list[Any] = [sorted(each.headers.items()) for each in publisher.requests]
    assert [each.path_qs for each in publisher.requests] == ["/tokens/1", "/elsewhere"]
    assert headers[0] == headers[1]
