"""Checks bare signatures, nothing else: the limit that no verifier of single signatures can pass.

Keys are parsed, and signatures brought into the library's own form, before the clock starts. For Ed25519 the
two libraries at hand, PyNaCl and cryptography, are tried on other signatures and the faster one is taken; for
the others there is cryptography alone.
"""

from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ler_trust.codec import keys
from ler_trust.model.did import KeyKind
from tests.bench.workers.keys import public_key
from tests.bench.workers.protocol import serve, share

Check = Callable[[], object]  # raises when the signature does not hold
_FAILURES: Final = (BadSignatureError, InvalidSignature)


def _nacl(item: dict[str, str]) -> Check:
    key, message = bytes.fromhex(item["key"]), bytes.fromhex(item["signature"] + item["signed"])
    return lambda: crypto_sign_open(message, key)


@cache
def _ed25519_key(material: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(material))


def _openssl_ed25519(item: dict[str, str]) -> Check:
    key = _ed25519_key(item["key"])
    signed, signature = bytes.fromhex(item["signed"]), bytes.fromhex(item["signature"])
    return lambda: key.verify(signature, signed)


_parse_ec = cache(keys.ec_public_key)
_parse_rsa = cache(keys.rsa_public_key)


def _openssl_ecdsa(item: dict[str, str]) -> Check:
    kind = KeyKind(item["kind"])
    key = _parse_ec(public_key(item))
    algorithm = ECDSA(SHA384() if kind is KeyKind.P384 else SHA256())
    signed, raw = bytes.fromhex(item["signed"]), bytes.fromhex(item["signature"])
    half = len(raw) // 2
    signature = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
    return lambda: key.verify(signature, signed, algorithm)


def _openssl_rsa(item: dict[str, str]) -> Check:
    key = _parse_rsa(public_key(item))
    signed, signature = bytes.fromhex(item["signed"]), bytes.fromhex(item["signature"])
    padding, digest = PKCS1v15(), SHA256()
    return lambda: key.verify(signature, signed, padding, digest)


_LIBRARIES: Final[dict[str, dict[str, Callable[[dict[str, str]], Check]]]] = {
    "Ed25519": {"PyNaCl": _nacl, "cryptography": _openssl_ed25519},
    "P-256": {"cryptography": _openssl_ecdsa},
    "P-384": {"cryptography": _openssl_ecdsa},
    "RSA": {"cryptography": _openssl_rsa},
}


def _prepared(library: str, items: Sequence[dict[str, Any]]) -> list[tuple[Check, bool]]:
    """Return a check for each item, and whether it must hold."""
    return [(_LIBRARIES[item["kind"]][library](item), item["holds"]) for item in items]


def _run(checks: Sequence[tuple[Check, bool]]) -> int:
    for check, must_hold in checks:
        try:
            check()
        except _FAILURES:
            holds = False
        else:
            holds = True
        if holds is not must_hold:
            raise ValueError("a signature was not judged as it must be")
    return len(checks)


def _seconds(checks: Sequence[tuple[Check, bool]]) -> float:
    started = perf_counter()
    _run(checks)
    return perf_counter() - started


def main() -> None:
    """Choose the library, prepare the checks, and do the rounds."""
    content: dict[str, Any] = share()
    others = content["warm_up"]
    for _ in range(2):  # the second time counts: the first one loads the library
        tried = {name: _seconds(_prepared(name, others)) for name in _LIBRARIES[others[0]["kind"]]}
    fastest = min(tried, key=lambda name: tried[name])
    serve([_prepared(fastest, items) for items in content["rounds"]], _run, {"library": fastest})


if __name__ == "__main__":
    main()
