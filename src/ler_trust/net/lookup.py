"""Name lookup that hands out only addresses this service may connect to.

The HTTP client asks for the addresses of a host each time it opens a connection and connects to what
it is given, so the addresses checked here are those connected to: a name that answers differently a
moment later (DNS rebinding) is never asked the second time.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

from ler_trust.errors import Undecided
from ler_trust.net.addresses import IPAddress, why_forbidden

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
    """The HTTP client's resolver: every address is judged, and one that is forbidden refuses them all.

    ``development_hosts`` (``host:port``) are the reverse: all their addresses must be loopback.
    """

    def __init__(self, lookup: Lookup, development_hosts: Sequence[str]) -> None:
        self._lookup = lookup
        self._development_hosts = frozenset(development_hosts)

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
        development = f"{host}:{port}" in self._development_hosts
        return [_checked(host, port, ip_address(text), development) for text in texts[:_MOST_ADDRESSES]]

    async def close(self) -> None:
        """Do nothing: the lookup belongs to whoever made it."""


def _checked(host: str, port: int, address: IPAddress, development: bool) -> ResolveResult:
    if development:
        reason = None if address.is_loopback else "not loopback, as a development host must be"
    else:
        reason = why_forbidden(address)
    if reason is not None:
        raise Undecided("fetch.forbidden", f"{host} leads to an address that is not connected to: {reason}")
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
