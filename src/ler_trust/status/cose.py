"""COSE_Sign1 (RFC 9052 §4.2) taken apart, with the rules that make its headers safe to obey.

The bytes are read by cbor2; whose key it is and whether the signature holds is decided with the service's own
parts, so that every key passes the same checks whatever it signs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import cbor2

from ler_trust.errors import Rejected, Undecided
from ler_trust.suites.signatures import Algorithm

SIGN1_TAG: Final = 18
ALG, CRIT, KID, TYP = 1, 2, 4, 16  # header labels (RFC 9052 §3.1, RFC 9596)

_MAX_DEPTH: Final = 16  # nesting: a token's claims have four levels
_MAX_VALUES: Final = 1_000  # in one message, members of maps and arrays included: a list token has twenty
_TAGGED: Final = 6  # the major type of a tag (RFC 8949 §3.1)
_STRINGS: Final = (2, 3)  # those of bytes and text
_WIDTHS: Final[Mapping[int, int]] = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes of an argument behind its head
_ALGORITHMS: Final[Mapping[int, Algorithm]] = {
    -7: Algorithm.ES256,
    -9: Algorithm.ES256,  # ESP256 (RFC 9864 §2.1)
    -35: Algorithm.ES384,
    -51: Algorithm.ES384,  # ESP384
    -8: Algorithm.EDDSA,
    -19: Algorithm.EDDSA,  # Ed25519
    -257: Algorithm.RS256,
    -37: Algorithm.PS256,
}


@dataclass(frozen=True, slots=True)
class Sign1:
    """A signed message: what its protected header says, its payload, and what the signature covers."""

    algorithm: Algorithm
    kind: object
    kid: str
    payload: bytes
    signed: bytes
    signature: bytes


def parse(data: bytes) -> Sign1:
    """Return the parts of a tagged COSE_Sign1.

    Algorithm and type are read from the protected header alone. Raises ``Rejected`` with ``format.token``,
    ``proof.header`` or ``proof.algorithm``, and ``Undecided('proof.algorithm_unsupported')``.
    """
    message = loads(data)
    if not isinstance(message, cbor2.CBORTag) or message.tag != SIGN1_TAG:
        raise Rejected("format.token", "not a tagged COSE_Sign1")
    parts = message.value
    if not isinstance(parts, list | tuple) or len(parts) != 4:  # cbor2 gives what is tagged as unchangeable
        raise Rejected("format.token", "a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = parts
    texts = (protected, payload, signature)
    if not all(isinstance(text, bytes) for text in texts) or not isinstance(unprotected, Mapping):
        raise Rejected("format.token", "a part of the COSE_Sign1 is not of its type")
    header = _header(protected)
    return Sign1(
        _algorithm(header.get(ALG)),
        header.get(TYP),
        _kid(header.get(KID, unprotected.get(KID))),
        payload,
        cbor2.dumps(["Signature1", protected, b"", payload]),
        signature,
    )


def loads(data: bytes) -> Any:
    """Return the one CBOR value in ``data``; raises ``Rejected('format.token')`` for anything else.

    What two honest readers could understand differently is refused: a key named twice, data behind the value.
    """
    _require_few_and_plain(data)
    stream = BytesIO(data)
    try:
        value = cbor2.load(stream, max_depth=_MAX_DEPTH, allow_duplicate_keys=False)
    except Exception as error:  # noqa: BLE001 - tags of a stranger's choice run decoders of many kinds
        raise Rejected("format.token", f"not readable CBOR ({type(error).__name__})") from None
    if stream.tell() != len(data):
        raise Rejected("format.token", "there is data behind the CBOR value")
    return value


def _require_few_and_plain(data: bytes) -> None:
    """Refuse, before anything is built of it, what no token has and what costs more than its bytes.

    Keys can be chosen so that their hashes collide, and a map of them takes time by the square of their
    number, in which nothing else runs. Tags bring numbers of any size, patterns and messages; the one that
    says COSE_Sign1 comes first. Data is a row of heads, each followed by its string if it has one.
    """
    at = 0
    for _ in range(_MAX_VALUES):
        if at >= len(data):
            return
        kind, short = data[at] >> 5, data[at] & 0x1F
        if kind == _TAGGED and (at, short) != (0, SIGN1_TAG):
            raise Rejected("format.token", "a tag within the message")
        width = _WIDTHS.get(short, 0)
        length = int.from_bytes(data[at + 1 : at + 1 + width], "big") if width else short % 31
        at += 1 + width + (length if kind in _STRINGS else 0)
    if at < len(data):
        raise Rejected("format.token", f"more than {_MAX_VALUES} values")


def _header(protected: bytes) -> Mapping[object, Any]:
    header = loads(protected) if protected else {}
    if not isinstance(header, Mapping):
        raise Rejected("format.token", "the protected header is not a map")
    if CRIT in header:
        raise Rejected("proof.header", "the header has crit")
    return header


def _algorithm(label: object) -> Algorithm:
    """Return the algorithm; raises ``Rejected`` for none, ``Undecided`` for one not checked here."""
    if isinstance(label, bool) or not isinstance(label, int | str):
        raise Rejected("proof.header", "the protected header has no alg")
    algorithm = _ALGORITHMS.get(label) if isinstance(label, int) else None
    if algorithm is None:
        raise Undecided("proof.algorithm_unsupported", f"COSE algorithm {str(label)[:32]} is not supported")
    return algorithm


def _kid(kid: object) -> str:
    """Return ``kid`` as the text it is in identifiers of keys; empty where there is none."""
    if kid is None:
        return ""
    if not isinstance(kid, bytes):
        raise Rejected("proof.header", "kid is not bytes")
    return kid.decode("utf-8", "replace")
