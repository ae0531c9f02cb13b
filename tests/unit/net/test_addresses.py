from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.net.addresses import IPAddress, why_forbidden

FORBIDDEN = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254 ::127.0.0.1 ::8.8.8.8 64:ff9b::127.0.0.1
64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::808:808 100::1 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 2620:4f:8000::1 3fff::1 5f00::1
fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%1 febf::1 fec0::1 ff02::1 4000::1 e000::1 2606:4700::1%eth0
"""
ALLOWED = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.255.255
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1 223.255.255.255
2606:4700::1111 2001:4860:4860::8888 2a00:1450::1 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("text", FORBIDDEN.split())
def test_special_purpose_address_is_forbidden(text: str) -> None:
    assert why_forbidden(ip_address(text)) is not None


@pytest.mark.parametrize("text", ALLOWED.split())
def test_global_unicast_address_is_allowed(text: str) -> None:
    assert why_forbidden(ip_address(text)) is None


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_private_is_allowed(address: IPAddress) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert why_forbidden(address) is not None
