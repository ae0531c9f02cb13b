"""Public key material, checked once, where it enters: afterwards a ``PublicKey`` can be relied on.

Each constructor raises ``ValueError`` for material that no honest signer has: points off the curve, Ed25519
points of small order, RSA keys that are too small or have an exponent that signs for anybody.
"""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256K1,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from nacl.bindings import crypto_core_ed25519_add
from nacl.exceptions import CryptoError, UnavailableError

from ler_trust.model.did import KeyKind, PublicKey

RSA_MIN_BITS: Final = 2048  # RFC 7518 §3.3
RSA_MAX_BITS: Final = 8192  # verifying takes time with the square of the size
RSA_MAX_EXPONENT_BITS: Final = 32  # real ones have 17

ED25519_BYTES: Final = 32
COORDINATE_BYTES: Final = {KeyKind.P256: 32, KeyKind.P384: 48, KeyKind.SECP256K1: 32}
_CURVES: Final[dict[KeyKind, EllipticCurve]] = {
    KeyKind.P256: SECP256R1(),
    KeyKind.P384: SECP384R1(),
    KeyKind.SECP256K1: SECP256K1(),
}

# Edwards 25519 (RFC 8032 §5.1): the field's prime, and y of the eight points whose order divides 8. A
# signature by such a key holds for many messages, so it binds nobody to anything.
_P: Final = 2**255 - 19
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


class KeyLengthError(ValueError):
    """Key material does not have the length that its kind must have."""


def ed25519(raw: bytes, algorithm: str | None = None) -> PublicKey:
    """Return an Ed25519 key from its 32 bytes (RFC 8032 §5.1.5), a canonical point of large order."""
    _require_length(raw, ED25519_BYTES)
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P:
        raise ValueError("the Ed25519 key is not in canonical form")
    if y in SMALL_ORDER_Y:
        raise ValueError("the Ed25519 key is a point of small order")
    if not _is_on_edwards_curve(raw):
        raise ValueError("the Ed25519 key is not a point of the curve")
    return PublicKey(KeyKind.ED25519, raw, algorithm)


def _is_on_edwards_curve(raw: bytes) -> bool:
    try:
        crypto_core_ed25519_add(raw, raw)  # takes nothing but points of the curve
    except UnavailableError:
        raise
    except CryptoError:
        return False
    return True


def ec(kind: KeyKind, point: bytes, algorithm: str | None = None) -> PublicKey:
    """Return a key on P-256, P-384 or secp256k1 from a SEC1 point, compressed or not; kept compressed."""
    size = COORDINATE_BYTES[kind]
    if point[:1] in (b"\x02", b"\x03"):
        _require_length(point, 1 + size)
    elif point[:1] == b"\x04":
        _require_length(point, 1 + 2 * size)
    else:
        raise ValueError("not an elliptic curve point")
    try:
        key = EllipticCurvePublicKey.from_encoded_point(_CURVES[kind], point)
    except ValueError as error:
        raise ValueError(f"not a point of {kind}") from error
    return PublicKey(kind, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint), algorithm)


def rsa(n: int, e: int, algorithm: str | None = None) -> PublicKey:
    """Return an RSA key of 2,048 to 8,192 bits with an odd exponent from 3 to 2³² − 1."""
    if not RSA_MIN_BITS <= n.bit_length() <= RSA_MAX_BITS:
        raise ValueError(f"the RSA key does not have {RSA_MIN_BITS} to {RSA_MAX_BITS} bits")
    if n % 2 == 0:
        raise ValueError("the RSA modulus is even")
    if e < 3 or e % 2 == 0 or e.bit_length() > RSA_MAX_EXPONENT_BITS:
        raise ValueError("the RSA exponent is not an odd number from 3 to 2^32 - 1")
    key = RSAPublicNumbers(e, n).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(KeyKind.RSA, der, algorithm)


def rsa_der(der: bytes, algorithm: str | None = None) -> PublicKey:
    """Return an RSA key from its DER SubjectPublicKeyInfo (RFC 5280 §4.1)."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("not a public key in DER") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    numbers = key.public_numbers()
    return rsa(numbers.n, numbers.e, algorithm)


def ec_public_key(key: PublicKey) -> EllipticCurvePublicKey:
    """Return a checked P-256, P-384 or secp256k1 key as the cryptography library holds it."""
    return EllipticCurvePublicKey.from_encoded_point(_CURVES[key.kind], key.material)


def rsa_public_key(key: PublicKey) -> RSAPublicKey:
    """Return a checked RSA key as the cryptography library holds it."""
    loaded = load_der_public_key(key.material)
    if not isinstance(loaded, RSAPublicKey):
        raise TypeError("the key's material is not RSA")
    return loaded


def _require_length(material: bytes, size: int) -> None:
    if len(material) != size:
        raise KeyLengthError(f"the key has {len(material)} bytes, not {size}")
