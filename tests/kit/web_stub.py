"""Loopback servers for tests: one that answers what it is told to, one that speaks raw bytes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from ler_trust.contracts import FetchRequest

LOOPBACK = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class WebStub:
    """An HTTP server on a free port of 127.0.0.1; ``requests`` holds every request it has seen.

    Reach it by naming ``authority`` (``localhost:port``) as a development host.
    """

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.port = 0
        self._handlers: dict[str, Handler] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def authority(self) -> str:
        return f"localhost:{self.port}"

    def url(self, path: str) -> str:
        return f"https://{self.authority}{path}"

    def answer(
        self, path: str, body: bytes = b"{}", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer every request for ``path`` with the same response."""
        given = {"Content-Type": "application/json", **(headers or {})}

        async def handler(request: web.Request) -> web.Response:
            return web.Response(status=status, body=body, headers=given)

        self._handlers[path] = handler

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Redirect every request for ``path`` to ``location``."""
        self.answer(path, b"", status=status, headers={"Location": location})

    def handle(self, path: str, handler: Handler) -> None:
        """Answer every request for ``path`` by ``handler``."""
        self._handlers[path] = handler

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        handler = self._handlers.get(request.path)
        if handler is None:
            return web.Response(status=404)
        return await handler(request)


@asynccontextmanager
async def raw_server(speak: Speaker) -> AsyncIterator[str]:
    """Yield the authority of a server that reads one request head and then lets ``speak`` answer."""

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                await reader.readuntil(b"\r\n\r\n")
                await speak(reader, writer)
            finally:
                writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield f"localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def speaking(data: bytes) -> Speaker:
    """Return a speaker that sends ``data`` and hangs up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return speak


class FakeLookup:
    """A name lookup from a table; a name with several answers gives them one call after the other.

    ``asked`` lists the names asked for. ``localhost`` is 127.0.0.1 unless the table says otherwise.
    """

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self._answers = {"localhost": [[LOOPBACK]], **(answers or {})}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        if host not in self._answers:
            raise OSError(f"{host} is unknown")
        answers = self._answers[host]
        answer = answers[min(self.asked.count(host), len(answers) - 1)]
        self.asked.append(host)
        return answer


def request_for(url: str, max_bytes: int = 64 * 1024, *, same_host: bool = False) -> FetchRequest:
    return FetchRequest(url, "application/json", max_bytes, same_host)
