"""ECDSA signatures at the edges of FIPS 186-5 §6.4, on P-256 and P-384.

Whoever may choose the key after the message can have any ``r`` and ``s``: ``Q = r⁻¹(sR − zG)``.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ler_trust.codec import keys
from ler_trust.model.did import KeyKind
from tests.differential.crafted import Crafted, Made

Point = tuple[int, int] | None
_SECRET: Final = 0x1234567890ABCDEF


class Group(NamedTuple):
    """A prime curve ``y² = x³ − 3x + b`` and the hash that goes with it."""

    kind: KeyKind
    curve: EllipticCurve
    prime: int
    order: int
    generator: tuple[int, int]
    digest: HashAlgorithm

    @property
    def size(self) -> int:
        return keys.COORDINATE_BYTES[self.kind]

    def hashed(self, message: bytes) -> int:
        return int.from_bytes(hashlib.new(self.digest.name, message).digest(), "big")

    def add(self, one: Point, other: Point) -> Point:
        if one is None or other is None:
            return one or other
        (x1, y1), (x2, y2) = one, other
        if x1 == x2 and (y1 + y2) % self.prime == 0:
            return None
        if one == other:
            slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, self.prime)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.prime)
        x = (slope * slope - x1 - x2) % self.prime
        return x, (slope * (x1 - x) - y1) % self.prime

    def multiply(self, scalar: int, point: Point) -> Point:
        result: Point = None
        scalar %= self.order
        while scalar:
            if scalar & 1:
                result = self.add(result, point)
            point, scalar = self.add(point, point), scalar >> 1
        return result

    def point_past_the_order(self) -> tuple[int, int]:
        """Return a point whose x is not below the group order, so that ``r`` is not x."""
        x1, y1 = self.generator
        b = (y1 * y1 - x1**3 + 3 * x1) % self.prime
        for x in range(self.order + 1, self.prime):
            square = (x**3 - 3 * x + b) % self.prime
            y = pow(square, (self.prime + 1) // 4, self.prime)
            if y * y % self.prime == square:
                return x, y
        raise AssertionError("every other x is that of a point")

    def encoded(self, point: Point) -> bytes:
        assert point is not None
        return b"\x04" + b"".join(number.to_bytes(self.size, "big") for number in point)


def _group(kind: KeyKind, curve: EllipticCurve, prime: int, digest: HashAlgorithm) -> Group:
    generator = derive_private_key(1, curve).public_key().public_numbers()
    return Group(kind, curve, prime, curve.group_order, (generator.x, generator.y), digest)


GROUPS: Final = (
    _group(KeyKind.P256, SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1, SHA256()),
    _group(KeyKind.P384, SECP384R1(), 2**384 - 2**128 - 2**96 + 2**32 - 1, SHA384()),
)
_Numbers = Callable[[Group, int, int], bytes]
"""Makes a signature from honest ``r`` and ``s``."""


def crafted(group: Group) -> Iterator[Crafted]:
    """Return ways to sign on ``group``."""
    order, size, most = group.order, group.size, 2 ** (8 * group.size) - 1
    numbers: dict[str, tuple[_Numbers, bool]] = {
        "honest": (lambda _, r, s: pair(size, r, s), True),
        "other s": (lambda _, r, s: pair(size, r, order - s), True),
        "r and s exchanged": (lambda _, r, s: pair(size, s, r), False),
        "r of 0": (lambda _, r, s: pair(size, 0, s), False),
        "s of 0": (lambda _, r, s: pair(size, r, 0), False),
        "nothing but 0": (lambda _, r, s: pair(size, 0, 0), False),
        "r of the order": (lambda _, r, s: pair(size, order, s), False),
        "s of the order": (lambda _, r, s: pair(size, r, order), False),
        "nothing but 1": (lambda _, r, s: pair(size, most, most), False),
        "DER": (lambda _, r, s: encode_dss_signature(r, s), False),
        "one byte less": (lambda _, r, s: pair(size, r, s)[:-1], False),
        "one byte more": (lambda _, r, s: pair(size, r, s) + b"\0", False),
        "wider numbers": (lambda _, r, s: pair(size + 1, r, s), False),
        "empty": (lambda _, r, s: b"", False),
    }
    for name, (signature, holds) in numbers.items():
        yield Crafted(f"{group.kind} {name}", _honest(group, signature), holds, group.kind)
    digest = SHA384() if group.digest.name == "sha256" else SHA256()
    yield Crafted(
        f"{group.kind} another hash", _honest(group, numbers["honest"][0], digest), False, group.kind
    )
    for name, (signature, holds) in _RECOVERED.items():
        yield Crafted(f"{group.kind} {name}", _recovered(group, signature), holds, group.kind)
    yield Crafted(f"{group.kind} sum at infinity", _at_infinity(group), False, group.kind)


def koblitz(kind: KeyKind) -> Crafted:
    """Return honest signatures by a secp256k1 key that passes for one of ``kind``."""
    private = derive_private_key(_SECRET, SECP256K1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    key = keys.ec(KeyKind.SECP256K1, public)

    def make(message: bytes) -> Made:
        return Made(
            pair(
                32, *decode_dss_signature(private.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
            ),
            key,
        )

    return Crafted(f"secp256k1 as {kind}", make, holds=False, kind=kind)


def pair(size: int, r: int, s: int) -> bytes:
    """Return ``r‖s``, each of ``size`` bytes."""
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _honest(
    group: Group, signature: _Numbers, digest: HashAlgorithm | None = None
) -> Callable[[bytes], Made]:
    private = derive_private_key(_SECRET, group.curve)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    key = keys.ec(group.kind, public)

    def make(message: bytes) -> Made:
        r, s = decode_dss_signature(
            private.sign(message, ECDSA(digest or group.digest, deterministic_signing=True))
        )
        return Made(signature(group, r, s), key)

    return make


# Of signatures with R past the order and a small s, so that both numbers have room for the order on top.
_RECOVERED: Final[dict[str, tuple[_Numbers, bool]]] = {
    "x past the order": (lambda group, r, s: pair(group.size, r, s), True),
    "x past the order not reduced": (lambda group, r, s: pair(group.size, r + group.order, s), False),
    "s not reduced": (lambda group, r, s: pair(group.size, r, s + group.order), False),
    "no leading zeros": (lambda group, r, s: _shortest(r) + _shortest(s), False),
}


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _recovered(group: Group, signature: _Numbers) -> Callable[[bytes], Made]:
    point, s = group.point_past_the_order(), 5
    r = point[0] - group.order

    def make(message: bytes) -> Made:
        inverse, hashed = pow(r, -1, group.order), group.hashed(message)
        one = group.multiply(s * inverse, point)
        other = group.multiply(-hashed * inverse, group.generator)
        return Made(signature(group, r, s), keys.ec(group.kind, group.encoded(group.add(one, other))))

    return make


def _at_infinity(group: Group) -> Callable[[bytes], Made]:
    def make(message: bytes) -> Made:
        public = group.multiply(-group.hashed(message), group.generator)
        return Made(pair(group.size, 1, 1), keys.ec(group.kind, group.encoded(public)))

    return make
