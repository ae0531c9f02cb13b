"""Status List 2021 beyond what every format must keep: its ways of writing base64, its two purposes."""

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.status import StatusList, StatusReference
from status_lists.status_list_2021 import StatusList2021
from tests.kit.status_format_contract import MAX_BYTES, URL, StatusFormatContract, bits_with, code_of

FORMAT = StatusList2021()
BITS = bits_with(*range(0, 131_072, 37))


class TestStatusList2021(StatusFormatContract):
    status_format = FORMAT
    prefix = ""


def credential(text: str) -> dict[str, Any]:
    subject = {**FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), b"")), "encodedList": text}
    return {"type": ["VerifiableCredential", "StatusList2021Credential"], "credentialSubject": subject}


def compressed() -> bytes:
    text = FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), BITS))["encodedList"]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("padding", ["=", ""])
@pytest.mark.parametrize("prefix", ["", "u"])
def test_every_way_of_writing_base64(encode: Any, padding: str, prefix: str) -> None:
    text = encode(compressed()).decode()
    assert set("+/-_") & set(text)  # else the alphabets would not differ
    found = FORMAT.decode(credential(prefix + (text if padding else text.rstrip("="))), max_bytes=MAX_BYTES)
    assert found.bits == BITS


@pytest.mark.parametrize("change", [lambda t: "z" + t, lambda t: t[:9] + "\n" + t[9:], lambda t: t + "===="])
def test_anything_else_is_malformed(change: Any) -> None:
    text = change(b64encode(compressed()).decode())
    assert code_of(FORMAT.decode, credential(text), max_bytes=MAX_BYTES) == "status.list_malformed"


@pytest.mark.parametrize(
    ("member", "value"), [("statusPurpose", "refresh"), ("statusPurpose", "message"), ("statusSize", 2)]
)
def test_what_the_format_does_not_have_is_malformed(member: str, value: Any) -> None:
    entry = {**FORMAT.entry(StatusReference(FORMAT.entry_type, URL, 7, "revocation")), member: value}
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry)
    assert (caught.value.code.name, caught.value.pointer) == ("status.entry_malformed", f"/{member}")
