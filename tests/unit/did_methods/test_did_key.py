from typing import ClassVar

import base58
import pytest

from did_methods.key import DidKey
from ler_trust.codec.did_url import parse_did_url
from ler_trust.errors import Rejected
from tests.kit.did_method_contract import DidMethodContract

ED25519 = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
P256 = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
P384 = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9"
SECP256K1 = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"


def did_of(prefix: bytes, material: bytes) -> str:
    return "did:key:z" + base58.b58encode(prefix + material).decode()


class TestDidKey(DidMethodContract):
    method = DidKey()
    valid: ClassVar[dict[str, list[bytes]]] = {
        f"did:key:{value}": [] for value in (ED25519, P256, P384, SECP256K1, f"1:{ED25519}")
    }
    malformed: ClassVar[list[str]] = [
        "did:key:" + ED25519[1:],
        "did:key:f" + ED25519[1:],
        f"did:key:2:{ED25519}",
        f"did:key:01:{ED25519}",
        f"did:key:1:1:{ED25519}",
        f"did:key:{ED25519}0",
        f"did:key:{ED25519}%41",
        "did:key:z",
        "did:key:z" + "1" * 500,
        "did:key:z" + "2" * 5000,
        did_of(b"\xed\x01", bytes(31)),
        did_of(b"\xed\x01", bytes(33)),
        did_of(b"\xed\x01", bytes([1]) + bytes(31)),  # the neutral element, of order one
        did_of(b"\x80\x24", b"\x02" + b"\xff" * 32),
        did_of(b"\x80\x24", b"\x04" + bytes(64)),
        did_of(b"\xe7\x01", b"\x05" + bytes(32)),
        did_of(b"\x81\x24", b"\x02" + bytes(31)),
        did_of(b"\x80\x26", bytes(range(32))),  # a secret Ed25519 key
        did_of(b"\xff\x7f", bytes(32)),  # no such codec
        did_of(b"", b""),
    ]
    unsupported: ClassVar[dict[str, str]] = {
        did_of(b"\xec\x01", bytes(range(32))): "X25519",
        did_of(b"\xeb\x01", bytes(96)): "BLS12-381 G2",
        did_of(b"\x85\x24", bytes(270)): "RSA",
        did_of(b"\x82\x24", bytes(67)): "P-521",
        did_of(b"\x91\x24", bytes(500)): "ML-DSA-65",
    }


def test_document_has_one_multikey_named_by_its_value() -> None:
    document = DidKey().interpret(parse_did_url(f"did:key:{P256}"), ())
    method = f"did:key:{P256}#{P256}"
    assert document["verificationMethod"] == [
        {"id": method, "type": "Multikey", "controller": f"did:key:{P256}", "publicKeyMultibase": P256}
    ]
    for relationship in ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation"):
        assert document[relationship] == [method]
    assert "keyAgreement" not in document


def test_version_stays_in_the_did_and_out_of_the_fragment() -> None:
    document = DidKey().interpret(parse_did_url(f"did:key:1:{ED25519}"), ())
    assert document["id"] == f"did:key:1:{ED25519}"
    assert document["assertionMethod"] == [f"did:key:1:{ED25519}#{ED25519}"]


def test_wrong_length_is_named() -> None:
    with pytest.raises(Rejected, match="bytes"):
        DidKey().interpret(parse_did_url(did_of(b"\xed\x01", bytes(31))), ())
