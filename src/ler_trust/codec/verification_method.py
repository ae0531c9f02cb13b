"""Verification methods (CID 1.0 §2.2): a JSON object, read into one checked key."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ler_trust.codec import jwk, keys, multikey
from ler_trust.codec.multibase import base58btc
from ler_trust.errors import Rejected
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.instant import Instant, parse_date_time_stamp

_ANY: Final = frozenset(KeyKind)
_ED25519: Final = frozenset({KeyKind.ED25519})

# Each type of method: where its key may stand, and which kinds of key it may hold.
_TYPES: Final[Mapping[str, tuple[tuple[str, ...], frozenset[KeyKind]]]] = {
    "Multikey": (("publicKeyMultibase",), _ANY),
    "JsonWebKey": (("publicKeyJwk",), _ANY),
    "JsonWebKey2020": (("publicKeyJwk",), _ANY),
    "Ed25519VerificationKey2020": (("publicKeyMultibase",), _ED25519),
    "Ed25519VerificationKey2018": (("publicKeyBase58",), _ED25519),
    "EcdsaSecp256r1VerificationKey2019": (("publicKeyMultibase", "publicKeyJwk"), frozenset({KeyKind.P256})),
    "EcdsaSecp256k1VerificationKey2019": (
        ("publicKeyMultibase", "publicKeyJwk"),
        frozenset({KeyKind.SECP256K1}),
    ),
}


def read_method(method: Mapping[str, Any], subject: str) -> VerificationMethod:
    """Return the method held in ``method``, part of the document of ``subject``.

    Raises ``Rejected('proof.key_invalid')`` for a method under another controller, of an unsupported
    type, with more or fewer than one key, with a private key, or with a key that is not sound.
    """
    controller = _url(method, "controller", subject)
    if controller != subject:
        raise Rejected("proof.key_invalid", "the key's controller is not the subject of the document")
    return VerificationMethod(
        id=_url(method, "id", subject),
        controller=controller,
        key=_key(method),
        expires=_instant(method, "expires"),
        revoked=_instant(method, "revoked"),
    )


def absolute(identifier: str, subject: str) -> str:
    """Return ``identifier``, read relative to the document of ``subject`` when it is only a fragment."""
    return subject + identifier if identifier.startswith("#") else identifier


def _url(method: Mapping[str, Any], name: str, subject: str) -> str:
    value = method.get(name)
    if not isinstance(value, str):
        raise Rejected("proof.key_invalid", f"the verification method has no {name}")
    return absolute(value, subject)


def _key(method: Mapping[str, Any]) -> PublicKey:
    kind = method.get("type")
    allowed = _TYPES.get(kind) if isinstance(kind, str) else None
    if allowed is None:
        raise Rejected("proof.key_invalid", "the verification method's type is not supported")
    places, kinds = allowed
    given = [name for name in method if name.startswith(("publicKey", "privateKey", "secretKey"))]
    if len(given) != 1 or given[0] not in places:
        raise Rejected("proof.key_invalid", f"a {kind} must have one key, as {' or '.join(places)}")
    key = _material(given[0], method[given[0]])
    if key.kind not in kinds:
        raise Rejected("proof.key_invalid", f"a {kind} cannot hold a {key.kind} key")
    return key


def _material(name: str, value: object) -> PublicKey:
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise Rejected("proof.key_invalid", f"{name}: {error}") from None


def _multibase(value: object) -> PublicKey:
    return multikey.decode_multikey(_text(value))


def _base58(value: object) -> PublicKey:
    return keys.ed25519(base58btc(_text(value)))


def _jwk(value: object) -> PublicKey:
    if not isinstance(value, Mapping):
        raise ValueError("not an object")
    return jwk.public_key(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


_READERS: Final[Mapping[str, Callable[[object], PublicKey]]] = {
    "publicKeyMultibase": _multibase,
    "publicKeyBase58": _base58,
    "publicKeyJwk": _jwk,
}


def _instant(method: Mapping[str, Any], name: str) -> Instant | None:
    value = method.get(name)
    if value is None and name not in method:
        return None
    try:
        return parse_date_time_stamp(_text(value))[0]
    except ValueError as error:
        raise Rejected("proof.key_invalid", f"{name}: {error}") from None
