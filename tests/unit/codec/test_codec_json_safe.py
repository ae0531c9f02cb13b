import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import json_safe
from ler_trust.errors import Rejected
from ler_trust.model.limits import Limits

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


def refusal(data: bytes, limits: Limits | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        json_safe.loads(data, limits or Limits())
    return caught.value


@given(JSON)
def test_reads_what_the_standard_library_writes(value: Any) -> None:
    assert json_safe.loads(json.dumps(value).encode()) == value
    assert json_safe.loads(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.from_regex(rb"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,30})?", fullmatch=True))
def test_numbers_are_read_as_the_double_they_name_or_refused(data: bytes) -> None:
    with contextlib.suppress(Rejected):
        number = json_safe.loads(data)
        assert number == float(data)
        assert abs(number) < float("inf")


@given(
    st.binary(max_size=200) | st.text(alphabet='[]{},:"\\u0dD89aef-+.E1 ntrue', max_size=60).map(str.encode)
)
def test_never_raises_anything_but_rejected(data: bytes) -> None:
    with contextlib.suppress(Rejected):
        json_safe.loads(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "format.json"),
        (b"{", "format.json"),
        (b"[1]x", "format.json"),
        (b"{'a':1}", "format.json"),
        (b'"a\nb"', "format.json"),
        (b"[1,]", "format.json"),
        (b"NaN", "format.json"),
        (b"[Infinity]", "format.json"),
        (b"-Infinity", "format.json"),
        (b"\xef\xbb\xbf1", "format.encoding"),
        (b'"\xff"', "format.encoding"),
        (b'"\xed\xa0\x80"', "format.encoding"),
        ('"a"'.encode("utf-16"), "format.encoding"),
        (b'"\\ud800"', "format.surrogate"),
        (b'["\\udc00\\ud800"]', "format.surrogate"),
        (b'{"\\uDBFF":1}', "format.surrogate"),
        (b"9007199254740993", "format.number"),
        (b"-9007199254740993", "format.number"),
        (b"1e400", "format.number"),
        (b"-1e400", "format.number"),
        (b"1e-400", "format.number"),
        (b"1" * 309, "format.number"),
        (b"1" * 5000, "format.number"),
        (b"0." + b"1" * 5000, "format.number"),
        (b"0.1000000000000000055", "format.number"),
    ],
)
def test_refuses_what_can_be_read_in_two_ways(data: bytes, code: str) -> None:
    assert refusal(data).code.name == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b" 5 ", 5),
        (b"null", None),
        (b'"x"', "x"),
        (b"0.1", 0.1),
        (b"1.10", 1.1),
        (b"-0", 0),
        (b"1E30", 1e30),
        (b"9007199254740991", 2**53 - 1),
        (b"333333333.33333329", 333333333.3333333),
        (b"0.000000000000000000000000001", 1e-27),
        (b"0.5000000000000000000000", 0.5),
        (b"0e99999999999999999999", 0.0),
        (b"-0.0E-99999999999999999999", 0.0),
        (b"1e00000000000000000000001", 10.0),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
    ],
)
def test_reads_scalars(data: bytes, value: object) -> None:
    assert json_safe.loads(data) == value


def test_large_exact_integer_is_read_as_the_double_it_is() -> None:
    assert isinstance(json_safe.loads(b"9007199254740992"), float)
    assert isinstance(json_safe.loads(b"9007199254740991"), int)


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (b'{"a":1,"a":1}', "/a"),
        (b'{"a":1,"\\u0061":2}', "/a"),
        (b'{"x":[{},{"b/~":1,"b/~":2}]}', "/x/1/b~1~0"),
        (b'{"o":{"p":{"q":1,"q":[]}}}', "/o/p/q"),
    ],
)
def test_names_the_repeated_member(data: bytes, pointer: str) -> None:
    finding = refusal(data)
    assert (finding.code.name, finding.pointer) == ("format.duplicate_key", pointer)


def test_surrogate_pointer_says_where() -> None:
    assert refusal(b'{"a":["ok","\\ud800"]}').pointer == "/a/1"


def test_depth_is_bounded_exactly() -> None:
    limits = Limits(json_depth=3)
    assert json_safe.loads(b'[[{"a":1}],[[]],{"b":[]},"[[[[[[","\\"[["]', limits)
    assert refusal(b'[[{"a":[]}],[],[]]', limits).code.name == "format.too_deep"


def test_depth_is_bounded_in_long_texts_too() -> None:
    limits = Limits(json_depth=3, item_bytes=10_000_000)
    many = b'"[[[[[",{"a":[]},"\\"[[[",' * 30_000
    assert len(json_safe.loads(b"[" + many + b"[[]]]", limits)) == 90_001
    assert refusal(b"[" + many + b"[[[]]]]", limits).code.name == "format.too_deep"
    assert refusal(b"[[[[]]]," + many + b"1]", limits).code.name == "format.too_deep"


@pytest.mark.parametrize("unit", ['"x', "1,", '"', '["\\', '"\\"', "[]", "[[]"])
def test_long_text_that_is_no_json_is_refused_without_looking_at_it_twice(unit: str) -> None:
    parts = sum(1 for _ in json_safe._PART.finditer(unit * 300_000))
    assert parts <= 300_000 * len(unit) / 5_000 + 1


def test_size_is_bounded_exactly() -> None:
    assert json_safe.loads(b"12345", Limits(item_bytes=5)) == 12345
    assert refusal(b"12345 ", Limits(item_bytes=5)).code.name == "format.too_large"
