"""A client of the service's HTTP API, as a program of somebody else's would be."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import orjson
from aiohttp import ClientResponse, ClientSession

from ler_trust.errors import Undecided


class Client:
    """Calls the service under one API key; raises ``Undecided`` for what it refuses."""

    def __init__(self, session: ClientSession, address: str, token: str) -> None:
        self._session = session
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post ``body`` as JSON and return the JSON answer."""
        url = self._address + path
        async with self._session.post(url, json=body, headers=self._headers) as response:
            await _require_success(response)
            return orjson.loads(await response.read())

    async def stream(self, path: str, lines: Iterable[bytes]) -> AsyncIterator[Any]:
        """Post ``lines`` as NDJSON and yield each line of the answer while the next are being sent."""
        headers = {**self._headers, "Content-Type": "application/x-ndjson"}
        async with self._session.post(self._address + path, data=_body(lines), headers=headers) as response:
            await _require_success(response)
            async for line in response.content:
                yield orjson.loads(line)


async def _body(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line + b"\n"


async def _require_success(response: ClientResponse) -> None:
    if response.ok:
        return
    said = (await response.read()).decode("utf-8", "replace")
    raise Undecided(
        "request.unavailable", f"{response.method} {response.url.path} was answered {response.status}: {said}"
    )
