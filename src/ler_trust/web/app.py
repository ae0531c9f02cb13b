"""The HTTP service put together, and run until it is told to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

import structlog
import uvloop
from aiohttp import web

from ler_trust.accounts import KeyRing, ensure_first_admin
from ler_trust.config import Settings
from ler_trust.errors import ConfigurationError
from ler_trust.service import Service, open_service
from ler_trust.web.api import (
    api_keys,
    documents,
    health,
    identifiers,
    issuers,
    policies,
    published_lists,
    registries,
    registry_imports,
    signed_lists,
    status_changes,
    status_lists,
    status_trail,
    verify,
)
from ler_trust.web.items import BatchReader
from ler_trust.web.keys import FAILURE_RATE, ITEM_RATE, KEY_RING, LIMITS, METRICS, SERVICE, UNDER_WAY
from ler_trust.web.limits import web_limits
from ler_trust.web.metrics import WebMetrics
from ler_trust.web.middleware import add_headers, attending
from ler_trust.web.openapi import openapi_document
from ler_trust.web.operation import Operation, add_operations
from ler_trust.web.publishing import keep_publishing
from ler_trust.web.rates import RateLimit
from ler_trust.web.refreshing import keep_refreshing
from ler_trust.web.under_way import UnderWay
from ler_trust.web.vcalm import status as vcalm_status

OPERATIONS: Final[tuple[Operation, ...]] = (
    *verify.OPERATIONS,
    *identifiers.OPERATIONS,
    *status_lists.OPERATIONS,
    *status_changes.OPERATIONS,
    *status_trail.OPERATIONS,
    *signed_lists.OPERATIONS,
    *published_lists.OPERATIONS,
    *vcalm_status.OPERATIONS,
    *registries.OPERATIONS,
    *registry_imports.OPERATIONS,
    *policies.OPERATIONS,
    *issuers.OPERATIONS,
    *api_keys.OPERATIONS,
    *health.OPERATIONS,
    *documents.OPERATIONS,
)
SERVER_OPTIONS: Final[Mapping[str, Any]] = {
    "access_log": None,  # the middleware logs, without addresses
    "auto_decompress": False,  # compressed bodies are refused, not expanded first
    "keepalive_timeout": 75.0,
    "lingering_time": 1.0,  # seconds a body that was refused is read on, so that the refusal arrives
}
_CUT_OFF_SECONDS: Final = 1.0  # for what is still under way after ``stop_seconds``
_BACKLOG: Final = 1_024  # connections the system holds until they are accepted
_log = structlog.get_logger("ler_trust.web")


def build_app(service: Service) -> web.Application:
    """Return the application that serves ``service``."""
    limits = web_limits(service.settings.http)
    under_way, metrics = UnderWay(), WebMetrics(service.metrics)
    app = web.Application()
    app.on_response_prepare.append(add_headers)
    app[SERVICE] = service
    app[LIMITS] = limits
    app[KEY_RING] = KeyRing(service.store, service.clock)
    app[ITEM_RATE] = RateLimit(limits.items_per_minute)
    app[FAILURE_RATE] = RateLimit(limits.failures_per_minute)
    app[UNDER_WAY] = under_way
    app[METRICS] = metrics
    app[verify.BATCH_READER] = BatchReader(limits.batch_items)
    app[documents.OPENAPI] = openapi_document(OPERATIONS)
    add_operations(app, OPERATIONS, attending(under_way, metrics))
    app.cleanup_ctx.append(keep_refreshing)
    app.cleanup_ctx.append(keep_publishing)
    return app


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way.

    Raises :class:`ConfigurationError` for settings that cannot be used.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Open the service, print the first admin key if there is none yet, and serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        # Bound first: the service must know its own address, also when the system chooses the port.
        listener = stack.enter_context(_bind(settings.http.host, settings.http.port))
        settings = _with_port(settings, listener.getsockname()[1])
        service = await stack.enter_async_context(open_service(settings))
        app = build_app(service)
        runner = web.AppRunner(app, shutdown_timeout=_CUT_OFF_SECONDS, **SERVER_OPTIONS)
        await runner.setup()
        try:
            site = web.SockSite(runner, listener, backlog=_BACKLOG)
            await site.start()
            _announce(runner, service)
            # Made only now, so that a key is never lost with a start that failed.
            token = await ensure_first_admin(service.store, service.clock)
            if token is not None:
                print(f"Admin API key, shown this once: {token}", flush=True)  # noqa: T201
            settle()
            await stop.wait()
            _log.info("stopping")
            await site.stop()
            await app[UNDER_WAY].finished(settings.http.stop_seconds)
        finally:
            await runner.cleanup()


def settle() -> None:
    """Take what is in memory now out of the garbage collector's sight: a service that has started keeps it.

    Else the collector looks through all of it again with every few thousand records.
    """
    gc.collect()
    gc.freeze()


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"http.host, http.port: cannot listen on {host}:{port}: {error}") from error


def _with_port(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"http": settings.http.model_copy(update={"port": port})})


def _announce(runner: web.AppRunner, service: Service) -> None:
    host, port = runner.addresses[0][:2]
    print(f"Listening on http://{host}:{port}", flush=True)  # noqa: T201 - for whoever started the service
    _log.info("serving", engine=service.engine.name)
    hosts = service.settings.outbound.development_hosts
    if hosts:
        _log.warning("development_hosts", hosts=list(hosts))
