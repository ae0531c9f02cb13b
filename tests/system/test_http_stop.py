"""The service is told to stop while it works."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest

from tests.kit.command_line import ler_trust, serving

LINE = b'{"id":"%d","credential":{}}\n'


async def test_a_request_under_way_is_finished_and_no_new_one_taken(tmp_path: Path) -> None:
    stopping = asyncio.Event()

    async def lines() -> AsyncIterator[bytes]:
        yield LINE % 1
        await stopping.wait()
        yield LINE % 2

    with serving(tmp_path) as service:
        headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/x-ndjson"}
        url = f"{service.url}/v1/verify"
        async with (
            asyncio.timeout(20),
            aiohttp.ClientSession() as session,
            session.post(url, data=lines(), headers=headers) as response,
        ):
            first = orjson.loads(await response.content.readline())
            service.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(f"{service.url}/livez")
            stopping.set()
            second, last = [orjson.loads(line) for line in (await response.read()).splitlines()]
        assert await asyncio.to_thread(service.process.wait) == 0
    assert (first["id"], second["id"]) == ("1", "2")
    assert sum(last["counts"].values()) == 2


def test_a_port_that_is_taken_is_said_and_no_key_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path / "first") as service:
        port = service.url.rpartition(":")[2]
        refused = ler_trust("serve", "--port", port, data=tmp_path / "second")
        assert refused.status != 0
        assert "cannot listen" in refused.errors
        assert "lt_" not in refused.output
