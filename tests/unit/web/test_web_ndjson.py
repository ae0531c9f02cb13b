import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from ler_trust.model.plain import Answer
from ler_trust.model.records import Role
from ler_trust.verify.batch import Question
from tests.kit.running_service import Running, WatchedVerifier, good_badge, problem, running

NDJSON = "application/x-ndjson"
ANY = "/v1/verify?policy=any-issuer"
UNREADABLE = b"{}"  # a record that is judged at once: nothing about it can be looked up


def line(number: int, credential: bytes = UNREADABLE) -> bytes:
    """Return one line of a request."""
    return b'{"id":"n%d","credential":%s}\n' % (number, credential)


async def answers(service: Running, body: Any, path: str = ANY) -> list[dict[str, Any]]:
    """Send ``body`` and return the lines of the answer."""
    headers = {**await service.headers(Role.VERIFIER), "Content-Type": NDJSON}
    response = await service.client.post(path, data=body, headers=headers)
    assert response.status == 200, await response.text()
    assert response.content_type == NDJSON
    assert response.headers["Cache-Control"] == "no-store"
    return [orjson.loads(each) for each in (await response.read()).splitlines()]


async def test_lines_are_answered_in_order_and_counted_at_the_end(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        body = line(1, good_badge(1)) + b"\n  \r\n" + line(2) + b'{"credential":' + good_badge(3) + b"}"
        *results, last = await answers(service, body)
    assert [(result.get("id"), result["line"]) for result in results] == [("n1", 1), ("n2", 4), (None, 5)]
    assert [result["outcome"] == "valid" for result in results] == [True, False, True]
    assert sum(last["counts"].values()) == 3
    assert last["counts"]["valid"] == 2
    assert last["policy"] == {"id": "any-issuer", "version": 1}


async def test_nothing_in_gives_the_counts_out(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        assert await answers(service, b"") == [
            {
                "counts": {"valid": 0, "invalid": 0, "indeterminate": 0},
                "policy": {"id": "any-issuer", "version": 1},
            }
        ]


async def test_thousands_of_lines_keep_their_order(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        *results, last = await answers(service, b"".join(line(number) for number in range(3_000)))
    assert [result["id"] for result in results] == [f"n{number}" for number in range(3_000)]
    assert [result["line"] for result in results] == list(range(1, 3_001))
    assert sum(last["counts"].values()) == 3_000


async def test_equal_ids_and_equal_records_are_answered_each(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        *results, _ = await answers(service, line(1, good_badge()) * 3)
    assert [(result["id"], result["outcome"]) for result in results] == [("n1", "valid")] * 3


async def test_what_has_arrived_is_answered_while_more_may_come(tmp_path: Path) -> None:
    more = asyncio.Event()

    async def lines() -> AsyncIterator[bytes]:
        yield line(1) + line(2)[:20]
        await more.wait()
        yield line(2)[20:]

    async with running(tmp_path) as service:
        headers = {**await service.headers(Role.VERIFIER), "Content-Type": NDJSON}
        async with asyncio.timeout(10), service.client.post(ANY, data=lines(), headers=headers) as response:
            first = orjson.loads(await response.content.readline())
            more.set()
            second = orjson.loads(await response.content.readline())
    assert (first["id"], second["id"]) == ("n1", "n2")


async def test_problems_found_before_the_first_line_are_problems(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        for query, status, code in (
            ("policy=nope", 422, "request.invalid"),
            ("as_of=now", 400, "request.malformed"),
        ):
            response = await service.post(f"/v1/verify?{query}", line(1), headers, NDJSON)
            await problem(response, status, code)


async def test_a_rate_limit_slows_a_stream_down_and_does_not_break_it(tmp_path: Path) -> None:
    async with running(tmp_path, http={"items_per_minute": 3_000, "batch_items": 10}) as service:
        *results, _ = await answers(service, b"".join(line(number) for number in range(3_020)))
    assert len(results) == 3_020


async def test_at_most_two_windows_are_held_and_the_client_is_made_to_wait(tmp_path: Path) -> None:
    sent = 0

    async def lines() -> AsyncIterator[bytes]:
        nonlocal sent
        for number in range(64):
            yield line(number, b'{"a":"%s"}' % (b"x" * 500_000))
            sent += 1

    async with running(tmp_path, watching=WatchedVerifier) as service:
        verifier = service.service.verifier
        assert isinstance(verifier, WatchedVerifier)
        verifier.may_go_on.clear()
        asking = asyncio.create_task(answers(service, lines()))
        for _ in range(1_000):
            if verifier.most_under_way == 2:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.7)
        # Beside the two windows of 1 MiB there are only socket buffers and one chunk.
        assert sent < 40
        verifier.may_go_on.set()
        *results, _ = await asking
        assert verifier.most_under_way == 2
    assert len(results) == 64


@pytest.mark.parametrize(
    ("body", "media_type"), [(line(1), NDJSON), (b'{"items":[{"credential":{}}]}', "application/json")]
)
async def test_work_ends_when_the_client_leaves(tmp_path: Path, body: bytes, media_type: str) -> None:
    async with running(tmp_path, watching=WatchedVerifier) as service:
        verifier = service.service.verifier
        assert isinstance(verifier, WatchedVerifier)
        verifier.may_go_on.clear()
        token = await service.token(Role.VERIFIER)
        head = (
            f"POST {ANY} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        _, writer = await asyncio.open_connection("127.0.0.1", service.client.port)
        writer.write(head.encode() + body)
        async with asyncio.timeout(5):
            await verifier.started.wait()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            await verifier.cancelled.wait()


async def test_a_stream_whose_verification_fails_is_broken_off_not_ended(tmp_path: Path) -> None:
    class Failing(WatchedVerifier):
        async def answers(self, items: Sequence[bytes], question: Question) -> list[Answer]:
            if self.batches:
                raise RuntimeError("secret words")
            return await super().answers(items, question)

    async with running(tmp_path, watching=Failing) as service:
        headers = {**await service.headers(Role.VERIFIER), "Content-Type": NDJSON}
        body = b"".join(line(number) for number in range(2_500))
        with pytest.raises(aiohttp.ClientError):
            async with service.client.post(ANY, data=body, headers=headers) as response:
                await response.read()
        assert (await service.client.get("/livez")).status == 200
