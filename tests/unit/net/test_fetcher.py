import asyncio
import gzip

import pytest
from aiohttp import web

from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND
from ler_trust.net.fetcher import HttpFetcher
from ler_trust.net.lookup import SystemLookup
from ler_trust.net.policy import OutboundPolicy
from tests.kit.clock import MORNING, SteppedClock
from tests.kit.web_stub import LOOPBACK, FakeLookup, WebStub, request_for


def fetcher_for(*hosts: str, clock: SteppedClock | None = None, **bounds: float) -> HttpFetcher:
    policy = OutboundPolicy(development_hosts=hosts, **bounds)  # type: ignore[arg-type]
    return HttpFetcher(policy, clock or SteppedClock(), lookup=FakeLookup())


async def test_answer_carries_body_type_age_and_tag() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        headers = {
            "Content-Type": "Application/DID+JSON; charset=utf-8",
            "Cache-Control": "max-age=90",
            "ETag": '"a"',
        }
        stub.answer("/did.json", b'{"id":1}', headers=headers)
        answer = await fetcher.fetch(request_for(stub.url("/did.json?a=b%2Fc")))
        assert answer.url == stub.url("/did.json?a=b%2Fc")
        assert (answer.body, answer.media_type, answer.etag) == (b'{"id":1}', "application/did+json", '"a"')
        assert (answer.fetched_at, answer.fresh_until) == (MORNING, MORNING + 90 * SECOND)
        assert stub.requests[0].raw_path == "/did.json?a=b%2Fc"
        assert stub.requests[0].headers["Accept"] == "application/json"
        assert stub.requests[0].headers["User-Agent"].startswith("ler-trust/")
        assert fetcher.fetches == 1


async def test_answer_that_says_nothing_of_its_age() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/")
        answer = await fetcher.fetch(request_for(stub.url("/")))
        assert (answer.fresh_until, answer.etag) == (None, None)


async def test_compressed_body_is_decoded() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/", gzip.compress(b'{"a":1}'), headers={"Content-Encoding": "gzip"})
        assert (await fetcher.fetch(request_for(stub.url("/")))).body == b'{"a":1}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_up_to_three(status: int) -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/3", b"[3]")
        for hop in range(3):
            stub.redirect(f"/{hop}", f"/{hop + 1}", status)
        answer = await fetcher.fetch(request_for(stub.url("/0"), same_host=True))
        assert (answer.body, answer.url) == (b"[3]", stub.url("/0"))
        stub.redirect("/3", "/4")
        stub.answer("/4")
        with pytest.raises(Undecided, match="more than 3 redirects"):
            await fetcher.fetch(request_for(stub.url("/0")))


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (404, "fetch.not_found", False),
        (410, "fetch.not_found", False),
        (403, "fetch.status", False),
        (429, "fetch.status", True),
        (500, "fetch.status", True),
        (503, "fetch.status", True),
    ],
)
async def test_other_answers_are_undecided(status: int, code: str, retryable: bool) -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/", status=status)
        with pytest.raises(Undecided) as caught:
            await fetcher.fetch(request_for(stub.url("/")))
    assert (caught.value.code.name, caught.value.retryable) == (code, retryable)


async def test_body_limit_is_exact() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:
        stub.answer("/", b"x" * 100)
        assert len((await fetcher.fetch(request_for(stub.url("/"), 100))).body) == 100
        with pytest.raises(Undecided, match=r"fetch\.too_large"):
            await fetcher.fetch(request_for(stub.url("/"), 99))


async def test_closed_port_and_unknown_name_are_unreachable() -> None:
    async with WebStub() as stub:
        gone = stub.authority
    async with fetcher_for(gone) as fetcher:
        for url in (f"https://{gone}/", "https://nowhere.example/"):
            with pytest.raises(Undecided) as caught:
                await fetcher.fetch(request_for(url))
            assert (caught.value.code.name, caught.value.retryable) == ("fetch.unreachable", True)


async def test_host_that_keeps_failing_is_left_alone_and_asked_again_later() -> None:
    async with WebStub() as stub:
        authority = stub.authority
    clock = SteppedClock()
    async with fetcher_for(authority, clock=clock) as fetcher:
        codes = []
        for _ in range(7):
            with pytest.raises(Undecided) as caught:
                await fetcher.fetch(request_for(f"https://{authority}/"))
            codes.append(caught.value.code.name)
        assert codes == ["fetch.unreachable"] * 5 + ["fetch.busy"] * 2
        clock.advance(31)
        with pytest.raises(Undecided, match=r"fetch\.unreachable"):
            await fetcher.fetch(request_for(f"https://{authority}/"))


async def test_one_host_gets_no_more_than_its_share_at_once() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority, host_concurrency=3) as fetcher:
        inside = most = 0

        async def slow(request: web.Request) -> web.Response:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1
            return web.Response(body=b"{}")

        stub.handle("/", slow)
        await asyncio.gather(*(fetcher.fetch(request_for(stub.url("/"))) for _ in range(12)))
        assert (most, fetcher.fetches) == (3, 12)


async def test_cancelled_fetch_stops_and_harms_no_other() -> None:
    async with WebStub() as stub, fetcher_for(stub.authority) as fetcher:

        async def hang(request: web.Request) -> web.Response:
            await asyncio.sleep(10)
            return web.Response()

        stub.handle("/hang", hang)
        stub.answer("/")
        hanging = asyncio.create_task(fetcher.fetch(request_for(stub.url("/hang"))))
        while not stub.requests:  # noqa: ASYNC110 - the stub has no event to wait for
            await asyncio.sleep(0.01)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert (await fetcher.fetch(request_for(stub.url("/")))).body == b"{}"


async def test_system_lookup_knows_loopback() -> None:
    lookup = SystemLookup(1)
    assert LOOPBACK in await lookup("localhost", 443)
    lookup.close()
