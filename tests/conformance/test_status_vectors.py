"""Encoded lists as published by the specifications and by another implementation, decoded."""

from pathlib import Path

import orjson
import pytest

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.status import StatusReference
from status_lists.bitstring import BitstringStatusList
from status_lists.status_list_2021 import StatusList2021
from tests.kit.vectors import VECTORS, needs_vectors

BITSTRING, STATUS_2021 = BitstringStatusList(), StatusList2021()
SOURCES: tuple[tuple[str, StatusFormat], ...] = (
    ("w3c+vc-bitstring-status-list", BITSTRING),
    ("digitalbazaar+vc-bitstring-status-list", BITSTRING),
    ("w3c+vc-status-list-2021", STATUS_2021),
)

pytestmark = needs_vectors


def files(source: str) -> list[Path]:
    return sorted((VECTORS / source / "encodedLists").glob("*.txt"))


# In its repository this string goes on in a second line, which the vector's extraction left behind.
CUT_OFF, REST = "tests_mock-sl-credentials.js-0.txt", "UMAAA"


def decoded(status_format: StatusFormat, text: str, *set_entries: int) -> None:
    """Check that ``text`` decodes to a list in which exactly ``set_entries`` are set."""
    subject = {
        "type": status_format.list_credential_type.removesuffix("Credential"),
        "statusPurpose": "revocation",
        "encodedList": text,
    }
    credential = {"type": [status_format.list_credential_type], "credentialSubject": subject}
    found = status_format.decode(credential, max_bytes=DEFAULT_LIMITS.list_bytes)
    assert int.from_bytes(found.bits, "big").bit_count() == len(set_entries)
    for index in set_entries:
        reference = StatusReference(status_format.entry_type, "https://a.example", index, "revocation")
        assert status_format.look_up(found, reference, min_entries=1).value == 1


def test_published_lists_decode() -> None:
    expected = {
        "w3c+vc-bitstring-status-list/index.html-0.txt": (),
        "w3c+vc-status-list-2021/index.html-0.txt": (),
        "digitalbazaar+vc-bitstring-status-list/tests_10-BitstringStatusList.spec.js-0.txt": (),
        "digitalbazaar+vc-bitstring-status-list/tests_10-BitstringStatusList.spec.js-1.txt": (50_000,),
        "digitalbazaar+vc-bitstring-status-list/tests_20-main.spec.js-0.txt": (),
    }
    seen = []
    for source, status_format in SOURCES:
        for file in files(source):
            if file.name != CUT_OFF:
                seen.append(f"{source}/{file.name}")
                decoded(status_format, file.read_text().strip(), *expected[seen[-1]])
    assert sorted(seen) == sorted(expected)


def test_list_cut_off_is_refused_and_decodes_when_whole() -> None:
    [file] = [file for file in files("digitalbazaar+vc-bitstring-status-list") if file.name == CUT_OFF]
    text = file.read_text().strip()
    with pytest.raises(Undecided) as caught:
        decoded(BITSTRING, text)
    assert caught.value.code.name == "status.list_malformed"
    # Made for entry 50,000 before the order of bits in a byte was settled; read as specified it is the one at
    # the other end of that byte.
    decoded(BITSTRING, text + REST, 50_007)


def test_lists_in_use() -> None:
    folder = VECTORS / "digitalcredentials+vc-test-fixtures/statusLists/didkey-ed25519Signature2020"
    lists = {file.name: orjson.loads(file.read_bytes()) for file in folder.iterdir()}
    found = BITSTRING.decode(lists["e5WK8CbZ1GjycuPombrj"], max_bytes=DEFAULT_LIMITS.list_bytes)

    def value(index: int) -> int:
        reference = StatusReference(BITSTRING.entry_type, "https://a.example", index, "revocation")
        return BITSTRING.look_up(found, reference, min_entries=100_000).value

    assert [value(index) for index in (6, 7, 8)] == [1, 0, 1]  # what the credentials' file names say
    for name in ("tampered", "missingBitStringType"):
        with pytest.raises(Undecided) as caught:
            BITSTRING.decode(lists[name], max_bytes=DEFAULT_LIMITS.list_bytes)
        assert caught.value.code.name == "status.list_malformed"
