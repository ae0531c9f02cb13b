"""Arithmetic on edwards25519 (RFC 8032 §5.1), slow and plain, for signatures that no honest signer makes."""

import hashlib
from typing import Final

Point = tuple[int, int]

P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_1: Final = pow(2, (P - 1) // 4, P)
NEUTRAL: Final[Point] = (0, 1)


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def multiply(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _SQRT_MINUS_1 % P
    if (x * x - square) % P:
        return None
    return (-x % P if x & 1 != sign else x), y


def _base() -> Point:
    point = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


def _torsion() -> Point:
    """Return a point of order eight."""
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            candidate = multiply(ORDER, point)
            if multiply(4, candidate) != NEUTRAL:
                return candidate
    raise AssertionError("half of all points have a part of order eight")


BASE: Final = _base()
TORSION: Final = _torsion()


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ORDER


def sign(secret: int, key: bytes, message: bytes, *, nonce: int, r_shift: Point = NEUTRAL) -> bytes:
    """Sign with a chosen nonce; ``r_shift`` is added to the commitment after it was made."""
    r = encode(add(multiply(nonce, BASE), r_shift))
    s = (nonce + challenge(r, key, message) * secret) % ORDER
    return r + s.to_bytes(32, "little")
