"""Compact JWS taken apart (RFC 7515 §3.1, §7.1), with the rules that make a header safe to obey."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.codec import base64url, json_safe
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.limits import Limits
from ler_trust.suites.signatures import SPELLINGS, Algorithm

_MOST_SHOWN: Final = 32  # characters of a stranger's algorithm or type name that go into a message


@dataclass(frozen=True, slots=True)
class Token:
    """A token's three parts; ``signed`` is the text that the signature covers."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes


def parse(text: str, limits: Limits) -> Token:
    """Return the parts of a compact JWS.

    Raises ``Rejected`` with ``format.token`` or what :func:`ler_trust.codec.json_safe.loads` raises,
    and ``Undecided('format.unsupported')`` for an SD-JWT.
    """
    if "~" in text:
        raise Undecided("format.unsupported", "an SD-JWT (RFC 9901)")
    parts = text.split(".")
    if len(parts) != 3:
        raise Rejected("format.token", f"a compact JWS has three parts, this has {len(parts)}")
    header, payload, signature = (_decoded(part) for part in parts)
    signed = text.rpartition(".")[0].encode("ascii")
    return Token(_object(header, limits), _object(payload, limits), signed, signature)


def _decoded(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except ValueError as error:
        raise Rejected("format.token", str(error)) from None


def _object(data: bytes, limits: Limits) -> Mapping[str, Any]:
    value = json_safe.loads(data, limits)
    if not isinstance(value, dict):
        raise Rejected("format.token", "a part of the token is not a JSON object")
    return value


def type_of(token: Token) -> str:
    """Return the header's ``typ`` (RFC 7515 §4.1.9), lower case, without ``application/``; empty if absent.

    A ``typ`` that is not text gives one that matches nothing.
    """
    kind = token.header.get("typ", "")
    if not isinstance(kind, str):
        return "?"
    return kind.lower().removeprefix("application/")[:_MOST_SHOWN]


def algorithm_name(token: Token) -> str:
    """Return the header's ``alg``, shortened; empty where it names none."""
    name = token.header.get("alg")
    return name[:_MOST_SHOWN] if isinstance(name, str) else ""


def require_header(token: Token) -> Algorithm:
    """Return the token's algorithm after judging its header.

    ``jwk``, ``jku``, ``x5c`` and ``x5u`` are never read: a token cannot say which key to believe. Raises
    ``Rejected('proof.header')`` for an extension (``crit``, ``b64``, ``zip``, encryption) and what
    :func:`_algorithm` raises.
    """
    header = token.header
    for name in ("crit", "zip", "enc"):
        if name in header:
            raise Rejected("proof.header", f"the header has {name}")
    if header.get("b64", True) is not True:
        raise Rejected("proof.header", "the header has b64 other than true")
    if not isinstance(header.get("kid", ""), str):
        raise Rejected("proof.header", "the header's kid is not text")
    return _algorithm(header)


def _algorithm(header: Mapping[str, Any]) -> Algorithm:
    """Read ``alg``.

    Raises ``Rejected('proof.algorithm')`` for none and for secrets shared with the verifier (RFC 8725 §3.1),
    ``Undecided('proof.algorithm_unsupported')`` for others.
    """
    name = header.get("alg")
    if not isinstance(name, str):
        raise Rejected("proof.header", "the header has no alg")
    if name.lower() == "none" or name.upper().startswith("HS"):
        raise Rejected("proof.algorithm", f"{name[:_MOST_SHOWN]} proves nothing about an issuer")
    algorithm = SPELLINGS.get(name)
    if algorithm is None:
        raise Undecided("proof.algorithm_unsupported", f"{name[:_MOST_SHOWN]} is not supported")
    return algorithm
