"""What a governance body or an imported list may put into a statement, checked before it is recorded."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from ler_trust.codec.did_url import parse_did_url
from ler_trust.codec.multikey import decode_multikey
from ler_trust.errors import Rejected
from ler_trust.model.instant import Instant

MAX_TEXT: Final = 1_000  # characters of a name, type or reason: several times the longest in use
MAX_URL: Final = 2_048  # characters: what every HTTP implementation takes
_MAX_INSTANT: Final = 2**62  # microseconds, some 146,000 years: what a database's integers hold
_JURISDICTION: Final = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", re.ASCII)  # ISO 3166-1 alpha-2, 3166-2
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def require_text(value: Any, pointer: str) -> str:
    """Return ``value`` if it is a printable string that is not empty; raises ``Rejected``."""
    if not isinstance(value, str) or not value.strip():
        raise Rejected("request.invalid", "a text is needed here", pointer)
    if len(value) > MAX_TEXT:
        raise Rejected("request.invalid", f"the text is longer than {MAX_TEXT} characters", pointer)
    if _UNPRINTABLE.search(value):
        raise Rejected("request.invalid", "the text has control characters", pointer)
    return value


def require_url(value: Any, pointer: str) -> str:
    """Return ``value`` if it is an https URL without user, password or fragment; raises ``Rejected``."""
    if not isinstance(value, str) or len(value) > MAX_URL or not _is_https(value):
        raise Rejected("request.invalid", "an https URL is needed here", pointer)
    return value


def require_entity(value: Any, pointer: str) -> str:
    """Return ``value`` if it can name an issuer: a DID or an https URL; raises ``Rejected``."""
    if not isinstance(value, str):
        raise Rejected("request.invalid", "a DID or an https URL is needed here", pointer)
    if not value.startswith("did:"):
        return require_url(value, pointer)
    try:
        parsed = parse_did_url(value)
    except Rejected as finding:
        raise Rejected("request.invalid", finding.detail, pointer) from None
    if parsed.did != value:
        raise Rejected(
            "request.invalid", "a DID alone is needed here, without path, query or fragment", pointer
        )
    return value


def require_jurisdiction(value: str | None, pointer: str) -> str | None:
    """Return ``value`` if it is an ISO 3166 code like ``US`` or ``US-CA``, or ``None``; else ``Rejected``."""
    if value is not None and not _JURISDICTION.fullmatch(value):
        raise Rejected("request.invalid", "an ISO 3166 code such as US or US-CA is needed here", pointer)
    return value


def require_pinned_key(text: str, entity: str, pointer: str) -> str:
    """Return ``text`` if it is a public multikey and ``entity`` may have pins; raises ``Rejected``.

    A DID publishes its own keys and takes them back, which a pin must not outlive.
    """
    if entity.startswith("did:"):
        raise Rejected("request.invalid", "keys can be pinned to an https id only", pointer)
    try:
        decode_multikey(text)
    except ValueError as error:
        raise Rejected("request.invalid", f"not a public multikey: {error}", pointer) from None
    return text


def require_period(start: Instant, end: Instant | None) -> None:
    """Raise ``Rejected('request.invalid')`` unless ``start`` is before ``end`` and both can be stored."""
    for instant, name in ((start, "effective_from"), (end, "effective_until")):
        if instant is not None and abs(instant) > _MAX_INSTANT:
            raise Rejected("request.invalid", "the date is too far away", f"/{name}")
    if end is not None and end <= start:
        raise Rejected("request.invalid", "the period ends before it begins", "/effective_until")


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme == "https"
            and bool(parts.hostname)
            and parts.username is None
            and not parts.fragment
            and (parts.port is None or parts.port > 0)
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False
