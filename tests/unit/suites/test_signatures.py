"""Each algorithm's acceptance rule, at its edges."""

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import keys
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.suites.signatures import KIND_OF, Algorithm, fits, verify
from tests.kit import edwards25519 as curve
from tests.kit.issuing import signer

MESSAGE = b"what was signed"
SECRET = 0x1234567890ABCDEF
KEY = curve.encode(curve.multiply(SECRET, curve.BASE))

ALGORITHMS = {
    KeyKind.ED25519: Algorithm.EDDSA,
    KeyKind.P256: Algorithm.ES256,
    KeyKind.P384: Algorithm.ES384,
    KeyKind.RSA: Algorithm.RS256,
}


def holds(signature: bytes, key: bytes = KEY) -> bool:
    return verify(PublicKey(KeyKind.ED25519, key), Algorithm.EDDSA, MESSAGE, signature)


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_own_signature_holds_and_any_flipped_bit_breaks_it(kind: KeyKind) -> None:
    own = signer(kind)
    signature = own.sign(MESSAGE)
    algorithm = ALGORITHMS[kind]
    assert verify(own.public_key, algorithm, MESSAGE, signature)
    assert not verify(own.public_key, algorithm, MESSAGE + b".", signature)
    for index in range(len(signature)):
        changed = bytearray(signature)
        changed[index] ^= 1
        assert not verify(own.public_key, algorithm, MESSAGE, bytes(changed))


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_signature_of_another_length_never_holds(kind: KeyKind) -> None:
    own = signer(kind)
    signature = own.sign(MESSAGE)
    for wrong in (b"", signature[:-1], signature + b"\0", b"\0" + signature, signature * 2):
        assert not verify(own.public_key, ALGORITHMS[kind], MESSAGE, wrong)


@pytest.mark.parametrize("kind", ALGORITHMS)
@given(signature=st.binary(max_size=300))
def test_arbitrary_bytes_neither_hold_nor_raise(kind: KeyKind, signature: bytes) -> None:
    for algorithm in Algorithm:
        assert not verify(signer(kind).public_key, algorithm, MESSAGE, signature)


def test_key_of_another_kind_never_holds() -> None:
    for kind, algorithm in ALGORITHMS.items():
        own = signer(kind)
        for other in Algorithm:
            if KIND_OF[other] is not kind:
                assert not verify(own.public_key, other, MESSAGE, own.sign(MESSAGE)), (algorithm, other)


def test_algorithm_that_a_key_asks_for_is_obeyed() -> None:
    assert fits(PublicKey(KeyKind.RSA, b"", "PS256"), Algorithm.PS256)
    assert not fits(PublicKey(KeyKind.RSA, b"", "PS256"), Algorithm.RS256)
    assert not fits(PublicKey(KeyKind.RSA, b"", "RSA-OAEP"), Algorithm.RS256)
    assert fits(PublicKey(KeyKind.ED25519, b"", "Ed25519"), Algorithm.EDDSA)
    assert not fits(PublicKey(KeyKind.P256, b"", "ES384"), Algorithm.ES256)


# ── Ed25519 ─────────────────────────────────────────────────────────────────────────────────────────


def test_slow_arithmetic_makes_signatures_that_hold() -> None:
    assert holds(curve.sign(SECRET, KEY, MESSAGE, nonce=99))


def test_scalar_past_the_group_order_does_not_hold() -> None:
    signature = curve.sign(SECRET, KEY, MESSAGE, nonce=99)
    scalar = int.from_bytes(signature[32:], "little")
    for multiple in range(1, 15):
        past = scalar + multiple * curve.ORDER
        assert not holds(signature[:32] + past.to_bytes(32, "little"))


def test_commitment_of_small_order_does_not_hold() -> None:
    for times in range(8):
        r = curve.encode(curve.multiply(times, curve.TORSION))
        scalar = curve.challenge(r, KEY, MESSAGE) * SECRET % curve.ORDER
        assert not holds(r + scalar.to_bytes(32, "little"))


def test_commitment_in_non_canonical_form_does_not_hold() -> None:
    # y = p + 1 is another way to write the neutral element, whose equation would come out even.
    r = (curve.P + 1).to_bytes(32, "little")
    scalar = curve.challenge(r, KEY, MESSAGE) * SECRET % curve.ORDER
    assert not holds(r + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("nonce", range(5, 13))
def test_commitment_with_a_part_of_small_order_does_not_hold(nonce: int) -> None:
    """The equation is the one without the cofactor; with it, these would hold."""
    assert not holds(curve.sign(SECRET, KEY, MESSAGE, nonce=nonce, r_shift=curve.TORSION))


def test_key_with_a_part_of_small_order_holds_only_where_the_part_cancels() -> None:
    mixed = curve.encode(curve.add(curve.multiply(SECRET, curve.BASE), curve.TORSION))
    seen = set()
    for nonce in range(5, 40):
        signature = curve.sign(SECRET, mixed, MESSAGE, nonce=nonce)
        cancels = curve.challenge(signature[:32], mixed, MESSAGE) % 8 == 0
        assert holds(signature, mixed) is cancels
        seen.add(cancels)
    assert seen == {True, False}


def test_key_of_small_order_holds_nothing_and_is_no_key() -> None:
    for times in range(8):
        point = curve.multiply(times, curve.TORSION)
        raw = curve.encode(point)
        with pytest.raises(ValueError, match="small order"):
            keys.ed25519(raw)
        for nonce in range(1, 17):
            assert not holds(curve.sign(0, raw, MESSAGE, nonce=nonce), raw)


# ── ECDSA and RSA ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "size"), [(KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_der_signature_does_not_hold(kind: KeyKind, size: int) -> None:
    own = signer(kind)
    signature = own.sign(MESSAGE)
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    assert not verify(own.public_key, ALGORITHMS[kind], MESSAGE, encode_dss_signature(r, s))


@pytest.mark.parametrize(("kind", "size"), [(KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_ecdsa_numbers_out_of_range_do_not_hold(kind: KeyKind, size: int) -> None:
    own = signer(kind)
    signature = own.sign(MESSAGE)
    zero, most = bytes(size), b"\xff" * size
    for wrong in (zero + zero, zero + signature[size:], signature[:size] + zero, most + most):
        assert not verify(own.public_key, ALGORITHMS[kind], MESSAGE, wrong)


def test_pss_needs_sha256_and_a_salt_of_32_bytes() -> None:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    numbers = private.public_key().public_numbers()
    public = keys.rsa(numbers.n, numbers.e)

    def made(salt: int, digest: SHA1 | SHA256 | SHA384) -> bytes:
        return private.sign(MESSAGE, PSS(MGF1(digest), salt), digest)

    assert verify(public, Algorithm.PS256, MESSAGE, made(32, SHA256()))
    for wrong in (made(20, SHA256()), made(0, SHA256()), made(48, SHA384()), made(32, SHA1())):  # noqa: S303
        assert not verify(public, Algorithm.PS256, MESSAGE, wrong)
    pkcs1 = private.sign(MESSAGE, PKCS1v15(), SHA256())
    assert verify(public, Algorithm.RS256, MESSAGE, pkcs1)
    assert not verify(public, Algorithm.PS256, MESSAGE, pkcs1)
    assert not verify(public, Algorithm.RS256, MESSAGE, private.sign(MESSAGE, PKCS1v15(), SHA384()))
