"""Bitstring Status List beyond what every format must keep: sizes, messages, ttl, the multibase prefix."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.errors import Undecided
from ler_trust.model.status import StatusEffect, StatusList, StatusReference
from status_lists.bitstring import BitstringStatusList
from tests.kit.status_format_contract import ENTRIES, MAX_BYTES, URL, StatusFormatContract, code_of

FORMAT = BitstringStatusList()
TYPE = FORMAT.entry_type
MESSAGES = [
    {"status": "0x0", "message": "pending"},
    {"status": "0x1", "message": "accepted"},
    {"status": "0x2", "message": "rejected"},
    {"status": "0x3", "message": "withdrawn"},
]


class TestBitstringStatusList(StatusFormatContract):
    status_format = FORMAT
    prefix = "u"


def entry(**members: Any) -> dict[str, Any]:
    return {**FORMAT.entry(StatusReference(TYPE, URL, 7, "message")), **members}


def value_at(bits: bytes, index: int, size: int) -> int:
    reference = StatusReference(TYPE, URL, index, "message", size)
    return FORMAT.look_up(StatusList(TYPE, ("message",), bits), reference, min_entries=1).value


@given(st.integers(1, 32), st.data())
def test_entries_of_several_bits_are_read_left_to_right(size: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 2**size - 1), min_size=1, max_size=40))
    text = "".join(f"{value:0{size}b}" for value in values)
    padded = text + "0" * (-len(text) % 8)
    bits = int(padded, 2).to_bytes(len(padded) // 8, "big")
    assert [value_at(bits, index, size) for index in range(len(values))] == values


def test_entry_that_ends_past_the_list_is_outside() -> None:
    bits = bytes(3)  # three entries of seven bits, and three bits over
    assert value_at(bits, 2, 7) == 0
    assert code_of(value_at, bits, 3, 7) == "status.index_out_of_range"


def test_two_bits_an_entry_need_twice_the_list() -> None:
    status_list = StatusList(TYPE, ("message",), bytes(ENTRIES // 8))
    reference = StatusReference(TYPE, URL, 0, "message", 2)
    assert code_of(FORMAT.look_up, status_list, reference, min_entries=ENTRIES) == "status.list_too_short"
    enough = StatusList(TYPE, ("message",), bytes(ENTRIES // 4))
    assert FORMAT.look_up(enough, reference, min_entries=ENTRIES).value == 0


@pytest.mark.parametrize("size", [0, -1, 33, 2**40, 1.0, "1", True, None, [1]])
def test_size_out_of_bounds_is_malformed(size: Any) -> None:
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry(statusSize=size))
    assert (caught.value.code.name, caught.value.pointer) == ("status.entry_malformed", "/statusSize")


def test_messages_go_with_their_values() -> None:
    reference = FORMAT.read_entry(entry(statusSize=2, statusMessage=MESSAGES))
    assert reference.messages == {0: "pending", 1: "accepted", 2: "rejected", 3: "withdrawn"}
    bits = bytes([0, 0b0000_0010]) + bytes(8)
    status = FORMAT.look_up(StatusList(TYPE, ("message",), bits), reference, min_entries=1)
    assert (status.value, status.message, status.effect) == (2, "rejected", StatusEffect.INFORMS)


def test_entry_with_size_and_messages_is_read_back() -> None:
    reference = FORMAT.read_entry(entry(statusSize=2, statusMessage=MESSAGES))
    assert FORMAT.read_entry(FORMAT.entry(reference)) == reference


def test_messages_are_optional() -> None:
    assert FORMAT.read_entry(entry(statusSize=4)).messages == {}


@pytest.mark.parametrize(
    "messages",
    [
        MESSAGES[:2],  # as many as bits, not as many as values
        MESSAGES * 2,
        [*MESSAGES[:3], MESSAGES[0]],
        [*MESSAGES[:3], {"status": "0x4", "message": "unknown"}],
        [*MESSAGES[:3], {"status": "3", "message": "no prefix"}],
        [*MESSAGES[:3], {"status": 3, "message": "a number"}],
        [*MESSAGES[:3], {"status": "0x3"}],
        [*MESSAGES[:3], "0x3"],
        {},
        None,
        "0x0",
    ],
)
def test_messages_that_do_not_name_each_value_once_are_malformed(messages: Any) -> None:
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry(statusSize=2, statusMessage=messages))
    assert (caught.value.code.name, caught.value.pointer) == ("status.entry_malformed", "/statusMessage")


@pytest.mark.parametrize("purpose", ["refresh", "message", "something-new"])
def test_any_purpose_is_read(purpose: str) -> None:
    assert FORMAT.read_entry(entry(statusPurpose=purpose)).purpose == purpose


def test_ttl_is_in_milliseconds() -> None:
    status_list = StatusList(TYPE, ("revocation",), bytes(4), ttl=300_000_000)
    subject = FORMAT.encode(status_list)
    assert subject["ttl"] == 300_000
    credential = {"type": "BitstringStatusListCredential", "credentialSubject": subject}
    assert FORMAT.decode(credential, max_bytes=4) == status_list


@pytest.mark.parametrize("ttl", [-1, 1.5, "300000", True, None])
def test_ttl_that_is_no_whole_number_is_malformed(ttl: Any) -> None:
    subject = {**FORMAT.encode(StatusList(TYPE, ("revocation",), bytes(4))), "ttl": ttl}
    credential = {"type": "BitstringStatusListCredential", "credentialSubject": subject}
    assert code_of(FORMAT.decode, credential, max_bytes=4) == "status.list_malformed"


@pytest.mark.parametrize(
    "change", [lambda text: text[1:], lambda text: "z" + text[1:], lambda text: text + "="]
)
def test_list_without_its_multibase_prefix_is_malformed(change: Any) -> None:
    subject = dict(FORMAT.encode(StatusList(TYPE, ("revocation",), bytes(100))))
    subject["encodedList"] = change(subject["encodedList"])
    credential = {"type": "BitstringStatusListCredential", "credentialSubject": subject}
    assert code_of(FORMAT.decode, credential, max_bytes=MAX_BYTES) == "status.list_malformed"


def test_list_is_written_with_terms_the_context_has() -> None:
    """The VCDM 2.0 context defines three terms on the list; any other would be lost to the signature."""
    subject = FORMAT.encode(StatusList(TYPE, ("revocation", "suspension"), bytes(4), ttl=1_000))
    assert subject.keys() == {"type", "statusPurpose", "encodedList", "ttl"}
