"""Members of a credential read by shape alone, for those who must look before anything is authenticated."""

import re
from collections.abc import Mapping
from typing import Any, Final

CONTEXT_V1: Final = "https://www.w3.org/2018/credentials/v1"
CONTEXT_V2: Final = "https://www.w3.org/ns/credentials/v2"

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")  # RFC 3986 §3: a scheme and something


def is_url(value: object) -> bool:
    """Return whether ``value`` is text of the form of an absolute URL."""
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def identifier(value: object) -> str | None:
    """Return the id that ``value`` is, or has as its ``id``; ``None`` when there is none."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) and found else None


def texts(value: object) -> tuple[str, ...]:
    """Return the text or texts of ``value``, a single one or an array; what is no text is left out."""
    return tuple(one for one in as_list(value) if isinstance(one, str))


def as_list(value: object) -> list[Any]:
    """Return ``value`` as the set that it stands for: an array as it is, anything else alone in one."""
    return value if isinstance(value, list) else [value]


def first_context(credential: Mapping[str, Any]) -> object:
    """Return the first item of ``@context``, ``None`` when that is not a filled array."""
    context = credential.get("@context")
    return context[0] if isinstance(context, list) and context else None
