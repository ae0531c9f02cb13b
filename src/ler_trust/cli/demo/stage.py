"""The service for the demonstration: the real one, on a free port of this machine, with its own database."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, ClientTimeout, web

from ler_trust.accounts import ensure_first_admin
from ler_trust.config import Settings, load_settings
from ler_trust.errors import ConfigurationError
from ler_trust.service import Service, open_service
from ler_trust.web.app import SERVER_OPTIONS, build_app

_HOST: Final = "127.0.0.1"
_SHUTDOWN_SECONDS: Final = 2.0  # for requests under way when somebody presses Ctrl-C
_ANSWER_SECONDS: Final = 60.0  # without a byte of an answer: past that something hangs


@dataclass(frozen=True, slots=True)
class Stage:
    """The running service, where it listens, a client session for it, the admin key of its first start."""

    service: Service
    address: str
    session: ClientSession
    admin_token: str


@asynccontextmanager
async def running_service(folder: Path) -> AsyncIterator[Stage]:
    """Run the service with its data in ``folder``, which must not hold a database yet."""
    with socket.create_server((_HOST, 0)) as listener:
        port = listener.getsockname()[1]
        async with open_service(_settings(folder, port)) as service:
            token = await ensure_first_admin(service.store, service.clock)
            if token is None:
                raise ConfigurationError(f"{folder} has a database already; name an empty folder")
            runner = web.AppRunner(build_app(service), shutdown_timeout=_SHUTDOWN_SECONDS, **SERVER_OPTIONS)
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                async with ClientSession(
                    timeout=ClientTimeout(total=None, sock_read=_ANSWER_SECONDS)
                ) as session:
                    yield Stage(service, f"http://{_HOST}:{port}", session, token)
            finally:
                await runner.cleanup()


def _settings(folder: Path, port: int) -> Settings:
    """Return settings of their own, so that no database or key that is configured is touched.

    The one exception from the outbound rules is this very host and port, whose https addresses are asked over
    plain http: the did:web issuer and the status lists are served here, and nobody certifies localhost.
    """
    return load_settings(
        data_folder=folder,
        database_url="",
        master_key=None,
        master_key_file=None,
        public_base_url=f"https://localhost:{port}",
        outbound={"development_hosts": (f"localhost:{port}",)},
        log_level="error",
    )
