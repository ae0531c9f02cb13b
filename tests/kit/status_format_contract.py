"""What every status format must keep, as tests: a class to inherit, with the format as an attribute."""

import gzip
import json
import time
import tracemalloc
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.limits import MIB
from ler_trust.model.status import StatusEffect, StatusList, StatusReference

URL: Final = "https://college.example.org/status/1"
ENTRIES: Final = 131_072
MAX_BYTES: Final = 16 * MIB

_INHERITED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def bits_with(*indexes: int, entries: int = ENTRIES) -> bytes:
    """Return a list of single bits in which exactly ``indexes`` are set."""
    bits = ["0"] * entries
    for index in indexes:
        bits[index] = "1"
    return int("".join(bits), 2).to_bytes(entries // 8, "big")


def gzip_bomb(gibibytes: int = 1) -> bytes:
    """Return GZIP data that expands to so many gibibytes of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + block * 1024 * gibibytes + packer.flush()


def code_of(failing: Any, *arguments: Any, **options: Any) -> str:
    """Return the code of the ``Undecided`` that a call raises; any other end fails the test."""
    with pytest.raises(Undecided) as caught:
        failing(*arguments, **options)
    return caught.value.code.name


class WatchedBytes(bytes):
    """Bytes that note how many of them each access reads, and do not let themselves be gone through."""

    def __init__(self, *_: object) -> None:
        self.read: list[int] = []

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        self.read.append(len(found) if isinstance(found, bytes) else 1)
        return found

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("the whole list is read")


class StatusFormatContract:
    """Promises of ``contracts.StatusFormat`` whose lists are credentials.

    ``prefix`` is what the format writes before base64url; the members are those of an entry; ``purposes`` are
    those an entry may have, where it names one.
    """

    status_format: ClassVar[StatusFormat]
    prefix: ClassVar[str]
    index_member: ClassVar[str] = "statusListIndex"
    list_member: ClassVar[str] = "statusListCredential"
    purposes: ClassVar[tuple[str, ...]] = ("revocation", "suspension")

    def list_of(self, bits: bytes, *purposes: str) -> StatusList:
        return StatusList(self.status_format.entry_type, purposes or ("revocation",), bits)

    def reference(self, index: int, purpose: str = "revocation") -> StatusReference:
        return StatusReference(self.status_format.entry_type, URL, index, purpose)

    def credential(self, bits: bytes = bytes(ENTRIES // 8), **subject: Any) -> dict[str, Any]:
        """Return a list credential; ``subject`` replaces members of what ``encode`` gives."""
        return {
            "type": ["VerifiableCredential", self.status_format.list_credential_type],
            "credentialSubject": {**self.status_format.encode(self.list_of(bits)), **subject},
        }

    def encoded(self, compressed: bytes) -> dict[str, Any]:
        """Return a list credential that holds ``compressed`` as it is."""
        text = urlsafe_b64encode(compressed).rstrip(b"=").decode()
        return self.credential(encodedList=self.prefix + text)

    def decode_code(self, credential: dict[str, Any]) -> str:
        return code_of(self.status_format.decode, credential, max_bytes=MAX_BYTES)

    def entry(self, **members: Any) -> dict[str, Any]:
        return {**self.status_format.entry(self.reference(7)), **members}

    # ── Entries ────────────────────────────────────────────────────────────────────────────────────

    @_INHERITED
    @given(st.integers(0, 2**64), st.data())
    def test_entry_is_read_back(self, index: int, data: st.DataObject) -> None:
        reference = self.reference(index, data.draw(st.sampled_from(self.purposes)))
        assert self.status_format.read_entry(self.status_format.entry(reference)) == reference

    def test_entry_is_json_with_the_index_as_a_string(self) -> None:
        entry = json.loads(json.dumps(self.status_format.entry(self.reference(7))))
        assert entry[self.index_member] == "7"
        assert entry["type"] == self.status_format.entry_type

    @pytest.mark.parametrize(
        "index",
        [
            *("007", "+7", "-1", "-0", "1e9", "1.0", "0x7", " 7", "7 ", "7\n", "", "1_000", "9" * 5_000),
            *("٧", "７"),
            *(7, -1, 7.0, True, None, [], ["7"], {}),
        ],
    )
    def test_index_in_any_but_its_one_form_is_malformed(self, index: Any) -> None:
        with pytest.raises(Undecided) as caught:
            self.status_format.read_entry(self.entry(**{self.index_member: index}))
        assert caught.value.code.name == "status.entry_malformed"
        assert caught.value.pointer == f"/{self.index_member}"

    def test_missing_member_is_malformed(self) -> None:
        assert {"type", self.index_member, self.list_member} <= self.entry().keys()
        for member in self.entry().keys() - {"id"}:
            entry = self.entry()
            del entry[member]
            assert code_of(self.status_format.read_entry, entry) == "status.entry_malformed"

    @pytest.mark.parametrize("url", ["", "/status/1", "no url", "https://a b", "https:", None, 1, ["x:y"]])
    def test_list_that_is_not_a_url_is_malformed(self, url: Any) -> None:
        assert (
            code_of(self.status_format.read_entry, self.entry(**{self.list_member: url}))
            == "status.entry_malformed"
        )

    def test_list_url_loses_its_fragment(self) -> None:
        entry = self.entry(**{self.list_member: f"{URL}#list", "id": "urn:x:1"})
        assert self.status_format.read_entry(entry).list_url == URL

    def test_entry_with_the_lists_own_id_is_malformed(self) -> None:
        assert code_of(self.status_format.read_entry, self.entry(id=URL)) == "status.entry_malformed"

    @_INHERITED
    @given(st.dictionaries(st.sampled_from(["id", "type", "statusPurpose", "statusListIndex"]), _JSON))
    def test_no_entry_raises_anything_else(self, members: dict[str, Any]) -> None:
        for entry in ({**self.entry(), **members}, members):
            try:
                self.status_format.read_entry(entry)
            except Undecided as finding:
                assert finding.code.name == "status.entry_malformed"  # noqa: PT017

    # ── Lists ──────────────────────────────────────────────────────────────────────────────────────

    @_INHERITED
    @given(st.sets(st.integers(0, ENTRIES - 1), max_size=40), st.integers(0, ENTRIES - 1))
    def test_what_is_set_is_found_set_and_nothing_else(self, indexes: set[int], other: int) -> None:
        decoded = self.status_format.decode(self.credential(bits_with(*indexes)), max_bytes=MAX_BYTES)
        for index in indexes | {other}:
            found = self.status_format.look_up(decoded, self.reference(index), min_entries=ENTRIES)
            assert found.value == int(index in indexes)

    @_INHERITED
    @given(st.binary(max_size=600))
    def test_list_is_read_back(self, bits: bytes) -> None:
        assert self.status_format.decode(self.credential(bits), max_bytes=600) == self.list_of(bits)

    def test_encoding_is_the_same_every_time(self) -> None:
        status_list = self.list_of(bits_with(1, 77, 131_071))
        first = self.status_format.encode(status_list)
        time.sleep(1.1)  # GZIP has a time stamp in whole seconds
        assert self.status_format.encode(status_list) == first

    def test_several_purposes(self) -> None:
        if len(self.purposes) == 1:
            return
        status_list = self.list_of(bits_with(3), "revocation", "suspension")
        credential = self.credential() | {"credentialSubject": self.status_format.encode(status_list)}
        decoded = self.status_format.decode(credential, max_bytes=MAX_BYTES)
        assert decoded == status_list
        found = self.status_format.look_up(decoded, self.reference(3, "suspension"), min_entries=ENTRIES)
        assert found.effect is StatusEffect.SUSPENDED

    @pytest.mark.parametrize(
        "members",
        [
            {"type": ["VerifiableCredential"]},
            {"type": "VerifiableCredential"},
            {"type": None},
            {"credentialSubject": None},
            {"credentialSubject": []},
            {"credentialSubject": "list"},
        ],
    )
    def test_credential_of_another_shape_is_malformed(self, members: dict[str, Any]) -> None:
        assert self.decode_code(self.credential() | members) == "status.list_malformed"

    def test_two_subjects_are_malformed(self) -> None:
        credential = self.credential()
        credential["credentialSubject"] = [credential["credentialSubject"]] * 2
        assert self.decode_code(credential) == "status.list_malformed"

    def test_one_subject_in_an_array(self) -> None:
        credential = self.credential(bits_with(1))
        credential["credentialSubject"] = [credential["credentialSubject"]]
        assert self.status_format.decode(credential, max_bytes=MAX_BYTES).bits == bits_with(1)

    @pytest.mark.parametrize("purpose", [None, "", [], [None], ["revocation", 1], 1, {}, "p" * 100])
    def test_list_without_readable_purposes_is_malformed(self, purpose: Any) -> None:
        if len(self.purposes) == 1:
            return
        assert self.decode_code(self.credential(statusPurpose=purpose)) == "status.list_malformed"

    @pytest.mark.parametrize("text", [None, 1, "", "u", "uu", "H4sI", "uH4sI", "!", "uAAAA", "é", "u\ud800"])
    def test_text_that_is_no_list_is_malformed(self, text: Any) -> None:
        assert self.decode_code(self.credential(encodedList=text)) == "status.list_malformed"

    @_INHERITED
    @given(st.dictionaries(st.sampled_from(["type", "statusPurpose", "encodedList", "ttl"]), _JSON), _JSON)
    def test_no_list_raises_anything_else(self, members: dict[str, Any], other: Any) -> None:
        allowed = {"status.list_malformed", "status.list_too_large"}
        for credential in (self.credential(b"\0", **members), {"type": other, "credentialSubject": other}):
            try:
                self.status_format.decode(credential, max_bytes=8)
            except Undecided as finding:
                assert finding.code.name in allowed  # noqa: PT017

    @_INHERITED
    @given(st.data())
    def test_damaged_gzip_never_decodes_to_something_else(self, data: st.DataObject) -> None:
        bits = bits_with(5, 999)
        compressed = bytearray(gzip.compress(bits, mtime=0))
        at = data.draw(st.integers(10, len(compressed) - 1))
        compressed[at] ^= data.draw(st.integers(1, 255))
        try:
            decoded = self.status_format.decode(self.encoded(bytes(compressed)), max_bytes=MAX_BYTES)
        except Undecided as finding:
            assert finding.code.name in ("status.list_malformed", "status.list_too_large")  # noqa: PT017
        else:
            assert decoded.bits == bits  # the bits that fill up DEFLATE's last byte mean nothing

    # ── Attacks ────────────────────────────────────────────────────────────────────────────────────

    def test_gzip_bomb_is_refused_in_bounded_memory_and_time(self) -> None:
        credential = self.encoded(gzip_bomb())
        started = time.perf_counter()
        tracemalloc.start()
        code = self.decode_code(credential)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert code == "status.list_too_large"
        assert peak < 4 * MAX_BYTES
        assert time.perf_counter() - started < 30  # a guard against hanging, not a measure

    def test_text_longer_than_any_list_is_refused_unread(self) -> None:
        credential = self.credential(encodedList=self.prefix + "A" * 40_000)
        assert code_of(self.status_format.decode, credential, max_bytes=16_384) == "status.list_too_large"

    def test_bound_is_exact(self) -> None:
        credential = self.credential(bytes(1_000))
        assert len(self.status_format.decode(credential, max_bytes=1_000).bits) == 1_000
        assert code_of(self.status_format.decode, credential, max_bytes=999) == "status.list_too_large"

    def test_second_gzip_member_is_refused(self) -> None:
        member = gzip.compress(bits_with(1), mtime=0)
        assert self.decode_code(self.encoded(member + member)) == "status.list_malformed"

    def test_data_behind_the_gzip_member_is_refused(self) -> None:
        assert self.decode_code(self.encoded(gzip.compress(bytes(9)) + b"\0")) == "status.list_malformed"

    def test_truncated_gzip_is_refused(self) -> None:
        assert self.decode_code(self.encoded(gzip.compress(bits_with(1))[:-1])) == "status.list_malformed"

    def test_list_of_another_purpose_is_refused(self) -> None:
        status_list = self.list_of(bits_with(7), "suspension")
        assert self._look_up_code(status_list, 7) == "status.list_purpose"

    def test_short_list_is_refused(self) -> None:
        assert self._look_up_code(self.list_of(bytes(ENTRIES // 8 - 1)), 7) == "status.list_too_short"

    @pytest.mark.parametrize("index", [ENTRIES, 10**9, 10**30])
    def test_index_outside_the_list_is_refused(self, index: int) -> None:
        status_list = self.list_of(bytes(ENTRIES // 8))
        assert self._look_up_code(status_list, index) == "status.index_out_of_range"

    def test_list_of_another_format_is_refused(self) -> None:
        status_list = StatusList("SomethingElse", ("revocation",), bytes(ENTRIES // 8))
        assert self._look_up_code(status_list, 7) == "status.list_malformed"

    def _look_up_code(self, status_list: StatusList, index: int) -> str:
        return code_of(self.status_format.look_up, status_list, self.reference(index), min_entries=ENTRIES)

    # ── Meaning ────────────────────────────────────────────────────────────────────────────────────

    def test_only_revocation_and_suspension_decide(self) -> None:
        effect = self.status_format.effect
        assert effect("revocation") is StatusEffect.REVOKED
        assert effect("suspension") is StatusEffect.SUSPENDED
        assert {effect(purpose) for purpose in ("refresh", "message", "Revocation", "", "x")} == {
            StatusEffect.INFORMS
        }

    def test_first_entry_is_the_leftmost_bit(self) -> None:
        status_list = self.list_of(b"\x80" + bytes(ENTRIES // 8 - 1))
        look_up = self.status_format.look_up
        values = [
            look_up(status_list, self.reference(index), min_entries=ENTRIES).value for index in range(8)
        ]
        assert values == [1, 0, 0, 0, 0, 0, 0, 0]

    def test_clear_entry_has_no_effect(self) -> None:
        status_list = self.list_of(bits_with(1))
        clear = self.status_format.look_up(status_list, self.reference(0), min_entries=ENTRIES)
        revoked = self.status_format.look_up(status_list, self.reference(1), min_entries=ENTRIES)
        assert (clear.effect, revoked.effect) == (None, StatusEffect.REVOKED)

    def test_look_up_reads_the_entry_alone_however_long_the_list(self) -> None:
        bits = WatchedBytes(MAX_BYTES)
        last = MAX_BYTES * 8 - 1
        for index in (0, last // 2, last):
            bits.read.clear()
            self.status_format.look_up(self.list_of(bits), self.reference(index), min_entries=ENTRIES)
            assert bits.read == [1]
