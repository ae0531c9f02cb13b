import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.net.policy import OutboundPolicy
from ler_trust.net.targets import Target, read_target

POLICY = OutboundPolicy(ports=frozenset({443, 8443}), development_hosts=("localhost:8080", "127.0.0.1:8081"))


def test_url_is_taken_apart_without_its_fragment() -> None:
    target = read_target("https://College.Example:8443/a/b?c=d#key-1", POLICY)
    assert target == Target("college.example", 8443, "/a/b", "c=d")
    assert read_target("HTTPS://college.example", POLICY) == Target("college.example", 443, "/", "")


def test_escapes_are_sent_as_they_came() -> None:
    assert read_target("https://college.example/a%2Fb%20c", POLICY).path == "/a%2Fb%20c"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "college.example",
        "//college.example/",
        "http://college.example/",
        "ftp://college.example/",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "https:college.example",
        "https://college.example:80/",
        "https://college.example:/",
        "https://college.example:0/",
        "https://college.example:443443/",
        "https://college.example:+443/",
        "https://user@college.example/",
        "https://user:pass@college.example/",
        "https://college.example@evil.example/",
        "https://college.example\\@evil.example/",
        "https://college.example/ x",
        "https://college.example/\r\nHost: evil.example",
        "https://college.example/\x00",
        "https://college.example./",
        "https://college..example/",
        "https://-college.example/",
        "https://college/",
        "https://localhost/",
        "https://localhost:8443/",
        "https://localhost.:8080/",
        "https://bücher.example/",
        "https://college。example/",
        "https://college%2eexample/",
        "https://college_1.example/",
        "https://" + "a" * 250 + ".example/",
        "https://college.example/" + "a" * 2048,
    ],
)
def test_anything_but_plain_https_by_name_is_forbidden(url: str) -> None:
    with pytest.raises(Undecided) as caught:
        read_target(url, POLICY)
    assert caught.value.code.name == "fetch.forbidden"
    assert not caught.value.retryable


def test_development_hosts_are_exact() -> None:
    assert read_target("https://localhost:8080/x", POLICY).development
    assert read_target("https://127.0.0.1:8081/x", POLICY).development
    for url in ("https://127.0.0.1:8080/", "https://a.localhost:8080/", "http://localhost:8080/"):
        with pytest.raises(Undecided):
            read_target(url, POLICY)
    assert not OutboundPolicy().development_hosts


@pytest.mark.parametrize(
    "entry",
    ["localhost", "localhost:", "localhost:0", "localhost:65536", "*:80", "Localhost:80", "10.0.0.1:80"],
)
def test_development_host_that_cannot_be_meant_stops_the_start(entry: str) -> None:
    with pytest.raises(ConfigurationError):
        OutboundPolicy(development_hosts=(entry,))


@pytest.mark.parametrize("bounds", [{"deadline": 0}, {"host_concurrency": -1}, {"ports": frozenset({0})}])
def test_bound_that_cannot_be_meant_stops_the_start(bounds: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        OutboundPolicy(**bounds)  # type: ignore[arg-type]


HOSTILE = st.text(alphabet="ah0x.:/@[]%?#\\ 7f1\t\u3002-", max_size=30)


@given(st.builds("https://{}{}".format, HOSTILE, HOSTILE) | st.text(max_size=40))
def test_fuzzed_url_is_forbidden_or_read_as_the_http_client_reads_it(url: str) -> None:
    try:
        target = read_target(url, POLICY)
    except Undecided:
        return  # with the one code there is, as above
    read = URL(url, encoded=True)
    assert (read.host, read.port, read.user) == (target.host, target.port, None)
