"""Signatures over bytes: one closed table of algorithms, each for one kind of key.

What is accepted, exactly (every engine keeps to it):

- **Ed25519** (RFC 8032 §5.1.7, with the checks recommended by *Taming the Many EdDSAs*): 64 bytes ``R‖S``;
  ``S`` below the group order; ``R`` the canonical encoding of a point that is not of small order; the key
  canonical and not of small order; and ``R`` equal, byte for byte, to the encoding of ``[S]B − [k]A``
  (the equation without the cofactor).
- **ECDSA** (FIPS 186-5 §6.4): ``r‖s`` of exactly twice the field's size (IEEE P1363, never DER), both from 1
  to the order less one. ``s`` and its negative both hold, as the standard has it: a signature
  is not an identifier.
- **RSA** (RFC 8017): PKCS #1 v1.5, or PSS with MGF1 and a salt of 32 bytes, both with SHA-256; the
  signature exactly as long as the modulus.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ler_trust.codec import keys
from ler_trust.model.did import KeyKind, PublicKey

LENGTHS: Final[Mapping[KeyKind, int]] = {KeyKind.ED25519: 64, KeyKind.P256: 64, KeyKind.P384: 96}  # bytes
_KEYS_KEPT: Final = 1_024  # parsed keys; a batch has some dozens of issuers


class Algorithm(StrEnum):
    """The algorithms this service checks, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1)."""

    EDDSA = "EdDSA"
    ES256 = "ES256"
    ES384 = "ES384"
    RS256 = "RS256"
    PS256 = "PS256"


KIND_OF: Final[Mapping[Algorithm, KeyKind]] = {
    Algorithm.EDDSA: KeyKind.ED25519,
    Algorithm.ES256: KeyKind.P256,
    Algorithm.ES384: KeyKind.P384,
    Algorithm.RS256: KeyKind.RSA,
    Algorithm.PS256: KeyKind.RSA,
}
SPELLINGS: Final[Mapping[str, Algorithm]] = {
    **{str(algorithm): algorithm for algorithm in Algorithm},
    "Ed25519": Algorithm.EDDSA,  # RFC 9864 §2.2
}


def fits(key: PublicKey, algorithm: Algorithm) -> bool:
    """Return whether ``key`` is of the algorithm's kind and does not itself ask for another algorithm."""
    if key.kind is not KIND_OF[algorithm]:
        return False
    return key.algorithm is None or SPELLINGS.get(key.algorithm) is algorithm


def verify(key: PublicKey, algorithm: Algorithm, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` over ``data`` holds under ``key``; a key that does not fit never does."""
    return fits(key, algorithm) and _VERIFIERS[algorithm](key, data, signature)


def _ed25519(key: PublicKey, data: bytes, signature: bytes) -> bool:
    if len(signature) != LENGTHS[key.kind] or _has_small_order(signature[:32]):
        return False
    try:
        crypto_sign_open(signature + data, key.material)
    except BadSignatureError:
        return False
    return True


def _has_small_order(point: bytes) -> bool:
    return int.from_bytes(point, "little") & (2**255 - 1) in keys.SMALL_ORDER_Y


def _ecdsa(key: PublicKey, data: bytes, signature: bytes, digest: HashAlgorithm) -> bool:
    if len(signature) != LENGTHS[key.kind]:
        return False
    size = len(signature) // 2
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    try:
        _ec_key(key).verify(encode_dss_signature(r, s), data, ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def _rsa(key: PublicKey, data: bytes, signature: bytes, padding: AsymmetricPadding) -> bool:
    try:
        _rsa_key(key).verify(signature, data, padding, SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(_KEYS_KEPT)
def _ec_key(key: PublicKey) -> EllipticCurvePublicKey:
    return keys.ec_public_key(key)


@lru_cache(_KEYS_KEPT)
def _rsa_key(key: PublicKey) -> RSAPublicKey:
    return keys.rsa_public_key(key)


_VERIFIERS: Final[Mapping[Algorithm, Callable[[PublicKey, bytes, bytes], bool]]] = {
    Algorithm.EDDSA: _ed25519,
    Algorithm.ES256: lambda key, data, signature: _ecdsa(key, data, signature, SHA256()),
    Algorithm.ES384: lambda key, data, signature: _ecdsa(key, data, signature, SHA384()),
    Algorithm.RS256: lambda key, data, signature: _rsa(key, data, signature, PKCS1v15()),
    Algorithm.PS256: lambda key, data, signature: _rsa(key, data, signature, PSS(MGF1(SHA256()), 32)),
}
