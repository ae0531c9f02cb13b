"""A list as a Status List Token, JWT or CWT (draft-ietf-oauth-status-list §5), read back before it is seen.

An entry that is set is 0x01 (INVALID) on a list for revocation and 0x02 (SUSPENDED) on one for suspension,
whose entries therefore have two bits.
"""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import cbor2
import orjson

from ler_trust.codec import base64url
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import SECOND
from ler_trust.status.version import IssuersKey, ListSigner, ListVersion, not_published
from ler_trust.suites.signatures import Algorithm, verify
from ler_trust.suites.signing import sign_compact

_JWT_TYPE: Final = "statuslist+jwt"
_CWT_TYPE: Final = "application/statuslist+cwt"
_ALGORITHMS: Final[Mapping[KeyKind, Algorithm]] = MappingProxyType(
    {KeyKind.ED25519: Algorithm.EDDSA, KeyKind.P256: Algorithm.ES256, KeyKind.P384: Algorithm.ES384}
)
_COSE_ALGORITHMS: Final[Mapping[KeyKind, int]] = MappingProxyType(
    {KeyKind.ED25519: -8, KeyKind.P256: -7, KeyKind.P384: -35}  # RFC 9053 §2
)
_ALG, _KID, _TYP = 1, 4, 16  # COSE header parameters (RFC 9052 §3.1, RFC 9596)
_SIGN1: Final = 18  # the CBOR tag of COSE_Sign1
_ISS, _SUB, _EXP, _IAT = 1, 2, 4, 6  # CWT claims (RFC 8392)
_STATUS_LIST, _TTL = 65533, 65534
_SUSPENDED: Final = 0x02


def as_jwt(version: ListVersion, signer: ListSigner) -> bytes:
    """Return the list as a JWT (§5.1); raises ``Undecided('request.unavailable')`` if it reads otherwise."""
    body = sign_compact(*jwt_parts(version, signer), signer).encode("ascii")
    signed, _, signature = body.rpartition(b".")
    _require_signature(signer, signed, base64url.decode(signature.decode("ascii")))
    read = orjson.loads(base64url.decode(signed.partition(b".")[2].decode("ascii")))["status_list"]
    require_bits(version, read["bits"], base64url.decode(read["lst"]))
    return body


def jwt_parts(
    version: ListVersion, key: ListSigner | IssuersKey
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header, without ``alg``, and claims of the list as a JWT (§5.1)."""
    bits, packed = packed_list(version)
    claims = {
        "iss": key.issuer,
        "sub": version.address,
        "iat": version.published_at // SECOND,
        "exp": version.valid_until // SECOND,
        "ttl": version.ttl // SECOND,
        "status_list": {"bits": bits, "lst": base64url.encode(packed)} | _aggregation(version),
    }
    return {"typ": _JWT_TYPE, "kid": key.method}, claims


def as_cwt(version: ListVersion, signer: ListSigner) -> bytes:
    """Return the list as a CWT (§5.2); raises ``Undecided('request.unavailable')`` if it reads otherwise."""
    protected, payload = cwt_parts(version, signer)
    body = sign1(protected, payload, signer.sign(to_be_signed(protected, payload)))
    _check_cwt(body, version, signer)
    return body


def cwt_parts(version: ListVersion, key: ListSigner | IssuersKey) -> tuple[bytes, bytes]:
    """Return protected header and payload of the list as a CWT (§5.2)."""
    bits, packed = packed_list(version)
    claims = {
        _ISS: key.issuer,
        _SUB: version.address,
        _IAT: version.published_at // SECOND,
        _EXP: version.valid_until // SECOND,
        _TTL: version.ttl // SECOND,
        _STATUS_LIST: {"bits": bits, "lst": packed} | _aggregation(version),
    }
    header = {_ALG: _COSE_ALGORITHMS[key.kind], _KID: key.method.encode(), _TYP: _CWT_TYPE}
    return cbor2.dumps(header), cbor2.dumps(claims)


def sign1(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """Return a tagged COSE_Sign1 (RFC 9052 §4.2)."""
    return cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature]))


def packed_list(version: ListVersion) -> tuple[int, bytes]:
    """Return how many bits an entry has, and the list packed from the least significant bit (§4.1, §4.2)."""
    if version.purpose == "revocation":
        return 1, zlib.compress(version.bits.translate(_REVERSED), 9)
    return 2, zlib.compress(b"".join(map(_DOUBLED.__getitem__, version.bits)), 9)


def _check_cwt(body: bytes, version: ListVersion, signer: ListSigner) -> None:
    protected, _, payload, signature = cbor2.loads(body).value
    _require_signature(signer, to_be_signed(protected, payload), signature)
    read = cbor2.loads(payload)[_STATUS_LIST]
    require_bits(version, read["bits"], read["lst"])


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return what the signature of a COSE_Sign1 is made of (RFC 9052 §4.4)."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _aggregation(version: ListVersion) -> dict[str, object]:
    return {} if version.aggregation is None else {"aggregation_uri": version.aggregation}


def _require_signature(signer: ListSigner, signed: bytes, signature: bytes) -> None:
    if not verify(signer.public_key, _ALGORITHMS[signer.kind], signed, signature):
        raise not_published("the signed list does not verify")


def require_bits(version: ListVersion, bits: int, packed: bytes) -> None:
    """Compare what was packed with the bits it is of, entry by entry.

    Raises ``Undecided('request.unavailable')`` where they differ.
    """
    unpacked = zlib.decompress(packed)
    if bits == 1:
        flags = unpacked.translate(_REVERSED)
    else:
        pairs = (unpacked[at : at + 2] for at in range(0, len(unpacked), 2))
        flags = bytes(_HALVED.get(pair, 0) for pair in pairs)
    if flags != version.bits or len(unpacked) != bits * len(version.bits):
        raise not_published("the signed list does not say what the state does")


def _doubled(flags: int) -> bytes:
    """Return eight flags, the first the most significant, as two-bit entries from the least significant."""
    value = sum(_SUSPENDED << 2 * entry for entry in range(8) if flags & 0x80 >> entry)
    return value.to_bytes(2, "little")


_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_DOUBLED: Final = tuple(_doubled(flags) for flags in range(256))
_HALVED: Final = {pair: flags for flags, pair in enumerate(_DOUBLED)}
