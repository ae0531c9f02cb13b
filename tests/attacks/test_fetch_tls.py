"""Servers that are not who the address says; connections are led to loopback below the HTTP client."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ler_trust.errors import Undecided
from ler_trust.net.fetcher import HttpFetcher
from ler_trust.net.policy import OutboundPolicy
from tests.kit.clock import SteppedClock
from tests.kit.web_stub import LOOPBACK, FakeLookup, WebStub, request_for

PUBLIC = "93.184.215.14"
HOST = "college.example"
DOCUMENT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def certificate_for(host: str, folder: Path) -> Path:
    """Write a self-signed certificate and its key to one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@asynccontextmanager
async def tls_server(
    certificate: Path, heads: list[bytes], names: list[str | None], answer: bytes = DOCUMENT
) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = await asyncio.start_server(serve, LOOPBACK, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def lead_to_loopback(monkeypatch: pytest.MonkeyPatch, port: int) -> list[str]:
    loop, dialled = asyncio.get_running_loop(), list[str]()
    connect = loop.sock_connect

    async def sock_connect(sock: socket.socket, address: tuple[str, int]) -> None:
        dialled.append(address[0])
        await connect(sock, (LOOPBACK, port))

    monkeypatch.setattr(loop, "sock_connect", sock_connect)
    return dialled


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("named", [HOST, "stranger.example"])
async def test_certificate_must_be_trusted_and_name_the_host(
    named: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, heads, names = certificate_for(named, tmp_path), list[bytes](), list[str | None]()
    trust = ssl.create_default_context(cafile=str(certificate)) if trusted else None
    lookup = FakeLookup({HOST: [[PUBLIC]]})
    async with tls_server(certificate, heads, names) as port:
        dialled = lead_to_loopback(monkeypatch, port)
        async with HttpFetcher(OutboundPolicy(), SteppedClock(), lookup=lookup, tls=trust) as fetcher:
            if trusted and named == HOST:
                assert (await fetcher.fetch(request_for(f"https://{HOST}/did.json"))).body == b"{}"
                assert b"GET /did.json HTTP/1.1\r\nHost: college.example\r\n" in heads[0]
            else:
                with pytest.raises(Undecided, match="TLS"):
                    await fetcher.fetch(request_for(f"https://{HOST}/did.json"))
                assert heads == []
    assert names == [HOST]
    assert dialled == [PUBLIC]


async def test_stranger_redirects_to_a_development_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, heads = certificate_for(HOST, tmp_path), list[bytes]()
    trust = ssl.create_default_context(cafile=str(certificate))
    async with WebStub() as inside:
        inside.answer("/")
        redirect = f"HTTP/1.1 302 Found\r\nLocation: {inside.url('/')}\r\nContent-Length: 0\r\n\r\n".encode()
        policy = OutboundPolicy(development_hosts=(inside.authority,))
        lookup = FakeLookup({HOST: [[PUBLIC]]})
        async with tls_server(certificate, heads, [], redirect) as port:
            dialled = lead_to_loopback(monkeypatch, port)
            async with HttpFetcher(policy, SteppedClock(), lookup=lookup, tls=trust) as fetcher:
                with pytest.raises(Undecided, match=r"fetch\.forbidden"):
                    await fetcher.fetch(request_for(f"https://{HOST}/"))
        assert (len(heads), dialled, inside.requests) == (1, [PUBLIC], [])
