"""The service on a free port of loopback until standard input ends, and beside it a route that does nothing.

The empty route answers 204 from an application of its own in the same process, without the service's
middleware.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import uvloop
from aiohttp import web

from ler_trust.accounts import FIRST_TENANT, ensure_first_admin
from ler_trust.model.did import KeyKind
from ler_trust.model.records import StatusChange
from ler_trust.observe import log
from ler_trust.service import Service
from ler_trust.web.app import build_app, settle
from tests.bench.workers.assembly import service_for
from tests.bench.workers.protocol import share, tell

_REVOKED: Final = 100


async def _empty(_request: web.Request) -> web.Response:
    return web.Response(status=204)


@asynccontextmanager
async def _listening(app: web.Application) -> AsyncIterator[int]:
    """Serve ``app`` meanwhile; gives the port."""
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _publish_list(service: Service) -> tuple[str, str]:
    """Publish a list with some entries revoked; return its path and entity tag."""
    key = await service.issuers.create(FIRST_TENANT, KeyKind.ED25519)
    publisher = service.publisher
    record = await publisher.create_list(FIRST_TENANT, "revocation", key.id)
    entries = await publisher.allocate(FIRST_TENANT, record.id, _REVOKED)
    changes = [StatusChange(int(entry["statusListIndex"]), 1) for entry in entries]
    await publisher.change(FIRST_TENANT, record.id, changes, actor="bench")
    return f"/status-lists/{record.id}", (await publisher.published(record.id)).etag


async def _serve(content: dict[str, Any]) -> None:
    bare = web.Application()
    bare.router.add_get("/empty", _empty)
    async with service_for(content) as service:
        token = await ensure_first_admin(service.store, service.clock)
        path, etag = await _publish_list(service)
        async with _listening(build_app(service)) as port, _listening(bare) as empty_port:
            settle()
            tell({"port": port, "empty_port": empty_port, "token": token, "list": path, "etag": etag})
            await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Serve until standard input ends."""
    log.configure()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(share()))


if __name__ == "__main__":
    main()
