"""1EdTech Revocation List: records named one by one, in a document that nothing signs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.status import ListSecuring, StatusEffect, StatusList, StatusReference
from status_lists.onedtech_revocation_list import OneEdTechRevocationList
from tests.kit.status_format_contract import code_of

FORMAT = OneEdTechRevocationList()
URL = "https://badges.example.org/revocations"
RECORD = "https://badges.example.org/assertions/1"

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def decoded(*revoked: Any, **members: Any) -> StatusList:
    return FORMAT.decode({"revokedCredential": list(revoked), **members}, max_bytes=10_000)


def value(found: StatusList, record: str | None = RECORD) -> int:
    reference = StatusReference(FORMAT.entry_type, URL, 0, "revocation", listed_as=record)
    return FORMAT.look_up(found, reference, min_entries=10**9).value


def test_is_a_status_format_secured_by_the_connection_alone() -> None:
    assert isinstance(FORMAT, StatusFormat)
    assert FORMAT.secured_by is ListSecuring.TRANSPORT
    assert FORMAT.accept == "application/json"
    assert FORMAT.at_time(URL, 0) is None


def test_entry_is_read_back() -> None:
    reference = StatusReference(FORMAT.entry_type, URL, 0, "revocation")
    assert FORMAT.read_entry(FORMAT.entry(reference)) == reference
    assert FORMAT.read_entry({"type": FORMAT.entry_type, "id": URL + "#1"}) == reference


@pytest.mark.parametrize("members", [{"id": None}, {"id": "x"}, {"id": 1}, {"type": "other", "id": URL}])
def test_entry_that_cannot_be_read(members: Any) -> None:
    assert code_of(FORMAT.read_entry, {"type": FORMAT.entry_type, **members}) == "status.entry_malformed"


def test_record_is_revoked_when_named_unless_said_otherwise() -> None:
    assert value(decoded({"id": RECORD})) == 1
    assert value(decoded({"id": RECORD, "revoked": True})) == 1
    assert value(decoded({"id": RECORD, "revoked": False})) == 0
    assert value(decoded({"id": RECORD + "2"}, {"id": RECORD.upper()})) == 0


def test_reason_is_told() -> None:
    reference = StatusReference(FORMAT.entry_type, URL, 0, "revocation", listed_as=RECORD)
    found = decoded({"id": RECORD, "revocationReason": "issued in error"})
    status = FORMAT.look_up(found, reference, min_entries=1)
    assert (status.effect, status.message) == (StatusEffect.REVOKED, "issued in error")
    long = decoded({"id": RECORD, "revocationReason": "r" * 9_000})
    assert len(FORMAT.look_up(long, reference, min_entries=1).message or "") == 200


def test_record_without_an_id_cannot_be_looked_up() -> None:
    assert code_of(value, decoded({"id": RECORD}), None) == "status.entry_malformed"


def test_document_that_names_nobody_and_no_array() -> None:
    assert value(FORMAT.decode({"issuer": "https://badges.example.org"}, max_bytes=99)) == 0
    assert code_of(FORMAT.decode, {}, max_bytes=99) == "status.list_malformed"
    assert code_of(FORMAT.decode, {"error": "not found"}, max_bytes=99) == "status.list_malformed"


@pytest.mark.parametrize(
    "item",
    [None, "x", 1, [], {}, {"id": 1}, {"id": RECORD, "revoked": "false"}, {"id": RECORD, "revoked": 0}],
)
def test_member_that_cannot_be_read(item: Any) -> None:
    assert code_of(decoded, item) == "status.list_malformed"


def test_list_is_bounded() -> None:
    many = [{"id": f"urn:x:{number}"} for number in range(100)]
    assert code_of(decoded, *many) == "status.list_too_large"


def test_list_is_read_back() -> None:
    found = decoded({"id": RECORD, "revocationReason": "why"}, {"id": "urn:x:1"})
    assert FORMAT.decode(FORMAT.encode(found), max_bytes=10_000) == found


@settings(max_examples=150, deadline=None)
@given(_JSON, st.dictionaries(st.sampled_from(["id", "revoked", "revocationReason"]), _JSON))
def test_nothing_else_is_raised(other: Any, item: dict[str, Any]) -> None:
    for document in ({"revokedCredential": other}, {"revokedCredential": [item, other]}, {"issuer": other}):
        try:
            FORMAT.decode(document, max_bytes=10_000)
        except Undecided as finding:
            assert finding.code.name == "status.list_malformed"  # noqa: PT017
