"""Query parameters."""

from typing import Final

from aiohttp import web

from ler_trust.web.problems import Problem

_MAX_DIGITS: Final = 15


def whole_number(request: web.Request, name: str, otherwise: int) -> int:
    """Return the query parameter ``name`` as a number from 0, ``otherwise`` without it; else a problem."""
    text = request.query.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise Problem("request.malformed", f"the query parameter {name} is not a whole number")
    return int(text)
