"""did:web identifiers built to reach another place than the one they name."""

import pytest

from did_methods.web import DidWeb
from ler_trust.codec.did_url import parse_did_url
from ler_trust.errors import Rejected


def refused(did: str) -> str:
    with pytest.raises(Rejected) as caught:
        DidWeb().locate(parse_did_url(did))
    return caught.value.code.name


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1%3A8443",
        "127%2E0%2E0%2E1",
        "%5B%3A%3A1%5D",
        "%5B%3A%3Affff%3A127.0.0.1%5D",
        "college.example.0x7f",
        "college.example.1",
        "169.254.169.254",
    ],
)
def test_did_web_names_an_ip_address(host: str) -> None:
    assert refused(f"did:web:{host}") == "did.invalid"


@pytest.mark.parametrize(
    "path",
    [
        "..:admin",
        ".:admin",
        "%2e%2e:admin",
        "%2E.:admin",
        "%252e%252e:admin",
        "a%2Fb",
        "a%2F..%2Fb",
        "a%5Cb",
        "a%00",
        "a%0d%0aHost%3Aevil.example",
        "a%3Fb",
        "a%23b",
    ],
)
def test_did_web_path_climbs_or_smuggles(path: str) -> None:
    assert refused(f"did:web:college.example:{path}") == "did.invalid"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example%2Fcollege.example",
        "user%40evil.example",
        "evil.example%23college.example",
        "college.example%3A443%2F",
    ],
)
def test_did_web_host_hides_another_authority(host: str) -> None:
    assert refused(f"did:web:{host}") == "did.invalid"
