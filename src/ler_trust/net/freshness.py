"""How long an answer may be kept, from its own header fields (RFC 9111 §4.2, as a shared cache)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from ler_trust.model.instant import SECOND, Instant, instant_of

_DIRECTIVE: Final = re.compile(r'([a-z-]{1,40})\s*(?:=\s*(?:"([^"]{0,200})"|([^\s,"]{0,200})))?', re.ASCII)
_DELTA: Final = re.compile(r"[0-9]{1,30}", re.ASCII)
_LONGEST: Final = 2**31  # seconds; RFC 9111 §1.2.2 lets a cache treat anything longer as this


def fresh_until(fields: Mapping[str, Sequence[str]], fetched_at: Instant) -> Instant | None:
    """Return until when an answer fetched at ``fetched_at`` is fresh; ``None`` when it does not say.

    ``fields`` maps the lower-case names ``cache-control``, ``expires``, ``date`` and ``age`` to their values
    as received. An answer that must not be kept is fresh until ``fetched_at``. What cannot be read is
    ignored, except ``Expires``, where it means expired (RFC 9111 §5.3).
    """
    directives = _directives(fields.get("cache-control", ()))
    if not directives.keys().isdisjoint({"no-store", "no-cache", "private"}):
        return fetched_at
    lifetime = _lifetime(directives, fields, fetched_at)
    if lifetime is None:
        return None
    age = _delta(next(iter(fields.get("age", ())), "")) or 0
    return fetched_at + max(0, lifetime - age * SECOND)


def _lifetime(
    directives: Mapping[str, int | None], fields: Mapping[str, Sequence[str]], fetched_at: Instant
) -> int | None:
    for name in ("s-maxage", "max-age"):
        seconds = directives.get(name)
        if seconds is not None:
            return seconds * SECOND
    if "expires" not in fields:
        return None
    expires = _moment(fields["expires"])
    sent = _moment(fields.get("date", ()))
    if expires is None:
        return 0
    return min(expires - (fetched_at if sent is None else sent), _LONGEST * SECOND)


def _directives(values: Sequence[str]) -> dict[str, int | None]:
    """Return directives with their seconds; of one given twice the shorter counts (RFC 9111 §4.2.1)."""
    found: dict[str, int | None] = {}
    for name, quoted, bare in _DIRECTIVE.findall(",".join(values).lower()):
        seconds = _delta(quoted or bare)
        known = found.get(name)
        found[name] = seconds if known is None else min(known, known if seconds is None else seconds)
    return found


def _delta(text: str) -> int | None:
    text = text.strip()
    return min(int(text), _LONGEST) if _DELTA.fullmatch(text) else None


def _moment(values: Sequence[str]) -> Instant | None:
    if not values:
        return None
    try:
        moment = parsedate_to_datetime(values[0])
    except (ValueError, OverflowError):
        return None
    return instant_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
