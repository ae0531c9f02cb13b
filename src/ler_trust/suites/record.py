"""Tells what was submitted: a JSON object with embedded proofs or a compact JWS, bare or as JSON string."""

from collections.abc import Mapping
from typing import Any, Final

from ler_trust.codec import json_safe
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.limits import Limits
from ler_trust.suites import token
from ler_trust.suites.token import Token

_WHITESPACE: Final = b" \t\r\n"
_BEYOND_LIMITS: Final = frozenset({"format.too_large", "format.too_deep"})


def parse(item: bytes, limits: Limits) -> Mapping[str, Any] | Token:
    """Return the JSON object or the token that ``item`` is, whitespace around it allowed.

    Raises ``Rejected`` with a ``format.*`` code when it is neither, ``Undecided`` when it is beyond this
    service's limits: that says nothing against the record.
    """
    try:
        return _parse(item, limits)
    except Rejected as finding:
        if finding.code.name not in _BEYOND_LIMITS:
            raise
        raise Undecided(finding.code.name, finding.detail, finding.pointer) from finding


def _parse(item: bytes, limits: Limits) -> Mapping[str, Any] | Token:
    if len(item) > limits.item_bytes:
        raise Rejected("format.too_large", f"{len(item)} bytes, more than {limits.item_bytes}")
    content = item.strip(_WHITESPACE)
    if _looks_like_token(content):
        return token.parse(content.decode("ascii"), limits)
    value = json_safe.loads(content, limits)
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return token.parse(value.strip(), limits)
    raise Rejected("format.json", "neither a JSON object nor a token")


def _looks_like_token(content: bytes) -> bool:
    return content.isascii() and b"." in content and content[:1] not in (b"{", b"[", b'"')
