"""RSA signatures at the edges of RFC 8017 §8: other encodings, and the forgeries that these would allow."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, HashAlgorithm

from ler_trust.codec import keys
from ler_trust.model.did import KeyKind, PublicKey
from tests.differential.crafted import Crafted, Made, Make

_SHA256_OID: Final = bytes.fromhex("0609608648016503040201")
_SHA384_OID: Final = bytes.fromhex("0609608648016503040202")
_NULL: Final = bytes.fromhex("0500")
_LONGEST_SALT: Final = 256 - 32 - 2
_LARGE_EXPONENT: Final = 4_294_967_291  # the largest prime below 2³²
_EXPONENTS: Final = (3, 65_537, _LARGE_EXPONENT)


@cache
def private_key(bits: int = 2048, exponent: int = 65537) -> RSAPrivateKey:
    """Return the same key each time, with a modulus in the lower half of its size."""
    return _private_numbers(bits, exponent).private_key()


@cache
def _private_numbers(bits: int, exponent: int) -> RSAPrivateNumbers:
    p, q = _prime((bits + 1) // 2, 72), _prime(bits // 2, 74)
    secret = pow(exponent, -1, (p - 1) * (q - 1))
    public = RSAPublicNumbers(exponent, p * q)
    return RSAPrivateNumbers(p, q, secret, secret % (p - 1), secret % (q - 1), pow(q, -1, p), public)


@cache
def _prime(bits: int, hundredths: int) -> int:
    """Return a prime near that part of a power of two, for which every exponent here has an inverse."""
    number = hundredths * (1 << bits) // 100 // 6 * 6 + 5
    while not (all((number - 1) % exponent for exponent in _EXPONENTS) and _is_prime(number)):
        number += 6
    return number


def _is_prime(number: int) -> bool:
    """Return whether ``number`` is prime, as far as Miller and Rabin can tell."""
    if any(number % small == 0 for small in range(3, 1_000, 2)):
        return False
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        power = pow(base, (number - 1) >> twos, number)
        if power != 1 and not any(pow(power, 2**times, number) == number - 1 for times in range(twos)):
            return False
    return True


def _modulus() -> int:
    return _private_numbers(2048, 65537).public_numbers.n


@cache
def public_key(bits: int = 2048, exponent: int = 65537) -> PublicKey:
    """Return the other half of :func:`private_key`."""
    numbers = _private_numbers(bits, exponent).public_numbers
    return keys.rsa(numbers.n, numbers.e)


def crafted() -> Iterator[Crafted]:
    """Return ways to sign for RS256 and PS256."""
    for name, encoding in _ENCODINGS.items():
        yield _rs256(f"PKCS #1 {name}", _encoded_with(encoding), holds=name == "honest")
    for name, change in _CHANGES.items():
        yield _rs256(f"PKCS #1 {name}", _changed(change), holds=False)
    yield _rs256("cube root", _cube_root, holds=False)
    for salt in (0, 20, 31, 32, 33, 64, _LONGEST_SALT):
        yield _ps256(f"salt of {salt}", _pss(SHA256(), SHA256(), salt), holds=salt == 32)
    yield _ps256("mask by SHA-1", _pss(SHA256(), SHA1(), 32), holds=False)  # noqa: S303 - what must not hold
    yield _ps256("all by SHA-1", _pss(SHA1(), SHA1(), 32), holds=False)  # noqa: S303 - what must not hold
    yield _ps256("all by SHA-384", _pss(SHA384(), SHA384(), 32), holds=False)
    for name, damage in _DAMAGES.items():
        yield _ps256(name, _own_pss(damage), holds=damage == bytes(4))
    for bits, exponent in ((2048, 3), (2048, _LARGE_EXPONENT), (2049, 65537), (2055, 65537), (3072, 65537)):
        yield _rs256(f"PKCS #1 {bits} bits, e = {exponent}", _honest(bits, exponent), holds=True)
        yield _ps256(f"{bits} bits, e = {exponent}", _pss(SHA256(), SHA256(), 32, bits, exponent), holds=True)


def _rs256(name: str, make: Make, *, holds: bool) -> Crafted:
    return Crafted(name, make, holds, KeyKind.RSA, algorithm="RS256")


def _ps256(name: str, make: Make, *, holds: bool) -> Crafted:
    return Crafted(f"PSS {name}", make, holds, KeyKind.RSA, algorithm="PS256")


# ── PKCS #1 v1.5 (§9.2) ─────────────────────────────────────────────────────────────────────────────


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _info(
    message: bytes, *, algorithm: bytes = _SHA256_OID + _NULL, digest: str = "sha256", after: bytes = b""
) -> bytes:
    hashed = hashlib.new(digest, message).digest()
    return _der(0x30, _der(0x30, algorithm) + _der(0x04, hashed) + after)


def _padded(
    info: bytes, *, start: bytes = b"\0\1", filler: bytes = b"\xff", end: bytes = b"\0", size: int = 256
) -> bytes:
    return start + filler * (size - len(start) - len(end) - len(info)) + end + info


_Encoding = Callable[[bytes], bytes]
_ENCODINGS: Final[dict[str, _Encoding]] = {
    "honest": lambda message: _padded(_info(message)),
    "no parameters": lambda message: _padded(_info(message, algorithm=_SHA256_OID)),
    "other parameters": lambda message: _padded(_info(message, algorithm=_SHA256_OID + b"\x04\x03abc")),
    "hash by another name": lambda message: _padded(_info(message, algorithm=_SHA384_OID + _NULL)),
    "SHA-384": lambda message: _padded(_info(message, algorithm=_SHA384_OID + _NULL, digest="sha384")),
    "nothing but the hash": lambda message: _padded(hashlib.sha256(message).digest()),
    "more in the structure": lambda message: _padded(_info(message, after=b"\x05\x00")),
    "more after the structure": lambda message: _padded(_info(message) + b"\x05\x00"),
    "garbage after little padding": lambda message: (b"\0\1" + b"\xff" * 8 + b"\0" + _info(message)).ljust(
        256, b"x"
    ),
    "length in two bytes": lambda message: _padded(b"\x30\x81" + _info(message)[1:]),
    "block type 0": lambda message: _padded(_info(message), start=b"\0\0", filler=b"\0"),
    "block type 2": lambda message: _padded(_info(message), start=b"\0\2"),
    "no zero in front": lambda message: _padded(_info(message), start=b"\1\1"),
    "padding of other bytes": lambda message: _padded(_info(message), filler=b"\xfe"),
    "padding without an end": lambda message: _padded(_info(message), end=b"\xff"),
    "zero in the padding": lambda message: _padded(_info(message), start=b"\0\1\xff\0"),
}
_CHANGES: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "zero in front": lambda signature, _: b"\0" + signature,
    "zero after": lambda signature, _: signature + b"\0",
    "one byte less": lambda signature, _: signature[:-1],
    "empty": lambda signature, _: b"",
    "0": lambda signature, _: bytes(256),
    "1": lambda signature, _: bytes(255) + b"\1",
    "the modulus": lambda signature, modulus: modulus.to_bytes(256, "big"),
    "the modulus less 1": lambda signature, modulus: (modulus - 1).to_bytes(256, "big"),
    "modulus added": lambda signature, modulus: (int.from_bytes(signature, "big") + modulus).to_bytes(
        256, "big"
    ),
    "negative": lambda signature, modulus: (modulus - int.from_bytes(signature, "big")).to_bytes(256, "big"),
}


def _raised(encoded: bytes, bits: int = 2048, exponent: int = 65537) -> bytes:
    numbers = _private_numbers(bits, exponent)
    number = int.from_bytes(encoded, "big")
    one, other = pow(number, numbers.dmp1, numbers.p), pow(number, numbers.dmq1, numbers.q)
    signature = other + (one - other) * numbers.iqmp % numbers.p * numbers.q
    return signature.to_bytes((bits + 7) // 8, "big")


def _encoded_with(encoding: _Encoding) -> Make:
    def make(message: bytes) -> Made | None:
        encoded = encoding(message)
        if int.from_bytes(encoded, "big") >= _modulus():
            return None
        return Made(_raised(encoded), public_key())

    return make


def _changed(change: Callable[[bytes, int], bytes]) -> Make:
    modulus = _modulus()

    def make(message: bytes) -> Made | None:
        try:
            return Made(change(_raised(_padded(_info(message))), modulus), public_key())
        except OverflowError:
            return None

    return make


def _honest(bits: int, exponent: int) -> Make:
    size = (bits + 7) // 8
    return lambda message: Made(
        _raised(_padded(_info(message), size=size), bits, exponent), public_key(bits, exponent)
    )


def _cube_root(message: bytes) -> Made:
    """Forge without the private key: a cube that begins as an encoding with garbage after it does."""
    start = b"\0\1" + b"\xff" * 8 + b"\0" + _info(message)
    least = int.from_bytes(start.ljust(256, b"\0"), "big")
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < least else (low, middle)
    assert (low**3).to_bytes(256, "big").startswith(start)
    return Made(low.to_bytes(256, "big"), public_key(2048, 3))


# ── PSS (§9.1) ──────────────────────────────────────────────────────────────────────────────────────


def _pss(
    digest: HashAlgorithm, mask: HashAlgorithm, salt: int, bits: int = 2048, exponent: int = 65537
) -> Make:
    private = private_key(bits, exponent)
    return lambda message: Made(
        private.sign(message, PSS(MGF1(mask), salt), digest), public_key(bits, exponent)
    )


# What is changed in an encoding: a byte of the padding, the byte that ends it, the last one, the first.
_DAMAGES: Final[dict[str, bytes]] = {
    "as it should be": b"\0\0\0\0",
    "padding that is not 0": b"\1\0\0\0",
    "padding without an end": b"\0\1\0\0",
    "another last byte": b"\0\0\1\0",
    "bit above the size": b"\0\0\0\x80",
}


def _own_pss(damage: bytes) -> Make:
    salt = b"s" * 32

    def make(message: bytes) -> Made | None:
        hashed = hashlib.sha256(bytes(8) + hashlib.sha256(message).digest() + salt).digest()
        block = bytearray(bytes(190) + b"\1" + salt)
        block[1] ^= damage[0]
        block[190] ^= damage[1]
        masked = bytearray(one ^ other for one, other in zip(block, _mask(hashed, len(block)), strict=True))
        masked[0] = masked[0] & 0x7F | damage[3]
        encoded = bytes(masked) + hashed + bytes([0xBC ^ damage[2]])
        if int.from_bytes(encoded, "big") >= _modulus():
            return None
        return Made(_raised(encoded), public_key())

    return make


def _mask(seed: bytes, size: int) -> bytes:
    """Return MGF1 of ``seed`` with SHA-256 (§B.2.1)."""
    blocks = (hashlib.sha256(seed + counter.to_bytes(4, "big")).digest() for counter in range(size // 32 + 1))
    return b"".join(blocks)[:size]
