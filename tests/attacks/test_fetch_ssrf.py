"""Addresses that lead, openly or not, to where this service must not connect."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from ler_trust.errors import Undecided
from ler_trust.net.fetcher import HttpFetcher
from ler_trust.net.policy import OutboundPolicy
from tests.kit.clock import SteppedClock
from tests.kit.web_stub import LOOPBACK, FakeLookup, WebStub, request_for

PUBLIC = "93.184.215.14"


@pytest.fixture
async def victim() -> AsyncIterator[WebStub]:
    """A service on loopback that must never be asked."""
    async with WebStub() as stub:
        stub.answer("/", b'{"secret":"yes"}')
        yield stub
        assert stub.requests == []


@pytest.fixture
async def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a connection was opened to; none is, so that no test leaves this machine."""
    addresses: list[str] = []

    async def sock_connect(sock: socket.socket, address: tuple[str, int]) -> None:
        addresses.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", sock_connect)
    return addresses


async def refusal(
    url: str, lookup: FakeLookup, *, ports: frozenset[int] = frozenset({443}), hosts: tuple[str, ...] = ()
) -> Undecided:
    policy = OutboundPolicy(ports=ports, deadline=2, development_hosts=hosts)
    async with HttpFetcher(policy, SteppedClock(), lookup=lookup) as fetcher:
        with pytest.raises(Undecided) as caught:
            await fetcher.fetch(request_for(url))
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7F.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "8.8.8.8",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "localhost",
        "LOCALHOST",
    ],
)
async def test_address_as_host_in_any_spelling(host: str, victim: WebStub) -> None:
    lookup = FakeLookup()
    finding = await refusal(f"https://{host}:{victim.port}/", lookup, ports=frozenset({victim.port}))
    assert finding.code.name == "fetch.forbidden"
    assert lookup.asked == []


@pytest.mark.parametrize(
    "address",
    [
        LOOPBACK,
        "127.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%lo",
    ],
)
async def test_name_that_leads_to_a_forbidden_address(
    address: str, victim: WebStub, dialled: list[str]
) -> None:
    lookup = FakeLookup({"inside.example": [[address]]})
    finding = await refusal(f"https://inside.example:{victim.port}/", lookup, ports=frozenset({victim.port}))
    assert finding.code.name == "fetch.forbidden"
    assert dialled == []


async def test_one_forbidden_address_among_public_ones_refuses_all(dialled: list[str]) -> None:
    lookup = FakeLookup({"mixed.example": [[PUBLIC, LOOPBACK]]})
    assert (await refusal("https://mixed.example/", lookup)).code.name == "fetch.forbidden"
    assert dialled == []


async def test_dns_rebinding_connects_to_the_checked_address_alone(
    victim: WebStub, dialled: list[str]
) -> None:
    lookup = FakeLookup({"rebind.example": [[PUBLIC], [LOOPBACK]]})
    finding = await refusal(f"https://rebind.example:{victim.port}/", lookup, ports=frozenset({victim.port}))
    assert finding.code.name == "fetch.unreachable"
    assert dialled == [PUBLIC]
    assert lookup.asked == ["rebind.example"]


async def test_second_fetch_of_a_rebound_name_is_checked_again(dialled: list[str]) -> None:
    lookup = FakeLookup({"rebind.example": [[PUBLIC], [LOOPBACK]]})
    async with HttpFetcher(OutboundPolicy(deadline=2), SteppedClock(), lookup=lookup) as fetcher:
        for code in ("fetch.unreachable", "fetch.forbidden"):
            with pytest.raises(Undecided, match=code):
                await fetcher.fetch(request_for("https://rebind.example/"))
    assert dialled == [PUBLIC]


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://2130706433:{port}/",
        "//127.0.0.1:{port}/",
        "https://inside.example:{port}/",
        "https://user@inside.example:{port}/",
    ],
)
async def test_redirect_to_a_forbidden_place(location: str, victim: WebStub) -> None:
    lookup = FakeLookup({"inside.example": [[LOOPBACK]]})
    async with WebStub() as door:
        door.redirect("/", location.format(port=victim.port))
        finding = await refusal(
            door.url("/"), lookup, ports=frozenset({victim.port}), hosts=(door.authority,)
        )
        assert len(door.requests) == 1
    assert finding.code.name == "fetch.forbidden"


@pytest.mark.parametrize(
    "location", ["http://localhost:{port}/", "HTTP://localhost:{port}/", "file:///etc/passwd"]
)
async def test_redirect_away_from_https(location: str, victim: WebStub) -> None:
    async with WebStub() as door:
        door.redirect("/", location.format(port=victim.port))
        finding = await refusal(door.url("/"), FakeLookup(), hosts=(door.authority, victim.authority))
    assert finding.code.name == "fetch.redirect"


async def test_open_redirect_does_not_lend_its_host_to_another() -> None:
    async with WebStub() as college, WebStub() as stranger:
        stranger.answer("/did.json")
        college.redirect("/out", stranger.url("/did.json"))
        hosts = (college.authority, stranger.authority)
        policy = OutboundPolicy(development_hosts=hosts)
        async with HttpFetcher(policy, SteppedClock(), lookup=FakeLookup()) as fetcher:
            assert (await fetcher.fetch(request_for(college.url("/out")))).body == b"{}"
            with pytest.raises(Undecided, match=r"fetch\.redirect"):
                await fetcher.fetch(request_for(college.url("/out"), same_host=True))
        assert len(stranger.requests) == 1


async def test_redirect_loop_ends() -> None:
    async with WebStub() as door:
        door.redirect("/a", "/b")
        door.redirect("/b", "/a")
        finding = await refusal(door.url("/a"), FakeLookup(), hosts=(door.authority,))
        assert finding.code.name == "fetch.redirect"
        assert len(door.requests) == 4


async def test_development_host_name_that_leaves_loopback(dialled: list[str]) -> None:
    lookup = FakeLookup({"localhost": [["10.0.0.1"]]})
    finding = await refusal("https://localhost:8080/", lookup, hosts=("localhost:8080",))
    assert finding.code.name == "fetch.forbidden"
    assert dialled == []


async def test_proxy_from_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebStub() as proxy, WebStub() as site:
        site.answer("/")
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        policy = OutboundPolicy(development_hosts=(site.authority,))
        async with HttpFetcher(policy, SteppedClock(), lookup=FakeLookup()) as fetcher:
            await fetcher.fetch(request_for(site.url("/")))
        assert (len(proxy.requests), len(site.requests)) == (0, 1)
