"""Which URLs this service may ask: https, a host by name, an allowed port, and nothing clever.

The URL is taken apart here, once, into the pieces the connection is then made from, so that no second
parser can read it differently.
"""

import re
from dataclasses import dataclass
from typing import Final

from ler_trust.codec.host_name import read_host_name
from ler_trust.errors import Undecided
from ler_trust.net.policy import HTTPS_PORT, OutboundPolicy

MAX_URL_LENGTH: Final = 2048  # characters; what servers and caches in between commonly bear

# The characters of RFC 3986 §2 and no others: no spaces, controls, backslashes or letters outside ASCII.
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[A-Za-z0-9\-._~!$&'()*+,;=:@%\[\]]*)"
    r"(?P<path>(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?)"
    r"(?:\?(?P<query>[A-Za-z0-9\-._~!$&'()*+,;=:@%/?\[\]]*))?"
    r"(?:#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?",
    re.ASCII,
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9a-f:.]*\]|[^:@\[\]]*)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes. ``development`` marks a host named by the operator: on loopback, over http."""

    host: str
    port: int
    path: str
    query: str
    development: bool = False

    @property
    def authority(self) -> str:
        """Return ``host:port``, what is counted, limited and left alone as one."""
        return f"{self.host}:{self.port}"


def read_target(url: str, policy: OutboundPolicy) -> Target:
    """Return where ``url`` leads, its fragment dropped.

    Raises ``Undecided('fetch.forbidden')`` unless it is an https URL with a host name and an allowed
    port, or its host and port are one of the policy's development hosts.
    """
    found = _URL.fullmatch(url) if len(url) <= MAX_URL_LENGTH else None
    if found is None:
        raise _forbidden("this is not a URL that can be fetched")
    if found["scheme"].lower() != "https":
        raise _forbidden("only https is fetched")
    return _target(found["authority"].lower(), found["path"] or "/", found["query"] or "", policy)


def _target(authority: str, path: str, query: str, policy: OutboundPolicy) -> Target:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise _forbidden("the URL carries user information or a malformed port")
    host, port = found["host"], int(found["port"] or HTTPS_PORT)
    if f"{host}:{port}" in policy.development_hosts:
        return Target(host, port, path, query, development=True)
    if port not in policy.ports:
        raise _forbidden(f"port {port} is not among those that may be asked")
    return Target(_public_name(host), port, path, query)


def _public_name(host: str) -> str:
    try:
        name = read_host_name(host)
    except ValueError as error:
        raise _forbidden(str(error)) from None
    if "." not in name:
        # A resolver would complete it with the search domains of this machine.
        raise _forbidden("the host name has only one label")
    return name


def _forbidden(detail: str) -> Undecided:
    return Undecided("fetch.forbidden", detail)
