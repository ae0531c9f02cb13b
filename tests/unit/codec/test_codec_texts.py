"""base64url, multibase and JCS."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import base64url, jcs, multibase


@given(st.binary(max_size=100))
def test_encodings_round_trip(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data
    assert multibase.decode_base58btc(multibase.encode_base58btc(data)) == data
    assert multibase.decode_base64url_nopad(multibase.encode_base64url_nopad(data)) == data


@given(st.text(max_size=12))
def test_base64url_has_one_text_for_each_byte_string(text: str) -> None:
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text


@pytest.mark.parametrize(
    "text", ["A", "AAAAA", "AA==", "AA=", "A+", "A/", "AB", "AAB", "A A", "AA\n", "é", "\uff21A"]
)
def test_base64url_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url.decode(text)


@pytest.mark.parametrize(
    "text", ["", "2", "x2", "Z2", "z0", "zO", "zI", "zl", "z2 ", "z 2", "z2\n", "zé", "u2"]
)
def test_base58btc_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"multibase|base-58-btc"):
        multibase.decode_base58btc(text)


@pytest.mark.parametrize("text", ["", "AA", "zAA", "UAA", "uAA=", "uA"])
def test_multibase_base64url_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"multibase|base64url"):
        multibase.decode_base64url_nopad(text)


def test_base58btc_length_is_bounded() -> None:
    assert multibase.decode_base58btc("z" + "2" * multibase.MAX_BASE58)
    with pytest.raises(ValueError, match="too long"):
        multibase.decode_base58btc("z" + "2" * (multibase.MAX_BASE58 + 1))


def test_base58btc_known_answers() -> None:
    # draft-msporny-base58, Test Vectors
    assert multibase.base58btc("2NEpo7TZRRrLZSi2U") == b"Hello World!"
    assert multibase.base58btc("11233QC4") == bytes.fromhex("0000287fb4cd")


def test_jcs_sorts_by_utf_16_code_units() -> None:
    # U+1F600 is D83D DE00 in UTF-16 and so comes before U+FB33.
    assert (
        jcs.canonicalize({"\ufb33": 1, "\U0001f600": 2, "a": 3})
        == '{"a":3,"\U0001f600":2,"\ufb33":1}'.encode()
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (5.0, "5"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-7, "1e-7"),
        (0.000001, "0.000001"), (4.35, "4.35"), (-1e-300, "-1e-300"), (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"), (9007199254740992.0, "9007199254740992"),
    ],
)  # fmt: skip
def test_jcs_writes_numbers_as_ecmascript_does(number: float, text: str) -> None:
    assert jcs.canonicalize(number) == text.encode()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, {1: 2}, "\ud800", {"\ud800": 1}, object()]
)
def test_jcs_refuses_what_json_cannot_carry(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's sentence is its own
        jcs.canonicalize(value)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_jcs_does_not_depend_on_order_and_can_be_read_back(value: dict[str, str]) -> None:
    written = jcs.canonicalize(value)
    assert written == jcs.canonicalize(dict(reversed(list(value.items()))))
    assert json.loads(written) == value
