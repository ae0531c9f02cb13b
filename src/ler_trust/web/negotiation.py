"""Which of the media types on offer a client likes best (RFC 9110 §12.5.1)."""

import re
from functools import lru_cache
from typing import Final

_RANGES: Final = 32  # media ranges read; a longer header is not one that a client means
_PART: Final = re.compile(r'(?:[^",]++|"[^"]*+"?+)++')  # between commas that are not in quotes
_MAX_HEADER: Final = 2_048  # characters
_KEPT: Final = 256  # answers remembered: programs that fetch lists say the same each time


@lru_cache(_KEPT)
def preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """Return the best of ``offered`` under the header ``accept``, the first of equals; ``None`` for none."""
    if len(accept) > _MAX_HEADER:
        return None
    ranges = [_media_range(part) for part in _PART.findall(accept)[:_RANGES]]
    best, best_quality = None, 0.0
    for media_type in offered:
        matching = [
            (specificity, quality) for name, quality in ranges if (specificity := _match(name, media_type))
        ]
        quality = max(matching, default=(0, 0.0))[1]
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def _media_range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in text.split(";"))
    quality = 1.0
    kept = [name.lower()]
    for parameter in parameters:
        if parameter.lower().startswith("q="):
            quality = _quality(parameter[2:])
        else:
            kept.append(parameter)
    return ";".join(kept), quality


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](?:\.[0-9]{0,3})?", text) else 0.0


def _match(name: str, media_type: str) -> int:
    """Return how specifically the media range ``name`` names ``media_type``, 0 when it does not."""
    if name == media_type:
        return 3
    if name.endswith("/*") and name != "*/*" and media_type.startswith(name[:-1]):
        return 2
    return int(name in ("*/*", "*"))
