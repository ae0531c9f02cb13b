"""``ler-trust signer``: holds keys and signs with them for a service elsewhere; that contract's example."""

import asyncio
import hmac
import secrets
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from aiohttp import web

from ler_trust.codec import base64url
from ler_trust.codec.multikey import encode_multikey
from ler_trust.model.did import KeyKind
from ler_trust.suites.signing import LocalSigner

_MOST: Final = 16 * 1024 * 1024  # bytes of a request: a token of the longest list is signed whole
_SIGNERS: Final = web.AppKey("signers", dict[str, LocalSigner])
_TOKEN: Final = web.AppKey("token", str)


def signer(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Keys, in a file of its own.", show_default=False)
    ],
    new: Annotated[
        list[str] | None,
        typer.Option("--new", metavar="NAME", help="Make an Ed25519 key of this name first."),
    ] = None,
    kind: Annotated[KeyKind, typer.Option("--kind", help="The kind of new keys.")] = KeyKind.ED25519,
    token: Annotated[
        str, typer.Option("--token", envvar="LER_TRUST_SIGNER_TOKEN", help="What callers must show.")
    ] = "",
    port: Annotated[int, typer.Option("--port", help="TCP port on loopback.")] = 9300,
) -> None:
    """Hold issuers' keys and sign with them for a service that does not; listens on loopback.

    The file has a JSON object of names, each with "kind" and "seed" (64 hexadecimal digits).
    """
    if not token:
        raise typer.BadParameter("give a --token that callers must show")
    keys = orjson.loads(path.read_bytes()) if path.exists() else {}
    for name in new or ():
        keys.setdefault(name, {"kind": kind.value, "seed": secrets.token_hex(32)})
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(keys))
    asyncio.run(_serve(build_app(keys, token), port))


def build_app(keys: dict[str, dict[str, str]], token: str) -> web.Application:
    """Return the application that signs with ``keys`` for whoever shows ``token``."""
    app = web.Application(client_max_size=_MOST)
    app[_TOKEN] = token
    app[_SIGNERS] = {
        name: LocalSigner.from_seed(KeyKind(key["kind"]), bytes.fromhex(key["seed"]))
        for name, key in keys.items()
    }
    app.router.add_get("/keys/{key}", _show)
    app.router.add_post("/keys/{key}/sign", _sign)
    return app


async def _show(request: web.Request) -> web.Response:
    return web.json_response({"publicKeyMultibase": encode_multikey(_signer(request).public_key)})


async def _sign(request: web.Request) -> web.Response:
    held = _signer(request)
    try:
        body: Any = await request.json()
        data = base64url.decode(body["data"])
    except (ValueError, TypeError, KeyError):
        raise web.HTTPBadRequest from None
    return web.json_response({"signature": base64url.encode(held.sign(data))})


def _signer(request: web.Request) -> LocalSigner:
    """Return the key asked for, for a caller who may use it."""
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {request.app[_TOKEN]}".encode()):
        raise web.HTTPUnauthorized
    held = request.app[_SIGNERS].get(request.match_info["key"])
    if held is None:
        raise web.HTTPNotFound
    return held


async def _serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        typer.echo(f"Signing on http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
