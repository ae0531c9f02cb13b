"""Keys that another service holds: the contract, its example, and lists signed by them."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ler_trust.cli.examinations import OF_THE_SETTINGS
from ler_trust.config import load_settings
from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.issuer_keys_elsewhere import KeyElsewhere, RemoteSigner
from ler_trust.model.did import KeyKind
from ler_trust.model.records import Role
from ler_trust.net.signer_address import SignerAddress
from ler_trust.net.signing_service import SigningService
from ler_trust.signing_server import app as app_module
from ler_trust.signing_server.app import Desk, build_app
from ler_trust.signing_server.holders import KeysInFile, add_keys
from ler_trust.suites.signatures import Algorithm, verify
from ler_trust.suites.signing import LocalSigner
from ler_trust.web.publishing import publish_outdated
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, problem, running
from tests.unit.web.test_web_status_lists import entries

TOKEN = "shown to the signer"
KEYS = {
    "one": {"kind": "Ed25519", "seed": "01" * 32},
    "two": {"kind": "P-256", "seed": "02" * 32},
}


@pytest.fixture
def held(tmp_path: Path) -> KeysInFile:
    path = tmp_path / "held.json"
    path.write_bytes(orjson.dumps(KEYS))
    return KeysInFile(path)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@asynccontextmanager
async def asking(url: str, token: str = TOKEN, **address: Any) -> AsyncIterator[SigningService]:
    service = SigningService(SignerAddress("vault", url, token, **address), SteppedClock())
    try:
        yield service
    finally:
        await service.close()


async def sign(service: SigningService, key: str = "one", data: bytes = b"data") -> bytes:
    return await asyncio.to_thread(service.sign, key, data)


async def test_the_example_keeps_the_contract(held: KeysInFile) -> None:
    async with serving(build_app(held, TOKEN)) as url, asking(url) as service:
        for name, algorithm in (("one", Algorithm.EDDSA), ("two", Algorithm.ES256)):
            public = await service.public_key(name)
            seed = bytes.fromhex(KEYS[name]["seed"])
            assert public == LocalSigner.from_seed(KeyKind(KEYS[name]["kind"]), seed).public_key
            assert verify(public, algorithm, b"data", await sign(service, name))
        assert service.trouble is None


@pytest.mark.parametrize(
    ("token", "key", "code"),
    [
        ("wrong", "one", "signer.refused"),
        ("", "one", ""),
        (TOKEN, "three", "signer.key_missing"),
        (TOKEN, "../one", "signer.key_missing"),
    ],
)
async def test_signer_gives_nothing_to_strangers_and_for_nothing(
    token: str, key: str, code: str, held: KeysInFile
) -> None:
    async with serving(build_app(held, TOKEN)) as url:
        if not token:
            with pytest.raises(ConfigurationError):
                SignerAddress("vault", url, token)
            return
        async with asking(url, token) as service:
            with pytest.raises(Undecided) as caught:
                await sign(service, key)
            assert caught.value.code.name == code
            # That a key is not there is no trouble of the signer's: any issuer can name one.
            assert service.trouble == (None if code == "signer.key_missing" else code)
            with pytest.raises(Undecided, match=code):
                await service.public_key(key)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"signature": 7}', b'{"signature": "!"}', b"x" * 100_000, b"\xff"]
)
async def test_answer_that_is_none_is_undecided(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with serving(app) as url, asking(url) as service:
        with pytest.raises(Undecided, match=r"signer\.malformed"):
            await service.public_key("one")
        with pytest.raises(Undecided, match=r"signer\.malformed") as caught:
            await sign(service)
        assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (503, b'{"code": "signer.locked"}', "signer.locked"),
        (503, b'{"code": "signer.device_missing"}', "signer.device_missing"),
        (503, b'{"code": "signer.failed"}', "signer.failed"),
        (503, b'{"code": "request.internal"}', "signer.malformed"),
        (503, b'{"code": ["signer.locked"]}', "signer.malformed"),
        (200, b'{"code": "signer.locked"}', "signer.malformed"),
        (500, b'{"code": "signer.locked"}', "signer.malformed"),
        (403, b"", "signer.refused"),
    ],
)
async def test_what_the_signer_says_is_told_by_a_code_of_ours(status: int, body: bytes, code: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with serving(app) as url, asking(url) as service:
        with pytest.raises(Undecided, match=code):
            await sign(service)


async def test_signature_by_another_key_is_not_handed_on(held: KeysInFile) -> None:
    async with serving(build_app(held, TOKEN)) as url, asking(url) as service:
        public = LocalSigner.from_seed(KeyKind.ED25519, b"3" * 32).public_key
        signer = RemoteSigner(
            service, KeyElsewhere("vault", "one", public), "did:example:a#1", "did:example:a"
        )
        with pytest.raises(Undecided, match=r"signer\.malformed"):
            await asyncio.to_thread(signer.sign, b"data")


async def test_signing_in_the_event_loop_is_a_mistake_and_not_a_standstill(held: KeysInFile) -> None:
    async with serving(build_app(held, TOKEN)) as url, asking(url) as service:
        with pytest.raises(RuntimeError, match="beside the event loop"):
            service.sign("one", b"data")


async def test_signer_that_fails_is_left_alone_for_a_while() -> None:
    asked = 0

    async def hang_up(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hang_up)
    async with serving(app) as url, asking(url) as service:
        for _ in range(10):
            with pytest.raises(Undecided, match=r"signer\.unreachable"):
                await sign(service)
    assert asked <= 2 * 3  # a lost connection is tried anew once


async def test_trouble_is_forgotten_when_nobody_has_met_it_for_a_while() -> None:
    clock = SteppedClock()
    service = SigningService(SignerAddress("vault", "http://127.0.0.1:9", TOKEN), clock)
    try:
        with pytest.raises(Undecided):
            await sign(service)
        assert service.trouble == "signer.unreachable"
        clock.advance(301)
        assert service.trouble is None
    finally:
        await service.close()


def test_doctor_looks_at_the_addresses_of_signers(tmp_path: Path) -> None:
    examine = OF_THE_SETTINGS["signers"]
    right = {
        "name": "vault",
        "url": "https://signer.example.org",
        "token": TOKEN,
        "addresses": ["10.0.5.0/24"],
    }
    assert examine(load_settings(signers=[right])) == "vault (default), not asked"
    assert "none" in examine(load_settings())
    for wrong in (
        {"url": "http://signer.example.org"},
        {"ca_file": str(tmp_path / "absent")},
        {"token": "\n"},
    ):
        with pytest.raises(ConfigurationError, match="signers: "):
            examine(load_settings(signers=[{**right, **wrong}]))
    with pytest.raises(ConfigurationError, match="two of a tenant"):
        load_settings(signers=[right, right])
    assert load_settings(signers=[right, {**right, "tenant": "other"}])
    with pytest.raises(ConfigurationError, match="addresses"):
        load_settings(signers=[{**right, "addresses": ["10.0.5.1/24"]}])


class Failing:
    """A holder of keys that ends as it is told to."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        self._error = error

    def public_key(self, name: str) -> Any:
        raise self._error()

    def sign(self, name: str, data: bytes) -> bytes:
        raise self._error()


async def test_signer_says_nothing_of_what_it_met_but_a_code() -> None:
    secret = "the PIN is 2468"
    for error in (lambda: Undecided("signer.failed", secret), lambda: ValueError(secret)):
        with capture_logs() as logged:
            async with serving(build_app(Failing(error), TOKEN)) as url, asking(url) as service:
                with pytest.raises(Undecided, match=r"signer\.failed") as caught:
                    await sign(service)
        assert secret not in str(caught.value)
    assert secret not in repr(logged)


async def test_many_who_ask_at_once_get_each_their_own(held: KeysInFile) -> None:
    async with serving(build_app(held, TOKEN)) as url, asking(url) as service:
        public = await service.public_key("one")
        data = [b"%d" % number for number in range(40)]
        signatures = await asyncio.gather(*[sign(service, "one", each) for each in data])
        assert all(map(lambda d, s: verify(public, Algorithm.EDDSA, d, s), data, signatures))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 7}', b'{"data": "!"}', b"{"])
async def test_signer_refuses_what_is_no_request(body: bytes, held: KeysInFile) -> None:
    async with TestClient(TestServer(build_app(held, TOKEN))) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.post("/keys/one/sign", data=body, headers=headers)).status == 400


class Slow:
    """A holder of keys that takes its time, until it is let go."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def public_key(self, name: str) -> Any:
        raise Undecided("signer.key_missing")

    def sign(self, name: str, data: bytes) -> bytes:
        self.may_go_on.wait()
        return data


async def test_hardware_that_hangs_ends_no_request_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "_SECONDS", 0.05)
    monkeypatch.setattr(app_module, "_MOST_WAITING", 3)
    slow = Slow()
    desk = Desk(slow, TOKEN)
    try:
        asked = [asyncio.create_task(desk.do(lambda: slow.sign("one", b"data"))) for _ in range(5)]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        details = [
            end.detail for end in ends if isinstance(end, Undecided) and end.code.name == "signer.failed"
        ]
        assert sorted(details) == ["not done within 0.05 seconds"] * 3 + ["too many requests wait"] * 2
        monkeypatch.setattr(app_module, "_SECONDS", 60.0)
        slow.may_go_on.set()
        assert await desk.do(lambda: slow.sign("one", b"data")) == b"data"
    finally:
        slow.may_go_on.set()
        desk.close()


@settings(max_examples=300, deadline=None)
@given(
    status=st.sampled_from([200, 204, 301, 401, 404, 500, 503]) | st.integers(100, 599),
    said=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["signature", "publicKeyMultibase", "code"]) | st.text(), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_fuzzed_answer_is_a_key_a_signature_or_undecided(status: int, said: bytes) -> None:
    async def ask() -> None:
        async with asking("http://127.0.0.1:9") as service:

            async def asked(*_: object) -> tuple[int, bytes]:
                return status, said

            service._asked = asked  # type: ignore[method-assign, assignment]
            for question in (service.public_key("one"), service._sign("one", b"data")):
                with suppress(Undecided):
                    await question

    asyncio.run(ask())


def test_keys_are_added_once_to_a_file_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    add_keys(path, ["one"], KeyKind.ED25519)
    first = KeysInFile(path).public_key("one")
    path.chmod(0o644)
    add_keys(path, ["one", "two"], KeyKind.P256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeysInFile(path).public_key("one") == first
    assert KeysInFile(path).public_key("two").kind is KeyKind.P256
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"one": 7}', '{"one": {"kind": "RSA", "seed": "%s"}}', '{"one": {"seed": "%s"}}']
)
def test_file_that_has_no_keys_is_refused_and_not_quoted(content: str, tmp_path: Path) -> None:
    seed = "ab" * 32
    path = tmp_path / "keys.json"
    path.write_text(content.replace("%s", seed))
    for attempt in (lambda: KeysInFile(path), lambda: add_keys(path, ["new"], KeyKind.ED25519)):
        with pytest.raises(ConfigurationError) as caught:
            attempt()
        assert seed not in str(caught.value)
    assert path.read_text() == content.replace("%s", seed)


async def taken(service: Running, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = await service.post("/v1/signing-keys", {"signer": "vault", **body}, headers)
    key: dict[str, Any] = await response.json()
    assert response.status == 201, key
    return key


def configured(url: str, **more: Any) -> dict[str, Any]:
    return {"signers": [{"name": "vault", "url": url, "token": TOKEN, **more}]}


@pytest.mark.parametrize("name", list(KEYS))
async def test_lists_are_signed_by_a_key_that_is_not_here(
    tmp_path: Path, name: str, held: KeysInFile
) -> None:
    async with serving(build_app(held, TOKEN)) as url, running(tmp_path, **configured(url)) as service:
        headers = await service.headers(Role.ISSUER)
        key = await taken(service, headers, key=name, name="college")
        assert key["kind"] == KEYS[name]["kind"]
        document = await (await service.client.get("/issuers/college/did.json")).json()
        assert document["assertionMethod"] == [key["method"]]
        body = {"purpose": "revocation", "signing_key": key["id"]}
        list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
        for form in ("credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt"):
            assert (await service.client.get(f"/status-lists/{list_id}?as={form}")).status == 200
    kept = await asyncio.to_thread(lambda: [each.read_bytes() for each in tmp_path.glob("*.sqlite3*")])
    assert not any(bytes.fromhex(KEYS[name]["seed"]) in content for content in kept)


async def test_unchanged_list_is_served_while_the_signer_is_away_and_a_changed_one_not(
    tmp_path: Path, held: KeysInFile
) -> None:
    clock, away = SteppedClock(NOON), True
    app = build_app(held, TOKEN)

    @web.middleware
    async def away_at_times(request: web.Request, handler: Any) -> Any:
        return web.json_response({"code": "signer.locked"}, status=503) if away else await handler(request)

    app.middlewares.insert(0, away_at_times)
    async with serving(app) as url:
        away = False
        quiet: Any = {"clock": clock, "lists": {"publish_seconds": 3_600}}
        async with running(tmp_path, **configured(url), **quiet) as service:
            headers = await service.headers(Role.ISSUER)
            key = await taken(service, headers, key="one")
            body = {"purpose": "revocation", "signing_key": key["id"]}
            list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
            path = f"/status-lists/{list_id}"
            first = await (await service.client.get(path)).read()
            away = True
            clock.advance(60_000)  # more than half its time: it should be renewed
            assert await (await service.client.get(path)).read() == first
            [entry] = await entries(service, headers, list_id, 1)
            changes = {"status": "revoked", "changes": [{"entry": entry}]}
            assert (await service.post(f"/v1{path}/changes", changes, headers)).status == 200
            told = await problem(await service.client.get(path), 503, "request.unavailable")
            assert "signer" not in str(told)  # how keys are held is none of a stranger's business
            refused = await service.post("/v1/signing-keys", {"signer": "vault", "key": "one"}, headers)
            await problem(refused, 503, "signer.locked")
            with capture_logs() as logged:
                await publish_outdated(service.service, "holder")
            assert [each["code"] for each in logged] == ["signer.locked"]
            ready = await (await service.client.get("/readyz")).json()
            assert "the signer vault: signer.locked" in ready["degraded"]
            metrics = await (await service.client.get("/metrics")).text()
            assert 'ler_trust_signer_exchanges_total{result="signer.locked"}' in metrics
            away = False
            shown = orjson.loads(await (await service.client.get(path)).read())
            assert shown["proof"]["verificationMethod"] == key["method"]
            assert (await (await service.client.get("/readyz")).json())["status"] == "ready"


async def test_signer_of_another_tenant_is_not_there(tmp_path: Path) -> None:
    settings = configured("https://signer.example.org", tenant="other")
    async with running(tmp_path, **settings) as service:
        headers = await service.headers(Role.ISSUER)
        refused = await service.post("/v1/signing-keys", {"signer": "vault", "key": "one"}, headers)
        await problem(refused, 422, "request.invalid")
        half = await service.post("/v1/signing-keys", {"signer": "vault"}, headers)
        await problem(half, 400, "request.malformed")
