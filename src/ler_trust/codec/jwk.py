"""JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2): public keys only."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ler_trust.codec import base64url, keys
from ler_trust.model.did import KeyKind, PublicKey

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES: Final = {"P-256": KeyKind.P256, "P-384": KeyKind.P384, "secp256k1": KeyKind.SECP256K1}
_MAX_MEMBER: Final = 2_048  # characters of one value: an 8,192-bit modulus has 1,366
_THUMBPRINT: Final = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Return the checked key that ``jwk`` holds, with its ``alg`` when it states one.

    Raises ``ValueError`` for a private or symmetric key, a key stated to be for something other than
    signatures (``use``, ``key_ops``), an unsupported kind, or bad material.
    """
    if secrets := sorted(_PRIVATE.intersection(jwk)):
        raise ValueError(f"the JWK holds the private member {secrets[0]}")
    _require_signing_key(jwk)
    kind = jwk.get("kty")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise ValueError("the JWK's key type (kty) is not supported")
    algorithm = jwk.get("alg")
    if algorithm is not None and not isinstance(algorithm, str):
        raise ValueError("the JWK's alg is not text")
    return reader(jwk, algorithm)


def jwk_of(key: PublicKey) -> dict[str, str]:
    """Return ``key`` as a JWK without optional members but the key's own ``alg``."""
    stated = {} if key.algorithm is None else {"alg": key.algorithm}
    if key.kind is KeyKind.ED25519:
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(key.material), **stated}
    if key.kind is KeyKind.RSA:
        modulus = keys.rsa_public_key(key).public_numbers()
        return {"kty": "RSA", "n": _uint(modulus.n), "e": _uint(modulus.e), **stated}
    point = keys.ec_public_key(key).public_numbers()
    size = keys.COORDINATE_BYTES[key.kind]
    x, y = (base64url.encode(value.to_bytes(size, "big")) for value in (point.x, point.y))
    return {"kty": "EC", "crv": str(key.kind), "x": x, "y": y, **stated}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public ``jwk`` as base64url (RFC 7638 §3)."""
    members = _THUMBPRINT.get(_text(jwk, "kty"))
    if members is None:
        raise ValueError("the JWK's key type (kty) is not supported")
    required = {name: _text(jwk, name) for name in members}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())


def _require_signing_key(jwk: Mapping[str, Any]) -> None:
    if jwk.get("use", "sig") != "sig":
        raise ValueError("the JWK is not for signatures (use)")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise ValueError("the JWK is not for verifying (key_ops)")


def _okp(jwk: Mapping[str, Any], algorithm: str | None) -> PublicKey:
    if jwk.get("crv") != "Ed25519":
        raise ValueError("the JWK's curve is not supported")
    return keys.ed25519(_bytes(jwk, "x"), algorithm)


def _ec(jwk: Mapping[str, Any], algorithm: str | None) -> PublicKey:
    kind = _CURVES.get(_text(jwk, "crv"))
    if kind is None:
        raise ValueError("the JWK's curve is not supported")
    x, y = _bytes(jwk, "x"), _bytes(jwk, "y")
    if len(x) != len(y):
        raise keys.KeyLengthError("the JWK's coordinates differ in length")
    return keys.ec(kind, b"\x04" + x + y, algorithm)


def _rsa(jwk: Mapping[str, Any], algorithm: str | None) -> PublicKey:
    n, e = (int.from_bytes(_bytes(jwk, name), "big") for name in ("n", "e"))
    return keys.rsa(n, e, algorithm)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], str | None], PublicKey]]] = {
    "OKP": _okp,
    "EC": _ec,
    "RSA": _rsa,
}


def _text(jwk: Mapping[str, Any], name: str) -> str:
    value = jwk.get(name)
    if not isinstance(value, str) or len(value) > _MAX_MEMBER:
        raise ValueError(f"the JWK's {name} is missing or not valid")
    return value


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    return base64url.decode(_text(jwk, name))


def _uint(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
