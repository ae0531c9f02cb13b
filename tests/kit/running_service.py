"""The real HTTP service on a temporary database, with an outside world that is stubbed and counted."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from ler_trust.accounts import mint_api_key
from ler_trust.config import load_settings
from ler_trust.contracts import Clock, Fetched, FetchRequest
from ler_trust.errors import Undecided
from ler_trust.model.instant import parse_date_time_stamp
from ler_trust.model.plain import Answer
from ler_trust.model.records import Role
from ler_trust.service import Service, open_service
from ler_trust.verify.batch import BatchVerifier, Question
from ler_trust.web.app import SERVER_OPTIONS, build_app
from tests.kit.clock import SteppedClock
from tests.kit.issuing import encoded, signed_badge

NOON = parse_date_time_stamp("2025-07-01T12:00:00Z")[0]
TENANT = "default"


@dataclass
class Outside:
    """A fetcher over pages in memory; ``asked`` holds every URL it was asked for."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request.url)
        if request.url not in self.pages:
            raise Undecided("fetch.unreachable", "nothing is there", retryable=True)
        return Fetched(request.url, self.pages[request.url], "application/json", NOON)


class WatchedVerifier(BatchVerifier):
    """Notes how many batches are under way, how many at most, and how many records came in all."""

    def __init__(self, verifier: BatchVerifier) -> None:
        self._verifier = verifier
        self.under_way = 0
        self.most_under_way = 0
        self.batches = 0
        self.records = 0
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def answers(self, items: Sequence[bytes], question: Question) -> list[Answer]:
        """Answer when ``may_go_on`` is set."""
        self.batches += 1
        self.records += len(items)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.started.set()
        try:
            await self.may_go_on.wait()
            return await self._verifier.answers(items, question)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        finally:
            self.under_way -= 1


@dataclass
class Running:
    """A service, and clients of it that hold API keys."""

    service: Service
    client: TestClient[Any, Any]
    outside: Outside

    async def token(self, *roles: Role, tenant: str = TENANT) -> str:
        """Return the token of a new API key."""
        key, token = mint_api_key(tenant, roles, "test", NOON)
        await self.service.store.create_tenant(tenant, NOON)
        await self.service.store.put_api_key(key)
        return token

    async def headers(self, *roles: Role, tenant: str = TENANT) -> dict[str, str]:
        """Return the headers of a client with a new API key."""
        return {"Authorization": f"Bearer {await self.token(*roles, tenant=tenant)}"}

    async def post(
        self, path: str, body: Any, headers: Mapping[str, str], media_type: str = "application/json"
    ) -> ClientResponse:
        """Send ``body``, as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {"Content-Type": media_type, **headers}
        return await self.client.post(path, data=io.BytesIO(data) if data else None, headers=given)


@asynccontextmanager
async def running(
    folder: Path,
    *,
    clock: Clock | None = None,
    outside: Outside | None = None,
    watching: type["WatchedVerifier"] | None = None,
    **settings: Any,
) -> AsyncIterator[Running]:
    """Run the service on a new database in ``folder``; its clock stands still at noon.

    With ``watching`` its verifier is wrapped in one of that kind, found as ``service.verifier``.
    """
    given = load_settings(data_folder=folder, public_base_url="https://trust.example.org", **settings)
    world = outside or Outside()
    async with open_service(given, fetcher=world, clock=clock or SteppedClock(NOON)) as service:
        if watching is not None:
            service = replace(service, verifier=watching(service.verifier))
        server = TestServer(build_app(service))
        await server.start_server(**SERVER_OPTIONS)
        async with TestClient(server) as client:
            yield Running(service, client, world)


def good_badge(number: int = 1, **members: Any) -> bytes:
    """Return a signed badge of a did:key issuer: valid under the policy ``any-issuer`` at noon."""
    return encoded(signed_badge("eddsa-jcs-2022", number=number, **members))


async def problem(response: ClientResponse, status: int, code: str) -> dict[str, Any]:
    """Check that a response is a problem document with this status and code, and return it."""
    body: dict[str, Any] = orjson.loads(await response.read())
    assert (response.status, body.get("code")) == (status, code), body
    assert response.content_type == "application/problem+json"
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert {"type", "title", "detail"} <= body.keys()
    return body
