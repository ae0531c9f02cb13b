"""The outbound policy: where this service may connect to, and how much and how long."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from ler_trust.errors import ConfigurationError

HTTPS_PORT: Final = 443
_DEVELOPMENT_HOST: Final = re.compile(
    r"(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\]):(?P<port>[0-9]{1,5})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """Bounds on every outbound request; times in seconds.

    ``development_hosts`` names, as ``host:port`` in lower case, what may be reached although it is on
    loopback, there over plain http because a did:web on localhost has no certificate. It is off by default
    and must be visible wherever the service shows its state. Raises ``ConfigurationError`` for a value that
    cannot be meant.
    """

    ports: frozenset[int] = frozenset({HTTPS_PORT})
    deadline: float = 10.0  # the whole fetch: waiting for a slot, lookup, redirects and body
    connect_timeout: float = 5.0  # one TCP connection
    max_redirects: int = 3  # real documents need one at most (a moved host, a trailing slash)
    host_concurrency: int = 8  # requests in flight to one host: what a small issuer's site bears
    total_concurrency: int = 64  # requests in flight altogether
    breaker_failures: int = 5  # in a row, before a host is left alone
    breaker_seconds: float = 30.0  # for how long
    development_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_ports(self.ports)
        for name in (
            "deadline",
            "connect_timeout",
            "host_concurrency",
            "total_concurrency",
            "breaker_failures",
        ):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"outbound {name} must be more than 0")
        for entry in self.development_hosts:
            _check_development_host(entry)


def _check_ports(ports: frozenset[int]) -> None:
    for port in ports:
        if not 0 < port < 65_536:
            raise ConfigurationError(f"outbound port {port} is not between 1 and 65535")


def _check_development_host(entry: str) -> None:
    found = _DEVELOPMENT_HOST.fullmatch(entry)
    if found is None:
        raise ConfigurationError(f"the development host {entry!r} is not host:port in lower case")
    _check_ports(frozenset({int(found["port"])}))
    try:
        address = ip_address(found["host"].strip("[]"))
    except ValueError:
        return  # a name: that it leads to loopback is checked at each lookup
    if not address.is_loopback:
        raise ConfigurationError(f"the development host {entry!r} is not on loopback")
