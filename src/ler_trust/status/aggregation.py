"""Where a publisher names all its lists (Token Status List §9), read so that no check picks one of them."""

from typing import Final
from urllib.parse import urlsplit

from ler_trust.codec import json_safe
from ler_trust.contracts import FetchRequest
from ler_trust.errors import Rejected
from ler_trust.model.limits import KIB, Limits

MOST_LISTS: Final = 64  # of one publisher that are had ahead of use
_BODY_BYTES: Final = 256 * KIB  # two thousand addresses
_LIMITS: Final = Limits(item_bytes=_BODY_BYTES)


def request_for(url: str) -> FetchRequest:
    """Return what is to be fetched for the document at ``url``."""
    return FetchRequest(url, "application/json", _BODY_BYTES, same_host=True)


def read_lists(url: str, body: bytes) -> tuple[str, ...]:
    """Return the lists that the document ``body`` found at ``url`` names, none where it is something else.

    Only those on the same host count: nobody can have this service ask a third party for lists.
    """
    try:
        document = json_safe.loads(body, _LIMITS)
    except Rejected:
        return ()
    named = document.get("status_lists") if isinstance(document, dict) else None
    if not isinstance(named, list):
        return ()
    host = _host(url)
    own = dict.fromkeys(each for each in named if isinstance(each, str) and _host(each) == host)
    return tuple(own)[:MOST_LISTS]


def _host(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc.lower()) if parts.scheme == "https" else None
