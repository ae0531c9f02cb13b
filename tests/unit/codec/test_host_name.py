import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec.host_name import read_host_name


@pytest.mark.parametrize(
    "text", ["college.example", "localhost", "xn--bcher-kva.example", "1st.example", "a" * 63, "0x.g"]
)
def test_host_name_is_read(text: str) -> None:
    assert read_host_name(text) == text


def test_host_name_is_lowered() -> None:
    assert read_host_name("College.EXAMPLE") == "college.example"


@pytest.mark.parametrize("text", ["127.0.0.1", "1", "0x", "0x7f.1", "a.0x7F", "a.017", "[::1]", "[v1.a]"])
def test_address_in_any_spelling_is_not_a_name(text: str) -> None:
    with pytest.raises(ValueError, match="IP address"):
        read_host_name(text)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "a/b", "a:1", "a" * 64, "bücher.example", "a\n"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host"):
        read_host_name(text)


@given(st.text(max_size=300))
def test_fuzzed_text_raises_nothing_but_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert read_host_name(text).isascii()
