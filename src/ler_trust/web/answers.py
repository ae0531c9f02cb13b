"""JSON answers."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import BaseModel


def json_answer(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return ``model`` as JSON that nobody may keep; members that are ``None`` are left out."""
    return web.Response(
        status=status,
        body=model.model_dump_json(by_alias=True, exclude_none=True).encode(),
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
