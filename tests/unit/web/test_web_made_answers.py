"""Published lists by the answers that were made before: the same, to whoever asks and however he asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from ler_trust.model.records import Role
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, running
from tests.unit.web.test_web_status_lists import entries, made

OF_ITS_OWN = {"date", "x-request-id", "connection", "content-length"}


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    start: str
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connection on which one writes bytes and reads answers, in their order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(
        self, path: str, *more: str, method: str = "GET", version: str = "1.1", body: bytes = b""
    ) -> None:
        head = "\r\n".join((f"{method} {path} HTTP/{version}", "Host: a", *more)) + "\r\n\r\n"
        self._writer.write(head.encode() + body)

    async def answer(self, has_body: bool = True) -> Answer:
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 5)
        start, *lines = head.decode().split("\r\n")[:-2]
        named = [line.partition(": ") for line in lines]
        headers = {name.lower(): value for name, _, value in named}
        assert len(headers) == len(named), "a header came twice"
        length = int(headers.get("content-length", 0)) if has_body else 0
        return Answer(start, headers, await asyncio.wait_for(self._reader.readexactly(length), 5))

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self._reader.read(1), 5) == b""


@asynccontextmanager
async def wire_to(service: Running) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.client.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def a_list(service: Running) -> str:
    """Publish a list with something in it; return its path."""
    headers = await service.headers(Role.ISSUER)
    described = await made(service, headers)
    [entry, *_] = await entries(service, headers, described["id"], 5)
    change = {"changes": [{"entry": entry, "status": "revoked"}]}
    await service.post(f"/v1/status-lists/{described['id']}/changes", change, headers)
    return f"/status-lists/{described['id']}"


def kept(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_ITS_OWN}


@pytest.mark.parametrize("more", [(), ("Accept-Encoding: gzip",), ("Accept: application/statuslist+jwt",)])
async def test_what_was_made_is_what_the_library_would_answer(tmp_path: Path, more: tuple[str, ...]) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        async with wire_to(service) as wire:
            wire.send(path, *more)
            first = await wire.answer()
            wire.send(path, *more)
            made_before = await wire.answer()
            wire.send(path, *more, method="HEAD")
            head = await wire.answer(has_body=False)
            wire.send(path, *more, "Connection: close")
            last = await wire.answer()
            assert await wire.is_closed()
            assert first.body == made_before.body == last.body != b""
            assert kept(first) == kept(made_before) == kept(head) == kept(last)
            assert int(head.headers["content-length"]) == len(first.body)
            assert {answer.start for answer in (first, made_before, head, last)} == {"HTTP/1.1 200 OK"}
            assert ("connection" in first.headers, last.headers["connection"]) == (False, "close")
            for answer in (first, last):
                assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None
            ids = {answer.headers["x-request-id"] for answer in (first, made_before, head, last)}
            assert len(ids) == 4
            assert all(len(each) == 32 for each in ids)


async def test_http_1_0_is_answered_in_its_own_way(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        async with wire_to(service) as wire:
            wire.send(path, "Connection: keep-alive", version="1.0")
            answer = await wire.answer()
            assert (answer.start, answer.headers["connection"]) == ("HTTP/1.0 200 OK", "keep-alive")
            wire.send(path, version="1.0")
            assert (await wire.answer()).body == answer.body
            assert await wire.is_closed()


async def test_pipelined_requests_are_answered_in_their_order(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        async with wire_to(service) as wire:
            wire.send(path)
            etag = (await wire.answer()).headers["etag"]
            for _ in range(10):
                wire.send(path, "X-Request-ID: first")
                wire.send(path, f"If-None-Match: {etag}", "X-Request-ID: second")
                wire.send("/status-lists/none", "X-Request-ID: third")
                wire.send(path, method="HEAD")
            for _ in range(10):
                whole, unchanged, missing = [await wire.answer() for _ in range(3)]
                head = await wire.answer(has_body=False)
                assert (whole.start, whole.headers["x-request-id"]) == ("HTTP/1.1 200 OK", "first")
                assert (unchanged.start, unchanged.body) == ("HTTP/1.1 304 Not Modified", b"")
                assert unchanged.headers["x-request-id"] == "second"
                assert unchanged.headers["etag"] == etag
                assert not {"content-length", "content-type"} & unchanged.headers.keys()
                assert missing.start == "HTTP/1.1 404 Not Found"
                assert head.start == "HTTP/1.1 200 OK"


async def test_a_body_that_nobody_asked_for_is_passed_over(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        async with wire_to(service) as wire:
            wire.send(path, "Content-Length: 5", body=b"GET /")
            wire.send(path, "Expect: 100-continue", "Content-Length: 0")
            assert (await wire.answer()).start == "HTTP/1.1 200 OK"
            assert (await wire.answer()).start == "HTTP/1.1 100 Continue"
            assert (await wire.answer()).start == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "a,b", "\x01", "é"])
async def test_no_request_id_of_a_strangers_making_comes_back(tmp_path: Path, given: str) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        async with wire_to(service) as wire:
            wire.send(path, f"X-Request-ID: {given}")
            answer = await wire.answer()
            assert given not in (answer.headers.get("x-request-id", ""), answer.body.decode())


async def test_lists_are_counted_like_all_requests(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path = await a_list(service)
        etag = (await service.client.get(path)).headers["ETag"]
        for _ in range(3):
            assert (await service.client.get(path, headers={"If-None-Match": etag})).status == 304
        text = await (await service.client.get("/metrics")).text()
    labels = 'method="GET",route="/status-lists/{id}"'
    assert f'ler_trust_http_requests_total{{{labels},status="304"}} 3.0' in text
    assert f'ler_trust_http_requests_total{{{labels},status="200"}} 1.0' in text
    assert 'ler_trust_http_request_seconds_count{route="/status-lists/{id}"} 4.0' in text
    assert 'ler_trust_http_request_seconds_bucket{le="+Inf",route="/status-lists/{id}"} 4.0' in text


async def test_what_was_made_goes_with_the_time(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        path = await a_list(service)
        first = await service.client.get(path)
        assert "max-age=60," in first.headers["Cache-Control"]
        clock.advance(12 * 3_600 - 1)
        assert (await service.client.get(path)).headers["ETag"] == first.headers["ETag"]
        clock.advance(1)
        assert (await service.client.get(path)).headers["ETag"] != first.headers["ETag"]
