import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec.did_url import MAX_LENGTH, parse_did_url
from ler_trust.errors import Rejected
from ler_trust.model.did import DidUrl


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("did:a:b", DidUrl("did:a:b", "a", "b")),
        (
            "did:web:example.org%3A8443:a:b",
            DidUrl("did:web:example.org%3A8443:a:b", "web", "example.org%3A8443:a:b"),
        ),
        ("did:a::b", DidUrl("did:a::b", "a", ":b")),
        ("did:a:b#", DidUrl("did:a:b", "a", "b", fragment="")),
        ("did:a:b#k/?-1", DidUrl("did:a:b", "a", "b", fragment="k/?-1")),
        ("did:a:b/p//q?x=1&y=/?#f", DidUrl("did:a:b", "a", "b", "/p//q", "x=1&y=/?", "f")),
        ("did:a:b?", DidUrl("did:a:b", "a", "b")),
    ],
)
def test_takes_did_urls_apart(text: str, url: DidUrl) -> None:
    assert parse_did_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "did", "did:", "did:a", "did:a:", "did:a:b:", "DID:a:b", "did:A:b", "did:a-b:c", "did::b",
        " did:a:b", "did:a:b ", "did:a:b\n", "did:a:%", "did:a:%4", "did:a:%zz", "did:a:ü", "did:a:b@c", "https://example.org/",
        "did:a:" + "b" * MAX_LENGTH,
    ],
)  # fmt: skip
def test_refuses_what_is_not_a_did(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_did_url(text)
    assert caught.value.code.name == "did.invalid"


@pytest.mark.parametrize(
    "rest",
    ["/a b", "/ü", "?a=%", "#a#b", "#%g0", "/a|b", "?a=1&a=2", "?a&%61", "?x=1&y=2&x=1", "#a\n", "/<", "?\\"],
)
def test_refuses_what_is_not_a_did_url(rest: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_did_url("did:a:b" + rest)
    assert caught.value.code.name == "did.url_invalid"


@given(st.text(alphabet="did:web%3Aa/?#&=.é\n ", max_size=40).map("did:".__add__) | st.text(max_size=40))
def test_never_raises_anything_but_rejected(text: str) -> None:
    with contextlib.suppress(Rejected):
        url = parse_did_url(text)
        assert text.startswith(url.did + url.path)
