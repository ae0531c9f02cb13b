"""Keys that another service holds: the contract, its example, and lists signed by them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ler_trust.cli.signer import build_app
from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import KeyKind
from ler_trust.model.records import Role
from ler_trust.net.signing_service import SigningService
from ler_trust.suites.signatures import Algorithm, verify
from ler_trust.suites.signing import LocalSigner
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, problem, running
from tests.unit.web.test_web_status_lists import entries

TOKEN = "shown to the signer"
KEYS = {
    "one": {"kind": "Ed25519", "seed": "01" * 32},
    "two": {"kind": "P-256", "seed": "02" * 32},
}


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def test_the_example_keeps_the_contract() -> None:
    async with serving(build_app(KEYS, TOKEN)) as url:
        service = SigningService("vault", url, TOKEN)
        for name, algorithm in (("one", Algorithm.EDDSA), ("two", Algorithm.ES256)):
            public = await asyncio.to_thread(service.public_key, name)
            seed = bytes.fromhex(KEYS[name]["seed"])
            assert public == LocalSigner.from_seed(KeyKind(KEYS[name]["kind"]), seed).public_key
            signature = await asyncio.to_thread(service.sign, name, b"data")
            assert verify(public, algorithm, b"data", signature)


@pytest.mark.parametrize(("token", "key"), [("wrong", "one"), (TOKEN, "three"), (TOKEN, "../one")])
async def test_signer_gives_nothing_to_strangers_and_for_nothing(token: str, key: str) -> None:
    async with serving(build_app(KEYS, TOKEN)) as url:
        service = SigningService("vault", url, token)
        with pytest.raises(Undecided, match=r"request\.unavailable"):
            await asyncio.to_thread(service.sign, key, b"data")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"signature": 7}', b'{"signature": "!"}', b"x" * 100_000]
)
async def test_answer_that_is_none_is_undecided(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with serving(app) as url:
        service = SigningService("vault", url, TOKEN)
        with pytest.raises(Undecided):
            await asyncio.to_thread(service.public_key, "one")
        with pytest.raises(Undecided) as caught:
            await asyncio.to_thread(service.sign, "one", b"data")
        assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://signer.example.org", "ftp://127.0.0.1", "", "https://", "http://10.0.0.1"]
)
def test_signer_that_would_be_reached_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="signers: vault"):
        SigningService("vault", url, TOKEN)


async def taken(service: Running, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = await service.post("/v1/signing-keys", {"signer": "vault", **body}, headers)
    key: dict[str, Any] = await response.json()
    assert response.status == 201, key
    return key


def configured(url: str, **more: Any) -> dict[str, Any]:
    return {"signers": [{"name": "vault", "url": url, "token": TOKEN, **more}]}


@pytest.mark.parametrize("name", list(KEYS))
async def test_lists_are_signed_by_a_key_that_is_not_here(tmp_path: Path, name: str) -> None:
    async with serving(build_app(KEYS, TOKEN)) as url, running(tmp_path, **configured(url)) as service:
        headers = await service.headers(Role.ISSUER)
        key = await taken(service, headers, key=name, name="college")
        assert key["kind"] == KEYS[name]["kind"]
        document = await (await service.client.get("/issuers/college/did.json")).json()
        assert document["assertionMethod"] == [key["method"]]
        body = {"purpose": "revocation", "signing_key": key["id"]}
        list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
        for form in ("credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt"):
            assert (await service.client.get(f"/status-lists/{list_id}?as={form}")).status == 200
    held = await asyncio.to_thread(lambda: [each.read_bytes() for each in tmp_path.glob("*.sqlite3*")])
    assert not any(bytes.fromhex(KEYS[name]["seed"]) in content for content in held)


async def test_unchanged_list_is_served_while_the_signer_is_away_and_a_changed_one_not(
    tmp_path: Path,
) -> None:
    clock = SteppedClock(NOON)
    async with serving(build_app(KEYS, TOKEN)) as url:
        quiet: Any = {"clock": clock, "lists": {"publish_seconds": 3_600}}
        async with running(tmp_path, **configured(url), **quiet) as service:
            headers = await service.headers(Role.ISSUER)
            key = await taken(service, headers, key="one")
            body = {"purpose": "revocation", "signing_key": key["id"]}
            list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
            path = f"/status-lists/{list_id}"
            first = await (await service.client.get(path)).read()
            services = service.service.issuers._elsewhere
            real = services["default", "vault"]
            services["default", "vault"] = away = SigningService("vault", "http://127.0.0.1:9", TOKEN)  # type: ignore[index]
            service.service.issuers._signers.clear()
            assert away is not real
            clock.advance(60_000)  # more than half its time: it should be renewed
            assert await (await service.client.get(path)).read() == first
            [entry] = await entries(service, headers, list_id, 1)
            changes = {"status": "revoked", "changes": [{"entry": entry}]}
            assert (await service.post(f"/v1{path}/changes", changes, headers)).status == 200
            await problem(await service.client.get(path), 503, "request.unavailable")
            services["default", "vault"] = real  # type: ignore[index]
            service.service.issuers._signers.clear()
            shown = orjson.loads(await (await service.client.get(path)).read())
            assert shown["proof"]["verificationMethod"] == key["method"]


async def test_signer_of_another_tenant_is_not_there(tmp_path: Path) -> None:
    settings = configured("https://signer.example.org", tenant="other")
    async with running(tmp_path, **settings) as service:
        headers = await service.headers(Role.ISSUER)
        refused = await service.post("/v1/signing-keys", {"signer": "vault", "key": "one"}, headers)
        await problem(refused, 422, "request.invalid")
        half = await service.post("/v1/signing-keys", {"signer": "vault"}, headers)
        await problem(half, 400, "request.malformed")
