import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.web.negotiation import preferred

OFFERED = (
    "application/did-resolution",
    "application/did",
    'application/ld+json;profile="x,y;z"',
    "text/html",
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/did-resolution"),
        ("application/did", "application/did"),
        ("APPLICATION/DID", "application/did"),
        ("application/did;q=0.5, text/html", "text/html"),
        ("*/*;q=0.1, application/did", "application/did"),
        ("text/*", "text/html"),
        ("text/*, text/html;q=0", None),
        ('application/ld+json; profile="x,y;z"', OFFERED[2]),
        ('application/ld+json;profile="x,y"', None),
        ("image/png", None),
        ("application/did;q=7", None),
        ("", None),
    ],
)
def test_the_clients_preference_decides(accept: str, expected: str | None) -> None:
    assert preferred(accept, OFFERED) == expected


@given(st.text(max_size=300))
def test_any_header_has_an_answer(accept: str) -> None:
    assert preferred(accept, OFFERED) in (*OFFERED, None)
