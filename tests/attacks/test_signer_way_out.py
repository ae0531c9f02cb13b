"""The way to a signer, whose address the operator names: what an attacker in between or behind it can do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.net.signer_address import SignerAddress
from ler_trust.net.signing_service import SigningService
from tests.attacks.test_fetch_tls import certificate_for, tls_server
from tests.kit.clock import SteppedClock
from tests.kit.web_stub import LOOPBACK, FakeLookup, WebStub, raw_server, speaking

TOKEN = "guards every key"
HOST = "signer.example"
SIGNED = b'HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"signature":"AAA="}'
LOOPBACK_NETWORK = (ip_network("127.0.0.0/8"),)


@asynccontextmanager
async def asking(
    url: str, answers: dict[str, Sequence[Sequence[str]]] | None = None, **address: Any
) -> AsyncIterator[SigningService]:
    lookup = FakeLookup(answers)
    service = SigningService(SignerAddress("vault", url, TOKEN, **address), SteppedClock(), lookup=lookup)
    try:
        yield service
    finally:
        await service.close()


async def refusal(service: SigningService) -> Undecided:
    with pytest.raises(Undecided) as caught:
        await asyncio.to_thread(service.sign, "one", b"data")
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "http://signer.example.org",
        "http://localhost:9300",
        "http://10.0.0.1",
        "http://127.0.0.1.example.org",
        "http://[::ffff:127.0.0.1.example]",
        "http://2130706433",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "",
        "https://user:password@signer.example.org",
        "https://signer.example.org/?key=",
        "https://signer.example.org/#keys",
        "https://signer.example.org:99999",
    ],
)
def test_address_where_the_token_would_be_in_the_open_or_astray(url: str) -> None:
    with pytest.raises(ConfigurationError, match="signers: vault") as caught:
        SignerAddress("vault", url, TOKEN)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "token", ["", "one\r\nHost: elsewhere", "\N{LATIN SMALL LETTER E WITH ACUTE}", "a\x00"]
)
def test_token_that_would_be_another_header(token: str) -> None:
    with pytest.raises(ConfigurationError, match="token of vault") as caught:
        SignerAddress("vault", "https://signer.example.org", token)
    assert not token or token not in str(caught.value)
    assert "guards" not in repr(SignerAddress("vault", "https://signer.example.org", TOKEN))


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_certificates_that_are_none_do_not_become_the_systems(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no certificates"):
        SignerAddress("vault", "https://signer.example.org", TOKEN, ca_file=file)


@pytest.mark.parametrize(
    "address", [LOOPBACK, "10.0.0.5", "169.254.169.254", "fd00:ec2::254", "::ffff:10.0.0.5"]
)
async def test_name_that_was_turned_to_the_inside_without_the_operators_leave(address: str) -> None:
    async with asking(f"https://{HOST}", {HOST: [[address]]}) as service:
        finding = await refusal(service)
    assert finding.code.name == "signer.unreachable"
    assert "not connected to" in finding.detail


@pytest.mark.parametrize("address", ["10.0.6.1", "93.184.215.14", "::1", "169.254.169.254"])
async def test_name_that_leads_elsewhere_than_the_operator_says(address: str) -> None:
    networks = (ip_network("10.0.5.0/24"),)
    async with asking(f"https://{HOST}", {HOST: [["10.0.5.1", address]]}, networks=networks) as service:
        finding = await refusal(service)
    assert "not among those configured" in finding.detail


@pytest.mark.parametrize("named", [HOST, "stranger.example"])
@pytest.mark.parametrize("trusted", [True, False])
async def test_server_that_is_not_the_signer_gets_no_token(named: str, trusted: bool, tmp_path: Path) -> None:
    certificate, heads = certificate_for(named, tmp_path), list[bytes]()
    async with tls_server(certificate, heads, [], SIGNED) as port:
        trust = {"ca_file": certificate} if trusted else {}
        names: dict[str, Sequence[Sequence[str]]] = {HOST: [[LOOPBACK]]}
        async with asking(f"https://{HOST}:{port}", names, networks=LOOPBACK_NETWORK, **trust) as service:
            if trusted and named == HOST:
                await refusal(service)  # for its signature is none, but it was asked
                assert f"Authorization: Bearer {TOKEN}".encode() in heads[0]
            else:
                assert "TLS" in (await refusal(service)).detail
                assert heads == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_carries_the_token_nowhere(status: int) -> None:
    async with WebStub() as elsewhere, WebStub() as door:
        elsewhere.answer("/")
        door.redirect("/keys/one/sign", f"http://{LOOPBACK}:{elsewhere.port}/", status)
        async with asking(f"http://{LOOPBACK}:{door.port}") as service:
            assert (await refusal(service)).code.name == "signer.malformed"
        assert len(door.requests) == 1
        assert elsewhere.requests == []


async def test_proxy_and_credentials_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with WebStub() as proxy, WebStub() as signer:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{LOOPBACK}:{proxy.port}")
        netrc = tmp_path / "netrc"
        netrc.write_text(f"machine {LOOPBACK} login somebody password else\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        async with asking(f"http://{LOOPBACK}:{signer.port}") as service:
            assert (await refusal(service)).code.name == "signer.key_missing"
        assert proxy.requests == []
        assert signer.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("..", None),
        (".", None),
        ("", None),
        ("../admin", "/keys/..%2Fadmin"),
        ("..%2fadmin", "/keys/..%252fadmin"),
        ("a?b=c#d", "/keys/a%3Fb%3Dc%23d"),
        ("a b:c", "/keys/a%20b%3Ac"),
        ("...", "/keys/..."),
    ],
)
async def test_name_of_a_key_that_climbs_out_of_the_keys(key: str, path: str | None) -> None:
    async with WebStub() as signer:
        async with asking(f"http://{LOOPBACK}:{signer.port}") as service:
            with pytest.raises(Undecided, match=r"signer\.key_missing"):
                await service.public_key(key)
            with pytest.raises(Undecided, match=r"signer\.key_missing"):
                await asyncio.to_thread(service.sign, key, b"data")
        expected = [] if path is None else [path, path + "/sign"]
        assert [each.raw_path for each in signer.requests] == expected


@pytest.mark.parametrize("cookie", ["session=1", "session=1; Domain=127.0.0.1"])
async def test_cookie_is_not_kept(cookie: str) -> None:
    async with WebStub() as signer:
        signer.answer("/keys/one/sign", headers={"Set-Cookie": cookie})
        async with asking(f"http://{LOOPBACK}:{signer.port}") as service:
            await refusal(service)
            await refusal(service)
        assert all("Cookie" not in each.headers for each in signer.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 65_535 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 1\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nxxxxx",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
    ids=["long", "chunks", "fields", "field", "not gzip", "brotli", "not HTTP", "nothing"],
)
async def test_answer_without_end_or_sense(answer: bytes) -> None:
    async with raw_server(speaking(answer)) as authority:
        port = authority.partition(":")[2]
        async with asking(f"http://{LOOPBACK}:{port}") as service:
            assert (await refusal(service)).code.name in ("signer.malformed", "signer.unreachable")


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_answer_that_comes_a_byte_at_a_time_ends_with_the_deadline(beginning: bytes) -> None:
    """Each byte comes before a timeout for one; only a deadline for the whole ends it."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(drip) as authority:
        port = authority.partition(":")[2]
        async with asking(f"http://{LOOPBACK}:{port}", seconds=0.2) as service:
            async with asyncio.timeout(20):
                finding = await refusal(service)
    assert finding.code.name in ("signer.unreachable", "signer.malformed")


async def test_signer_that_hangs_keeps_only_its_own_threads_waiting() -> None:
    """Else a handful of lists whose signer hangs would hold up every verification."""
    arrived = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with raw_server(hang) as authority:
        port = authority.partition(":")[2]
        async with asking(f"http://{LOOPBACK}:{port}", seconds=0.5) as service:
            loop = asyncio.get_running_loop()
            waiting = [loop.run_in_executor(service.threads, service.sign, "one", b"") for _ in range(50)]
            await arrived.wait()
            assert await asyncio.to_thread(lambda: "done") == "done"
            ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(end, Undecided) and end.code.name == "signer.unreachable" for end in ends)


async def test_service_that_ends_lets_nobody_wait_for_a_signer() -> None:
    arrived = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with raw_server(hang) as authority:
        port = authority.partition(":")[2]
        async with asking(f"http://{LOOPBACK}:{port}", seconds=300) as service:
            waiting = asyncio.get_running_loop().run_in_executor(service.threads, service.sign, "one", b"")
            await arrived.wait()
        with pytest.raises(Undecided, match=r"signer\.unreachable"):
            async with asyncio.timeout(30):
                await waiting


def test_only_one_module_opens_connections() -> None:
    """What could open one is in the way out alone; drivers of the operator's own servers are apart."""
    root = Path(__file__).parents[2]
    allowed = {
        "src/ler_trust/net/way_out.py",
        "src/ler_trust/client.py",  # for whoever uses a service, and no part of one
        "src/ler_trust/cli/demo/stage.py",  # likewise: plays the client
    }
    words = (
        "ClientSession(",
        "http.client",
        "urllib.request",
        "create_connection",
        "open_connection",
        "socket.socket(",
    )
    found = {
        path.relative_to(root).as_posix()
        for folder in ("src", "did_methods", "status_lists")
        for path in (root / folder).rglob("*.py")
        if any(word in path.read_text() for word in words)
    }
    assert found == allowed
