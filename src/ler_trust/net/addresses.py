"""Which IP addresses this service may connect to: global unicast ones and no others.

The tables follow the IANA special-purpose address registries (RFC 6890 and its successors) and are
spelled out here because the standard library's own judgement differs between Python versions and
calls tunnelled forms of private addresses global.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IPAddress = IPv4Address | IPv6Address


def _v4(rows: Iterable[tuple[str, str]]) -> tuple[tuple[IPv4Network, str], ...]:
    return tuple((IPv4Network(network), purpose) for network, purpose in rows)


def _v6(rows: Iterable[tuple[str, str]]) -> tuple[tuple[IPv6Network, str], ...]:
    return tuple((IPv6Network(network), purpose) for network, purpose in rows)


_SPECIAL_V4: Final = _v4(
    [
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private use"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link local, cloud metadata"),
        ("172.16.0.0/12", "private use"),
        ("192.0.0.0/24", "IETF protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private use"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved, broadcast"),
    ]
)

# The standard library's ``is_global`` is not asked: it calls 6to4 and NAT64 forms of 127.0.0.1 global.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")
_SPECIAL_V6: Final = _v6(
    [
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard only"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "IETF protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local, cloud metadata"),
        ("fe80::/10", "link local"),
        ("fec0::/10", "site local"),
        ("ff00::/8", "multicast"),
    ]
)


def why_forbidden(address: IPAddress) -> str | None:
    """Return what kind of place keeps ``address`` from being connected to, ``None`` when nothing does.

    IPv6 is closed by default: what is neither global unicast nor a NAT64 form of a global IPv4
    address is refused, assigned or not.
    """
    if isinstance(address, IPv4Address):
        return next((purpose for network, purpose in _SPECIAL_V4 if address in network), None)
    if address.scope_id is not None:
        return "scoped to one interface"
    if address in _NAT64:
        # The form in which an IPv6-only network sees every IPv4 host (RFC 6052), so the embedded one decides.
        return why_forbidden(IPv4Address(int(address) & 0xFFFF_FFFF))
    special = next((purpose for network, purpose in _SPECIAL_V6 if address in network), None)
    if special is None and address not in _GLOBAL_UNICAST_V6:
        return "not global unicast"
    return special
