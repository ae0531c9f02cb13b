"""Key material, multikeys and JWKs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import base64url, jwk, keys, multikey
from ler_trust.codec.multibase import encode_base58btc
from ler_trust.model.did import KeyKind, PublicKey
from tests.kit.edwards25519 import TORSION, D, P, multiply

CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P384: ec.SECP384R1(),
    KeyKind.SECP256K1: ec.SECP256K1(),
}
# RFC 8032 §7.1, TEST 1
RAW = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
# RFC 8037 §A.3: the same key's thumbprint
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def ec_key(kind: KeyKind) -> PublicKey:
    point = ec.derive_private_key(7, CURVES[kind]).public_key()
    return keys.ec(kind, point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


@pytest.fixture(scope="module")
def rsa_key() -> PublicKey:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    return keys.rsa(numbers.n, numbers.e)


def small_order_points() -> list[bytes]:
    """Every 32-byte text, canonical or not, whose y is that of a point of order 1, 2, 4 or 8."""
    ys = {multiply(times, TORSION)[1] for times in range(8)}
    values = [y + wrap for y in sorted(ys) for wrap in (0, P) if y + wrap < 2**255]
    return [(value | sign << 255).to_bytes(32, "little") for value in values for sign in (0, 1)]


def test_the_small_order_table_is_right_and_whole() -> None:
    assert {multiply(times, TORSION)[1] for times in range(8)} == keys.SMALL_ORDER_Y


@pytest.mark.parametrize("raw", small_order_points(), ids=bytes.hex)
def test_ed25519_key_of_small_order_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"small order|canonical"):
        keys.ed25519(raw)


@given(st.integers(0, P - 1), st.booleans())
def test_ed25519_key_is_a_point_of_the_curve(y: int, sign: bool) -> None:
    raw = (y | sign << 255).to_bytes(32, "little")
    # x² = (y² − 1) / (d·y² + 1) must be a square; by Euler's criterion.
    product = (y * y - 1) * (D * y * y + 1) % P
    if y in keys.SMALL_ORDER_Y or pow(product, (P - 1) // 2, P) != 1:
        with pytest.raises(ValueError, match=r"small order|not a point"):
            keys.ed25519(raw)
    else:
        assert keys.ed25519(raw).material == raw


def test_ed25519_keys() -> None:
    assert keys.ed25519(RAW) == PublicKey(KeyKind.ED25519, RAW)
    with pytest.raises(ValueError, match="not a point"):
        keys.ed25519((2).to_bytes(32, "little"))
    with pytest.raises(ValueError, match="canonical"):
        keys.ed25519((P + 3).to_bytes(32, "little"))
    for raw in (b"", RAW[:31], RAW + b"\0"):
        with pytest.raises(keys.KeyLengthError):
            keys.ed25519(raw)


@given(st.binary(min_size=32, max_size=32))
def test_every_honest_ed25519_key_is_accepted(seed: bytes) -> None:
    raw = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert keys.ed25519(raw).material == raw


@pytest.mark.parametrize("kind", CURVES)
def test_points_off_the_curve_are_refused(kind: KeyKind) -> None:
    size = keys.COORDINATE_BYTES[kind]
    key = ec_key(kind)
    assert key.material[0] in (2, 3)
    assert len(key.material) == 1 + size
    assert keys.ec(kind, key.material) == key
    point = bytearray(keys.ec_public_key(key).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    point[-1] ^= 1
    hybrid = b"\x06" + point[1:]
    for bad in (bytes(point), hybrid, b"\0", b"", b"\x02" + b"\xff" * size, b"\x04" + bytes(2 * size)):
        with pytest.raises(ValueError):  # noqa: PT011 - several sentences
            keys.ec(kind, bad)
    for short in (key.material[:-1], key.material + b"\0", bytes(point[:-1])):
        with pytest.raises(keys.KeyLengthError):
            keys.ec(kind, short)


@pytest.mark.parametrize("e", [-1, 0, 1, 2, 4, 65536, 2**32 + 1, 2**64 + 1])
def test_rsa_exponents_are_bounded(rsa_key: PublicKey, e: int) -> None:
    n = keys.rsa_public_key(rsa_key).public_numbers().n
    with pytest.raises(ValueError, match="exponent"):
        keys.rsa(n, e)


@pytest.mark.parametrize("n", [0, 15, 2**1024 + 1, 2**2047 - 1, 2**8192 + 1])
def test_rsa_sizes_are_bounded(n: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        keys.rsa(n, 65537)


def test_rsa_der_is_read_and_checked(rsa_key: PublicKey) -> None:
    assert keys.rsa_der(rsa_key.material) == rsa_key
    p256 = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    for der in (b"", b"\x30\x00", p256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)):
        with pytest.raises(ValueError, match="not a"):
            keys.rsa_der(der)
    with pytest.raises(ValueError, match="even"):
        keys.rsa(keys.rsa_public_key(rsa_key).public_numbers().n - 1, 65537)


def test_multikey_round_trips() -> None:
    for key in (keys.ed25519(RAW), *map(ec_key, CURVES)):
        assert multikey.decode_multikey(multikey.encode_multikey(key)) == key
    # did:key specification, Ed25519 example
    text = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
    assert multikey.encode_multikey(multikey.decode_multikey(text)) == text


@pytest.mark.parametrize(
    ("prefix", "error"),
    [
        ("8026", multikey.SecretKeyError),
        ("8126", multikey.SecretKeyError),
        ("8626", multikey.SecretKeyError),
        ("8726", multikey.SecretKeyError),
        ("8030", multikey.SecretKeyError),
        ("eb01", multikey.UnknownKeyKindError),
        ("ec01", multikey.UnknownKeyKindError),
        ("1200", multikey.UnknownKeyKindError),
        ("8524", multikey.UnknownKeyKindError),
    ],
)
def test_multikey_prefixes_other_than_public_keys_are_refused(prefix: str, error: type[ValueError]) -> None:
    with pytest.raises(error):
        multikey.decode_multikey(encode_base58btc(bytes.fromhex(prefix) + RAW))


def test_multikey_lengths_and_alphabet_are_exact(rsa_key: PublicKey) -> None:
    uncompressed = keys.ec_public_key(ec_key(KeyKind.P256)).public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    for data in (b"\xed\x01" + RAW + b"\0", b"\xed\x01", b"\x80\x24" + uncompressed, b"\x81\x24" + bytes(33)):
        with pytest.raises(keys.KeyLengthError):
            multikey.decode_multikey(encode_base58btc(data))
    for text in ("", "z", "u7QHXWpgBgrEKt9VL", "6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"):
        with pytest.raises(ValueError):  # noqa: PT011 - several sentences
            multikey.decode_multikey(text)
    with pytest.raises(ValueError, match="cannot be written"):
        multikey.encode_multikey(rsa_key)


@given(st.text(max_size=80) | st.binary(max_size=70).map(encode_base58btc))
def test_multikey_never_raises_anything_but_value_error(text: str) -> None:
    try:
        key = multikey.decode_multikey(text)
    except ValueError:
        return
    assert multikey.encode_multikey(key) == text


def test_jwk_round_trips(rsa_key: PublicKey) -> None:
    for key in (keys.ed25519(RAW), *map(ec_key, CURVES), rsa_key):
        assert jwk.public_key(jwk.jwk_of(key)) == key
        assert jwk.public_key({**jwk.jwk_of(key), "kid": "x", "use": "sig", "key_ops": ["verify"]}) == key
    stated = jwk.public_key({**jwk.jwk_of(rsa_key), "alg": "PS256"})
    assert stated.algorithm == "PS256"
    assert jwk.jwk_of(stated)["alg"] == "PS256"


def test_jwk_thumbprint_known_answers() -> None:
    assert jwk.thumbprint({**jwk.jwk_of(keys.ed25519(RAW)), "kid": "left out"}) == THUMBPRINT
    # RFC 7638 §3.1
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
        "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"
        "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1"
        "jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert (
        jwk.thumbprint({"kty": "RSA", "e": "AQAB", "n": modulus})
        == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    )
    for bad in ({}, {"kty": "oct", "k": "AA"}, {"kty": "OKP", "crv": "Ed25519"}, {"kty": ["RSA"]}):
        with pytest.raises(ValueError, match="JWK"):
            jwk.thumbprint(bad)


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AA"}, {"k": "AA"}, {"p": 1}, {"oth": []}, {"kty": "oct"}, {"kty": None}, {"kty": ["OKP"]},
        {"crv": "Ed448"}, {"crv": "X25519"}, {"crv": None}, {"x": ""}, {"x": None}, {"x": 5},
        {"x": base64url.encode(RAW) + "="}, {"x": base64url.encode(RAW[:-1])}, {"x": "A" * 100_000},
        {"use": "enc"}, {"use": None}, {"key_ops": ["sign"]}, {"key_ops": "verify"}, {"key_ops": None},
        {"alg": 5}, {"kty": "EC"}, {"kty": "EC", "crv": "P-256"}, {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AAAA"},
    ],
    ids=str,
)  # fmt: skip
def test_jwk_that_is_not_a_public_signing_key_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several sentences
        jwk.public_key({**jwk.jwk_of(keys.ed25519(RAW)), **change})


def test_jwk_coordinates_have_their_full_length() -> None:
    members = jwk.jwk_of(ec_key(KeyKind.P256))
    for name in ("x", "y"):
        padded = base64url.encode(b"\0" + base64url.decode(members[name]))
        with pytest.raises(keys.KeyLengthError):
            jwk.public_key({**members, name: padded})
