"""Name lookup that hands out only addresses this service may connect to.

The HTTP client asks for the addresses of a host each time it opens a connection and connects to what
it is given, so the addresses checked here are those connected to: a name that answers differently a
moment later (DNS rebinding) is never asked the second time.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

from ler_trust.errors import Undecided
from ler_trust.net.addresses import IPAddress, why_forbidden

IPNetwork = IPv4Network | IPv6Network
Judge = Callable[[str, int, IPAddress], str | None]
"""Says why a host, asked at a port, must not be connected to at an address; ``None`` when it may."""

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host for a port; raises ``OSError`` when it has none."""

_MOST_ADDRESSES: Final = 64  # a name with more is not a site but an attempt to make connecting slow


class SystemLookup:
    """Asks the operating system, in threads of its own so that slow names do not hold up other work."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="name-lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return every address of ``host``, in the system's order of preference."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses, host, port)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Start no more lookups; one under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class CheckedResolver(AbstractResolver):
    """The HTTP client's resolver: every address is judged, and one that is forbidden refuses them all."""

    def __init__(self, lookup: Lookup, judge: Judge) -> None:
        self._lookup = lookup
        self._judge = judge

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses of ``host``.

        Raises ``Undecided('fetch.forbidden')`` when one of them may not be connected to, ``OSError`` when
        there are none.
        """
        texts = await self._lookup(host, port)
        if not texts:
            raise OSError(f"{host} has no address")
        return [self._checked(host, port, ip_address(text)) for text in texts[:_MOST_ADDRESSES]]

    async def close(self) -> None:
        """Do nothing: the lookup belongs to whoever made it."""

    def _checked(self, host: str, port: int, address: IPAddress) -> ResolveResult:
        reason = self._judge(host, port, address)
        if reason is not None:
            detail = f"{host} leads to an address that is not connected to: {reason}"
            raise Undecided("fetch.forbidden", detail)
        return ResolveResult(
            hostname=host,
            host=str(address),
            port=port,
            family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST,
        )


def public_or_development(development_hosts: Sequence[str]) -> Judge:
    """Return the judge of addresses that strangers name: global unicast ones and no others.

    ``development_hosts`` (``host:port``) are the reverse: all their addresses must be loopback.
    """
    hosts = frozenset(development_hosts)

    def judge(host: str, port: int, address: IPAddress) -> str | None:
        if f"{host}:{port}" not in hosts:
            return why_forbidden(address)
        return None if address.is_loopback else "not loopback, as a development host must be"

    return judge


def within(networks: Sequence[IPNetwork]) -> Judge:
    """Return the judge of an address that the operator names: in ``networks``, or without any, public."""

    def judge(host: str, port: int, address: IPAddress) -> str | None:
        if not networks:
            return why_forbidden(address)
        return None if any(address in network for network in networks) else "not among those configured"

    return judge
