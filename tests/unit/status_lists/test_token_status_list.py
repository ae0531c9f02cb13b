"""Token Status List: how entries and claims are read, and what the values mean."""

import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ler_trust.codec import base64url
from ler_trust.contracts import StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND
from ler_trust.model.status import ListSecuring, StatusEffect, StatusList, StatusReference
from status_lists.token_status_list import TokenStatusList
from tests.kit.list_tokens import packed
from tests.kit.status_format_contract import WatchedBytes, code_of

FORMAT = TokenStatusList()
URL = "https://college.example.org/statuslists/1"
MAX_BYTES = 1_000_000

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def listed(bits: bytes, size: int = 1, **members: Any) -> dict[str, Any]:
    return {"status_list": {"bits": size, "lst": base64url.encode(zlib.compress(bits)), **members}}


def decoded(claims: dict[str, Any]) -> StatusList:
    return FORMAT.decode(claims, max_bytes=MAX_BYTES)


def value(status_list: StatusList, index: int) -> int:
    reference = StatusReference(FORMAT.entry_type, URL, index, "status")
    return FORMAT.look_up(status_list, reference, min_entries=10**9).value


def effect(number: int) -> StatusEffect | None:
    reference = StatusReference(FORMAT.entry_type, URL, 0, "status")
    return FORMAT.look_up(decoded(listed(bytes([number]), 8)), reference, min_entries=1).effect


def test_is_a_status_format() -> None:
    assert isinstance(FORMAT, StatusFormat)
    assert FORMAT.secured_by is ListSecuring.TOKEN


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**53), st.just(URL))
def test_entry_is_read_back(index: int, url: str) -> None:
    reference = StatusReference(FORMAT.entry_type, url, index, "status")
    assert FORMAT.read_entry(FORMAT.entry(reference)) == reference


@pytest.mark.parametrize("index", [-1, True, 1.0, "1", None, [], {}])
def test_index_that_is_not_a_whole_number(index: Any) -> None:
    assert code_of(FORMAT.read_entry, {"idx": index, "uri": URL}) == "status.entry_malformed"


@pytest.mark.parametrize("url", [None, "", "x", URL + "#1", 1, "https:", "https://a b"])
def test_uri_that_is_not_a_url(url: Any) -> None:
    assert code_of(FORMAT.read_entry, {"idx": 1, "uri": url}) == "status.entry_malformed"


def test_first_entry_is_in_the_least_significant_bits() -> None:
    """The opposite of Bitstring Status List, with the specification's own two examples."""
    one = decoded(listed(bytes([0xB9, 0xA3])))
    assert [value(one, index) for index in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    two = decoded(listed(bytes([0xC9, 0x44, 0xF9]), 2))
    assert [value(two, index) for index in (0, 2, 3, 4, 6, 7, 8, 9)] == [1, 0, 3, 0, 0, 1, 1, 2]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([1, 2, 4, 8]))
def test_what_is_set_is_found_and_nothing_else(data: st.DataObject, size: int) -> None:
    known = [0, 1, 2, 3, 12, 15]
    allowed = st.sampled_from([number for number in known if number < 1 << size])
    statuses = data.draw(st.dictionaries(st.integers(0, 999), allowed, max_size=20))
    found = decoded(listed(packed(statuses, size, 1_000), size))
    assert [value(found, index) for index in range(1_000)] == [
        statuses.get(index, 0) for index in range(1_000)
    ]
    assert found.entries(1) == 1_000


def test_what_each_value_does() -> None:
    assert (effect(0), effect(1), effect(2)) == (None, StatusEffect.REVOKED, StatusEffect.SUSPENDED)
    for number in (0x03, 0x0C, 0x0D, 0x0E, 0x0F):
        assert effect(number) is StatusEffect.INFORMS


@pytest.mark.parametrize("number", [4, 0x0B, 0x10, 0xFF])
def test_value_that_nobody_has_defined_is_not_passed_over(number: int) -> None:
    assert code_of(effect, number) == "status.value_unknown"


def test_index_past_the_end() -> None:
    found = decoded(listed(bytes(2)))
    assert value(found, 15) == 0
    assert code_of(value, found, 16) == "status.index_out_of_range"
    assert code_of(value, found, 10**30) == "status.index_out_of_range"


def test_list_of_another_kind() -> None:
    other = StatusList("BitstringStatusListEntry", ("revocation",), bytes(9))
    assert code_of(value, other, 0) == "status.list_malformed"


@pytest.mark.parametrize("size", [0, 3, 5, 16, True, 1.0, "1", None])
def test_size_that_there_is_not(size: Any) -> None:
    assert code_of(decoded, listed(b"\0", size)) == "status.list_malformed"


@pytest.mark.parametrize(
    "lst", [None, 1, "", "!", "AAAA", base64url.encode(zlib.compress(b"ab"))[:-1], b"", b"\0", ["eNo"]]
)
def test_text_that_is_no_list(lst: Any) -> None:
    assert code_of(decoded, listed(b"", lst=lst)) == "status.list_malformed"


def test_data_behind_the_list_is_refused() -> None:
    assert code_of(decoded, listed(b"", lst=zlib.compress(b"a") + b"x")) == "status.list_malformed"


def test_gzip_is_not_zlib() -> None:
    import gzip

    assert code_of(decoded, listed(b"", lst=gzip.compress(b"a"))) == "status.list_malformed"


def test_bound_is_absolute_and_exact() -> None:
    claims = listed(bytes(1_000))
    assert len(FORMAT.decode(claims, max_bytes=1_000).bits) == 1_000
    assert code_of(FORMAT.decode, claims, max_bytes=999) == "status.list_too_large"
    long = listed(b"", lst="A" * 40_000)
    assert code_of(FORMAT.decode, long, max_bytes=16_384) == "status.list_too_large"


@pytest.mark.parametrize(
    ("ttl", "microseconds"),
    [
        (None, None),
        (0, 0),
        (1, SECOND),
        (0.5, SECOND // 2),
        (10**300, 315_360_000 * SECOND),
        (10**4_000, 315_360_000 * SECOND),
    ],
)
def test_ttl_is_in_seconds(ttl: Any, microseconds: int | None) -> None:
    assert decoded(listed(b"\0") | {"ttl": ttl}).ttl == microseconds


@pytest.mark.parametrize("ttl", [-1, True, "60", [], float("nan"), float("inf")])
def test_ttl_that_is_no_time(ttl: Any) -> None:
    assert code_of(decoded, listed(b"\0") | {"ttl": ttl}) == "status.list_malformed"


def test_list_is_read_back_with_its_aggregation() -> None:
    status_list = StatusList(
        FORMAT.entry_type, ("status",), b"\1\2", 60 * SECOND, 4, aggregation="https://a.example.org/all"
    )
    assert decoded(dict(FORMAT.encode(status_list))) == status_list


def test_address_of_the_list_at_a_time() -> None:
    assert FORMAT.at_time(URL, 1_686_925_000 * SECOND) == f"{URL}?time=1686925000"
    assert FORMAT.at_time(URL + "?a=b", SECOND) == f"{URL}?a=b&time=1"


def test_look_up_reads_one_byte_however_long_the_list() -> None:
    bits = WatchedBytes(MAX_BYTES)
    status_list = StatusList(FORMAT.entry_type, ("status",), bits, size=8)
    for index in (0, MAX_BYTES // 2, MAX_BYTES - 1):
        bits.read.clear()
        value(status_list, index)
        assert bits.read == [1]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["idx", "uri", "type"]), _JSON), _JSON)
def test_nothing_else_is_raised(members: dict[str, Any], other: Any) -> None:
    for entry in (members, {**members, "uri": URL}):
        try:
            FORMAT.read_entry(entry)
        except Undecided as finding:
            assert finding.code.name == "status.entry_malformed"  # noqa: PT017
    for claims in (
        {"status_list": other, "ttl": 1},
        listed(b"\0", lst=other),
        listed(b"\0") | {"ttl": other},
    ):
        try:
            FORMAT.decode(claims, max_bytes=8)
        except Undecided as finding:
            assert finding.code.name in ("status.list_malformed", "status.list_too_large")  # noqa: PT017
