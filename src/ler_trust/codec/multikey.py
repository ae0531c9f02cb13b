"""Multikey (CID 1.0 §2.2.2): a key as ``z``, base-58-btc, and a prefix that names its kind."""

from functools import lru_cache
from typing import Final

from ler_trust.codec import keys
from ler_trust.codec.multibase import decode_base58btc, encode_base58btc
from ler_trust.model.did import KeyKind, PublicKey

# Codes of the multicodec table as unsigned varints of two bytes.
_PREFIXES: Final = {
    KeyKind.ED25519: b"\xed\x01",
    KeyKind.P256: b"\x80\x24",
    KeyKind.P384: b"\x81\x24",
    KeyKind.SECP256K1: b"\xe7\x01",
}
_KINDS: Final = {prefix: kind for kind, prefix in _PREFIXES.items()}
_KEYS_KEPT: Final = 4_096  # the check that a point is on its curve takes a tenth of a millisecond
_SECRET: Final = {
    b"\x80\x26": "Ed25519",
    b"\x81\x26": "secp256k1",
    b"\x86\x26": "P-256",
    b"\x87\x26": "P-384",
    b"\x82\x26": "X25519",
    b"\x80\x30": "BLS12-381 G2",
}


class SecretKeyError(ValueError):
    """A secret key stands where a public key belongs: its owner has given it away."""


class UnknownKeyKindError(ValueError):
    """The prefix names a kind of key that is not supported."""


@lru_cache(_KEYS_KEPT)
def decode_multikey(text: str) -> PublicKey:
    """Return the checked key that ``text`` encodes; the last ones decoded are remembered.

    Raises ``SecretKeyError``, ``UnknownKeyKindError``, ``KeyLengthError`` or another ``ValueError``.
    """
    data = decode_base58btc(text)
    prefix, material = data[:2], data[2:]
    if prefix in _SECRET:
        raise SecretKeyError(f"this is a secret {_SECRET[prefix]} key")
    kind = _KINDS.get(prefix)
    if kind is None:
        raise UnknownKeyKindError(f"the key prefix 0x{prefix.hex()} is not supported")
    if kind is KeyKind.ED25519:
        return keys.ed25519(material)
    if len(material) != 1 + keys.COORDINATE_BYTES[kind]:
        raise keys.KeyLengthError(f"a {kind} multikey must hold a compressed point")
    return keys.ec(kind, material)


def encode_multikey(key: PublicKey) -> str:
    """Return ``key`` as a multikey; an RSA key has no such form and raises ``ValueError``."""
    prefix = _PREFIXES.get(key.kind)
    if prefix is None:
        raise ValueError(f"a {key.kind} key cannot be written as a multikey")
    return encode_base58btc(prefix + key.material)
