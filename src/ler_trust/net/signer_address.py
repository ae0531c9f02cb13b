"""Where a signer that holds keys is: an address the operator names, and what shows that it is the one."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ler_trust.errors import ConfigurationError
from ler_trust.net.lookup import IPNetwork

SECONDS: Final = 10.0  # for one exchange: a hardware module takes some milliseconds


@dataclass(frozen=True, slots=True)
class SignerAddress:
    """Where a signer is, and what shows that it is the one.

    Without ``networks`` its host name must lead to public addresses, with them to addresses among them.
    ``ca_file`` has the certificates that are trusted instead of the system's. Raises ``ConfigurationError``
    for an address that is neither https nor on loopback, for a token that is no header, and for a file that
    has no certificates.
    """

    name: str
    url: str
    token: str = field(repr=False)
    networks: Sequence[IPNetwork] = ()
    ca_file: Path | None = None
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        if not _is_safe(self.url):
            raise ConfigurationError(f"signers: {self.name} is reached by https, or by http on loopback")
        if not (self.token.isascii() and self.token.isprintable() and self.token):
            raise ConfigurationError(f"signers: the token of {self.name} is not of visible ASCII characters")
        self.tls()

    def tls(self) -> ssl.SSLContext | None:
        """Return whom to trust in place of the system's authorities, if that is said."""
        if self.ca_file is None:
            return None
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except OSError as error:  # ssl.SSLError is one
            raise ConfigurationError(
                f"signers: {self.ca_file} has no certificates to trust {self.name} by"
            ) from error


def _is_safe(url: str) -> bool:
    """Return whether ``url`` is an address, and nothing else, where what is sent is not in the open."""
    try:
        parts = urlsplit(url)
        host, has_port = parts.hostname or "", parts.port != 0
        if not host or not has_port or parts.username is not None or parts.query or parts.fragment:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and ip_address(host).is_loopback)
    except ValueError:
        return False
