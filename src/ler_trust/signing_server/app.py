"""The signer's HTTP interface: the other side of ``net.signing_service``."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import orjson
import structlog
from aiohttp import web

from ler_trust.codec import base64url
from ler_trust.codec.multikey import encode_multikey
from ler_trust.errors import Undecided
from ler_trust.observe.failures import places
from ler_trust.signing_server.holders import KeyHolder

MOST: Final = 16 * 1024 * 1024  # bytes of a request: a token of the longest list is signed whole
_MOST_WAITING: Final = 64  # requests; the service that asks has some at a time
_SECONDS: Final = 9.0  # for one signature, waiting included: less than whoever asks is ready to wait
T = TypeVar("T")
_log = structlog.get_logger("ler_trust.signer")


class Desk:
    """Takes requests for a holder of keys, which does one at a time in a thread of its own."""

    def __init__(self, holder: KeyHolder, token: str) -> None:
        self.holder = holder
        self._token = f"Bearer {token}".encode()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="holder")
        self._waiting = 0

    def admits(self, authorization: str) -> bool:
        """Return whether a request with this header may be answered."""
        return hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), self._token)

    async def do(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns; raises ``Undecided`` as it does, and when it takes too long."""
        if self._waiting >= _MOST_WAITING:
            raise Undecided("signer.failed", "too many requests wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError:
            raise Undecided("signer.failed", f"not done within {_SECONDS:g} seconds") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._thread.shutdown(wait=False, cancel_futures=True)


_DESK: Final = web.AppKey("desk", Desk)


def build_app(holder: KeyHolder, token: str) -> web.Application:
    """Return the application that signs with the keys of ``holder`` for whoever shows ``token``."""
    app = web.Application(client_max_size=MOST, middlewares=[_told])
    app[_DESK] = Desk(holder, token)
    app.router.add_get("/keys/{key}", _show)
    app.router.add_post("/keys/{key}/sign", _sign)
    app.cleanup_ctx.append(_closed)
    return app


async def _closed(app: web.Application) -> AsyncIterator[None]:
    yield
    app[_DESK].close()


@web.middleware
async def _told(request: web.Request, handler: Any) -> web.StreamResponse:
    """Admit who shows the token; turn what goes wrong into a status and a code, without a word more."""
    if not request.app[_DESK].admits(request.headers.get("Authorization", "")):
        return web.Response(status=401)
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except web.HTTPException:
        raise
    except Undecided as finding:
        code, detail = finding.code.name, finding.detail
        _log.warning("not_signed", key=request.match_info.get("key"), code=code, detail=detail)
    except Exception as error:  # noqa: BLE001 - the last resort: its message may quote what it had
        code = "signer.failed"
        _log.error("signer_failed", error=type(error).__name__, at=places(error))
    status = 404 if code == "signer.key_missing" else 503
    return web.Response(status=status, body=orjson.dumps({"code": code}), content_type="application/json")


async def _show(request: web.Request) -> web.Response:
    desk, name = request.app[_DESK], request.match_info["key"]
    public = await desk.do(lambda: desk.holder.public_key(name))
    return web.json_response({"publicKeyMultibase": encode_multikey(public)})


async def _sign(request: web.Request) -> web.Response:
    desk, name = request.app[_DESK], request.match_info["key"]
    data = await _data(request)
    signature = await desk.do(lambda: desk.holder.sign(name, data))
    return web.json_response({"signature": base64url.encode(signature)})


async def _data(request: web.Request) -> bytes:
    try:
        body = orjson.loads(await request.read())
        return base64url.decode(body["data"])
    except (ValueError, TypeError, KeyError):
        raise web.HTTPBadRequest from None
