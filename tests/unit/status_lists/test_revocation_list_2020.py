"""Revocation List 2020: the contract's promises, and how lists of its implementations are packed."""

import zlib
from base64 import b64encode
from typing import Any

import pytest

from ler_trust.model.status import StatusList, StatusReference
from status_lists.revocation_list_2020 import RevocationList2020
from tests.kit.status_format_contract import ENTRIES, MAX_BYTES, StatusFormatContract, bits_with

FORMAT = RevocationList2020()


class TestRevocationList2020(StatusFormatContract):
    status_format = FORMAT
    prefix = ""
    index_member = "revocationListIndex"
    list_member = "revocationListCredential"
    purposes = ("revocation",)


def listed(encoded: str) -> dict[str, Any]:
    subject = {"type": "RevocationList2020", "encodedList": encoded}
    return {"type": ["VerifiableCredential", "RevocationList2020Credential"], "credentialSubject": subject}


@pytest.mark.parametrize("packed", [zlib.compress(bits_with(0, 10)), zlib.compress(bits_with(0, 10), 1)])
def test_zlib_as_the_specification_has_it(packed: bytes) -> None:
    for text in (b64encode(packed).decode(), b64encode(packed).decode().rstrip("=")):
        found = FORMAT.decode(listed(text), max_bytes=MAX_BYTES)
        assert found == StatusList(FORMAT.entry_type, ("revocation",), bits_with(0, 10))


def test_purpose_is_revocation_without_being_named() -> None:
    entry = {
        "type": "RevocationList2020Status",
        "revocationListIndex": "5",
        "revocationListCredential": "https://college.example.org/1",
    }
    reference = FORMAT.read_entry(entry)
    assert reference == StatusReference(
        "RevocationList2020Status", "https://college.example.org/1", 5, "revocation"
    )
    assert FORMAT.at_time(reference.list_url, 0) is None
    found = FORMAT.look_up(
        FORMAT.decode(
            listed(FORMAT.encode(StatusList("", (), bits_with(5)))["encodedList"]), max_bytes=MAX_BYTES
        ),
        reference,
        min_entries=ENTRIES,
    )
    assert found.value == 1
