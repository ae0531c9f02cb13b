"""Request bodies, read within their bounds."""

import asyncio
from typing import Any, Final

import aiohttp
from aiohttp import web

from ler_trust.codec import json_safe
from ler_trust.model.limits import KIB, Limits
from ler_trust.web.in_slices import Model, validated
from ler_trust.web.keys import LIMITS
from ler_trust.web.problems import Problem

JSON: Final = "application/json"
_SHORT: Final = 256 * KIB  # bytes that are parsed in some milliseconds
_FEW: Final = 10_000  # objects and arrays, which are read in some milliseconds
_BYTES_A_VALUE: Final = 80  # at least, in requests that mean something: the shortest change has some more
_MEMBERS: Final = 5  # of each, about
_JSON_DEPTH: Final = 32  # no request of this interface nests deeper, imported registries included


def require_media_type(request: web.Request, *media_types: str) -> str:
    """Return the body's media type if it is one of ``media_types``, not compressed; else problem 415.

    A compressed body is refused because its size says nothing of what it would become.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem("request.media_type", "send the body without Content-Encoding")
    if request.content_type not in media_types:
        raise Problem("request.media_type", "send the body as " + " or ".join(media_types))
    return request.content_type


async def read_body(request: web.Request, most: int) -> bytes:
    """Return the body; raises a problem when it is longer than ``most`` bytes, slow or broken off.

    No more than ``most`` bytes and one chunk are ever held.
    """
    if (request.content_length or 0) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(request.app[LIMITS].body_seconds):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Problem("request.malformed", "the body did not arrive in time", status=408) from None
    except (aiohttp.ClientPayloadError, web.RequestPayloadError):
        raise Problem("request.malformed", "the body is not framed as HTTP demands") from None
    return bytes(body)


async def read_json(request: web.Request, most: int | None = None) -> Any:
    """Return a JSON body in the one way it can be read; raises a problem or ``Rejected('format.…')``.

    It may have ``most`` bytes, by default as many as any body. A large one is read beside the event loop.
    """
    require_media_type(request, JSON)
    most = most or request.app[LIMITS].body_bytes
    body = await read_body(request, most)
    _require_moderate(body, most)
    limits = Limits(item_bytes=most, json_depth=_JSON_DEPTH)
    if len(body) <= _SHORT:
        return json_safe.loads(body, limits)
    return await asyncio.to_thread(json_safe.loads, body, limits)


async def read_model(request: web.Request, model: type[Model], most: int | None = None) -> Model:
    """Return a JSON body as ``model``; the problem for one that does not fit points at the first fault."""
    return await validated(model, await read_json(request, most))


def _require_moderate(body: bytes, most: int) -> None:
    """Refuse a body of many tiny values before it is read: the reader lets nobody else have a turn."""
    values = max(_FEW, most // _BYTES_A_VALUE)
    if body.count(b"[") + body.count(b"{") > values or body.count(b",") > _MEMBERS * values:
        raise Problem("request.too_large", f"the body has more than {values} objects and arrays")


def _too_large(most: int) -> Problem:
    return Problem("request.too_large", f"the body may have at most {most} bytes")
