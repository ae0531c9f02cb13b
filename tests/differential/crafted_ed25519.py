"""Ed25519 signatures on which implementations are known to differ, made anew (*Taming the Many EdDSAs*, §5).

The rule they test: ``S`` below the group order, ``R`` and the key canonical and not of small order, and the
equation without the cofactor.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ler_trust.model.did import KeyKind, PublicKey
from tests.differential.crafted import Crafted, Made, did_key
from tests.kit import edwards25519 as curve

_SECRET: Final = 0x1234567890ABCDEF
_NONCES: Final = range(5, 69)
_SIGN: Final = 1 << 255
TORSION: Final = tuple(curve.multiply(times, curve.TORSION) for times in range(8))
_BASE: Final = curve.multiply(_SECRET, curve.BASE)
_HONEST: Final = curve.encode(_BASE)

# Points of small order in words that RFC 8032 §5.1.3 does not allow, with the canonical ones.
NON_CANONICAL: Final = {
    number.to_bytes(32, "little"): curve.encode(point)
    for number, point in (
        (curve.P + 1, (0, 1)),
        (curve.P + 1 | _SIGN, (0, 1)),
        (1 | _SIGN, (0, 1)),
        (curve.P - 1 | _SIGN, (0, curve.P - 1)),
        (curve.P, TORSION[2] if TORSION[2][0] % 2 == 0 else TORSION[6]),
        (curve.P | _SIGN, TORSION[2] if TORSION[2][0] % 2 else TORSION[6]),
    )
}
SMALL_ORDER: Final = tuple(map(curve.encode, TORSION))

_Signing = Callable[[bytes, bytes], bytes | None]
"""Makes a signature under a key, given by its encoding, over a message."""


def crafted() -> Iterator[Crafted]:
    """Return ways to sign with keys that the service takes."""
    yield _case("honest", _HONEST, _honest, holds=True)
    for part in range(1, 8):
        yield _case(f"commitment with part {part}", _HONEST, _with_commitment_part(part), holds=False)
    for part, small in enumerate(SMALL_ORDER):
        yield _case(f"commitment of small order {part}", _HONEST, _over(small, small), holds=False)
    for number, (encoded, canonical) in enumerate(NON_CANONICAL.items()):
        yield _case(f"commitment in another form {number}", _HONEST, _over(encoded, encoded), holds=False)
        yield _case(f"commitment hashed in form {number}", _HONEST, _over(encoded, canonical), holds=False)
    for multiple in (1, 2, 14):
        yield _case(f"response past the order {multiple}", _HONEST, _past_the_order(multiple), holds=False)
    for part in (1, 2, 4):
        yield from _with_mixed_key(part)


def with_bad_keys() -> Iterator[Crafted]:
    """Return signatures for which one equation or the other comes out even, under keys that are none."""
    for part, key in enumerate(SMALL_ORDER):
        yield _case(f"key of small order {part}, commitment too", key, _small_with(part, (0,)), holds=False)
        yield _case(f"key of small order {part}", key, _small_with(part, _NONCES), holds=False)
    for number, (key, canonical) in enumerate(NON_CANONICAL.items()):
        part = SMALL_ORDER.index(canonical)
        yield _case(f"key in another form {number}", key, _small_with(part, _NONCES), holds=False)
        hashed = _small_with(part, _NONCES, hashed=canonical)
        yield _case(f"key hashed in form {number}", key, hashed, holds=False)


def _with_mixed_key(part: int) -> Iterator[Crafted]:
    key = curve.encode(curve.add(_BASE, TORSION[part]))
    name = f"key with part {part}"
    yield _case(f"{name} that cancels", key, _mixed(part, (0,), even=True), holds=True)
    yield _case(f"{name} that does not cancel", key, _mixed(part, (0,), even=False), holds=False)
    others = range(1, 8)
    yield _case(f"{name} that the commitment's cancels", key, _mixed(part, others, even=True), holds=True)
    yield _case(f"{name} and another in the commitment", key, _mixed(part, others, even=False), holds=False)
    yield _case(
        f"{name} under a small commitment", key, _mixed(part, range(8), even=True, nonces=(0,)), holds=False
    )


def _case(name: str, key: bytes, signing: _Signing, *, holds: bool) -> Crafted:
    public = PublicKey(KeyKind.ED25519, key)

    def make(message: bytes) -> Made | None:
        signature = signing(key, message)
        return None if signature is None else Made(signature, public)

    return Crafted(name, make, holds, issuer=did_key(public))


def _honest(key: bytes, message: bytes) -> bytes:
    return curve.sign(_SECRET, key, message, nonce=99)


def _with_commitment_part(part: int) -> _Signing:
    return lambda key, message: curve.sign(_SECRET, key, message, nonce=99, r_shift=TORSION[part])


def _past_the_order(multiple: int) -> _Signing:
    def signing(key: bytes, message: bytes) -> bytes:
        signature = _honest(key, message)
        response = int.from_bytes(signature[32:], "little") + multiple * curve.ORDER
        return signature[:32] + response.to_bytes(32, "little")

    return signing


def _over(commitment: bytes, hashed: bytes) -> _Signing:
    """Sign with a commitment of small order; ``hashed`` is what goes into the challenge."""

    def signing(key: bytes, message: bytes) -> bytes:
        response = curve.challenge(hashed, key, message) * _SECRET % curve.ORDER
        return commitment + response.to_bytes(32, "little")

    return signing


def _mixed(
    part: int, others: range | tuple[int, ...], *, even: bool, nonces: range | tuple[int, ...] = _NONCES
) -> _Signing:
    """Sign with a key that has ``part`` and a commitment with one of ``others``; ``even`` if they cancel."""

    def signing(key: bytes, message: bytes) -> bytes | None:
        for nonce, other in ((nonce, other) for nonce in nonces for other in others):
            signature = curve.sign(_SECRET, key, message, nonce=nonce, r_shift=TORSION[other])
            left = (other + part * curve.challenge(signature[:32], key, message)) % 8
            if (left == 0) is even:
                return signature
        return None

    return signing


def _small_with(part: int, nonces: range | tuple[int, ...], *, hashed: bytes | None = None) -> _Signing:
    """Sign with a key of small order, for which nobody needs a secret."""

    def signing(key: bytes, message: bytes) -> bytes | None:
        for nonce, other in ((nonce, other) for nonce in nonces for other in range(8)):
            commitment = curve.encode(curve.add(curve.multiply(nonce, curve.BASE), TORSION[other]))
            if (other + part * curve.challenge(commitment, hashed or key, message)) % 8 == 0:
                return commitment + nonce.to_bytes(32, "little")
        return None

    return signing
