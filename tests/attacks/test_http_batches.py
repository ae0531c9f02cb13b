"""Attacks by what is inside a verification request."""

import asyncio
import gzip
import io
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
import orjson
import pytest

from ler_trust.contracts import Engine
from ler_trust.model.records import Role
from ler_trust.suites.engine import ReferenceEngine
from tests.kit.running_service import Running, WatchedVerifier, good_badge, problem, running

NDJSON = "application/x-ndjson"
PATH = "/v1/verify?policy=any-issuer"


async def stream(service: Running, body: Any) -> list[dict[str, Any]]:
    """Send lines and return the lines of the answer."""
    headers = {**await service.headers(Role.VERIFIER), "Content-Type": NDJSON}
    data = io.BytesIO(body) if isinstance(body, bytes) else body
    async with service.client.post(PATH, data=data, headers=headers) as response:
        assert response.status == 200, await response.text()
        return [orjson.loads(line) for line in (await response.read()).splitlines()]


def item(credential: bytes) -> bytes:
    return b'{"credential":' + credential + b"}"


async def test_a_broken_line_in_the_middle_harms_no_other(tmp_path: Path) -> None:
    good = item(good_badge())
    broken = [
        b'{"credential":{"a":1}',
        b"\xff\xfe\x00garbage",
        b'{"credential":{}}{"credential":{}}',
        b"null",
        b"\x00",
        item(b"[" * 200_000 + b"]" * 200_000),
        b'{"id":"' + b"x" * 100_000 + b'","credential":{}}',
        item(b'"' + b"x" * 1_100_000 + b'"'),
        b'{"id":"\\ud800","credential":{}}',
        b'{"credential":1e999999}',
    ]
    lines = [line for bad in broken for line in (good, bad)] + [good]
    async with running(tmp_path) as service:
        *results, last = await stream(service, b"\n".join(lines))
    assert [result["line"] for result in results] == list(range(1, len(lines) + 1))
    assert all(result["outcome"] == "valid" for result in results[::2])
    assert all(result["outcome"] != "valid" for result in results[1::2])
    assert sum(result["reason"] == "batch.line" for result in results[1::2]) == len(broken) - 1
    assert last["counts"]["valid"] == len(broken) + 1


async def test_a_record_100_deep_is_refused_alone_and_a_deeper_envelope_whole(tmp_path: Path) -> None:
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        body = b'{"policy":"any-issuer","items":[' + item(deep) + b"," + item(good_badge()) + b"]}"
        answer = await (await service.post("/v1/verify", body, headers)).json()
        assert [result["reason"] for result in answer["results"]] == ["format.too_deep", None]
        for abyss in (b"[" * 3_000_000, b'{"credential":' * 500_000, item(b"[" * 100_000 + b"]" * 100_000)):
            started = perf_counter()
            response = await service.post("/v1/verify", b'{"items":[' + abyss + b"]}", headers)
            await problem(response, 400, "format.too_deep")
            assert perf_counter() - started < 2
        governor = await service.headers(Role.GOVERNOR)
        response = await service.post("/v1/registries", deep, governor)
        await problem(response, 400, "format.too_deep")


async def test_50_mb_are_refused_before_they_are_read(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.VERIFIER)
        head = (
            f"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {50 * 2**20}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", service.client.port)
        writer.write(head.encode())
        async with asyncio.timeout(5):
            answer = await reader.read()  # the service answers and hangs up; not one byte was sent
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"request.too_large"' in answer


async def test_50_mb_of_unknown_length_are_never_held(tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(50):
            yield b"x" * 2**20
            taken += 1

    async with running(tmp_path, http={"batch_bytes": 8 * 2**20}) as service:
        headers = {**await service.headers(Role.VERIFIER), "Content-Type": "application/json"}
        tracemalloc.start()
        try:
            response = await service.client.post("/v1/verify", data=endless(), headers=headers)
            await problem(response, 413, "request.too_large")
            assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
        except aiohttp.ClientError:
            pass  # hung up on while sending: refused all the same
        finally:
            tracemalloc.stop()
    assert taken < 50


async def test_50_mb_in_one_line_are_one_refused_line(tmp_path: Path) -> None:
    async def lines() -> AsyncIterator[bytes]:
        yield b'{"id":"before","credential":{}}\n{"credential":"'
        for _ in range(50):
            yield b"x" * 2**20
        yield b'"}\n{"id":"after","credential":{}}\n'

    async with running(tmp_path) as service:
        *results, _ = await stream(service, lines())
    assert [result.get("id") for result in results] == ["before", None, "after"]
    assert (results[1]["reason"], results[1]["line"]) == ("batch.line", 2)


async def test_a_compressed_bomb_is_refused_unopened(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"items":[' + b" " * 50_000_000 + b"]}")
    async with running(tmp_path) as service:
        for media_type in ("application/json", NDJSON):
            headers = {**await service.headers(Role.VERIFIER), "Content-Encoding": "gzip"}
            response = await service.post("/v1/verify", bomb, headers, media_type)
            await problem(response, 415, "request.media_type")


async def test_one_record_10000_times_is_judged_once_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = 0
    original = ReferenceEngine.authenticate

    def counting(self: Engine, items: Any, *rest: Any, **options: Any) -> Any:
        nonlocal judged
        judged += len(items)
        return original(self, items, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ReferenceEngine, "authenticate", counting)
    body = (item(good_badge()) + b"\n") * 10_000
    async with running(tmp_path) as service:
        started = perf_counter()
        *results, last = await stream(service, body)
        seconds = perf_counter() - started
    assert len(results) == 10_000
    assert last["counts"] == {"valid": 10_000, "invalid": 0, "indeterminate": 0}
    assert judged <= 10_000 / 100  # windows have 256 lines, a few of them less
    assert seconds < 20


async def test_a_client_that_takes_nothing_holds_only_two_windows(tmp_path: Path) -> None:
    async with running(tmp_path, watching=WatchedVerifier, http={"stall": 1.0}) as service:
        verifier = service.service.verifier
        assert isinstance(verifier, WatchedVerifier)
        token = await service.token(Role.VERIFIER)
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: {NDJSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        _, writer = await asyncio.open_connection("127.0.0.1", service.client.port, limit=2**10)
        writer.write(head.encode())
        lines = item(b"{}") + b"\n"
        chunk = lines * 1_000
        sending = asyncio.create_task(_send_forever(writer, b"%x\r\n%s\r\n" % (len(chunk), chunk)))
        await asyncio.wait({sending}, timeout=8)
        assert sending.done()  # the service hung up on whoever takes nothing
        assert verifier.most_under_way <= 2
        assert verifier.records < 200_000
        assert (await service.client.get("/livez")).status == 200


async def _send_forever(writer: asyncio.StreamWriter, data: bytes) -> None:
    try:
        while True:
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return


async def test_a_body_that_drips_is_not_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path, http={"body_seconds": 0.3}) as service:
        token = await service.token(Role.VERIFIER)
        head = (
            f"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", service.client.port)
        writer.write(head.encode())
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    "item_id",
    [
        "ü" * 256,
        "\u202eevil",
        "</script>",
        "\u0000",
        "a\nb",
        "💥" * 128,
        "",
        "__proto__",
        "'; DROP TABLE api_key; --",
    ],
)
async def test_an_id_is_echoed_and_nothing_else_happens(tmp_path: Path, item_id: str) -> None:
    line = orjson.dumps({"id": item_id, "credential": {}})
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        response = await service.post("/v1/verify", b'{"items":[' + line + b"]}", headers)
        assert (await response.json())["results"][0]["id"] == item_id
        assert [result.get("id") for result in await stream(service, line)] == [item_id, None]
