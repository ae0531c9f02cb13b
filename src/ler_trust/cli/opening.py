"""The service as commands use it: opened on the configured database, driven from ordinary code, closed."""

import asyncio
import secrets
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import typer
from sqlalchemy import make_url

from ler_trust.config import Settings, load_settings
from ler_trust.net.offline import OfflineFetcher
from ler_trust.observe import log
from ler_trust.service import Service, SystemClock, open_service
from ler_trust.store.vault import KEY_BYTES
from ler_trust.verify.batch import Question

_Value = TypeVar("_Value")


class Opened:
    """An open service and the loop it lives on.

    The loop runs only inside ``run``, so that a command reads its input outside it and Ctrl-C ends that too.
    """

    def __init__(self, runner: asyncio.Runner, service: Service) -> None:
        self._runner = runner
        self.service = service

    def run(self, work: Coroutine[Any, Any, _Value]) -> _Value:
        """Return what ``work`` returns, or raise what it raises."""
        return self._runner.run(work)

    def warn_without_registry(self, question: Question) -> None:
        """Say on standard error that nobody can be recognised, when the policy asks for that."""
        if question.policy.issuer and not self.run(self.service.trust.registries(question.tenant)):
            typer.echo(
                "ler-trust: no registry is loaded, so no issuer can be recognised; "
                "name a database that has one with --database, or judge with --policy any-issuer.",
                err=True,
            )


@contextmanager
def open_to_write(database: str | None) -> Iterator[Opened]:
    """Give the service on the configured database, which is created if it is not there yet."""
    with _opened(configured(database), None) as opened:
        yield opened


@contextmanager
def open_to_read(database: str | None, offline: Path | None = None) -> Iterator[Opened]:
    """Give the service on the configured database, on an empty one in passing when there is none.

    With ``offline`` it fetches from that folder and opens no connection.
    """
    # Nothing that only reads opens a sealed key, so none is made in passing either.
    settings = configured(database, master_key=secrets.token_hex(KEY_BYTES), master_key_command="")
    fetcher = None if offline is None else OfflineFetcher(offline, SystemClock())
    if is_there(settings):
        with _opened(settings, fetcher) as opened:
            yield opened
        return
    if database is not None:
        raise typer.BadParameter(f"there is no database {database}")
    with (
        TemporaryDirectory(prefix="ler-trust-") as folder,
        _opened(_in_folder(settings, Path(folder)), fetcher) as opened,
    ):
        yield opened


def configured(database: str | None, **values: object) -> Settings:
    """Return the settings, with the database a command line names; raises ``ConfigurationError``."""
    return load_settings(**values) if database is None else load_settings(database_url=database, **values)


def _in_folder(settings: Settings, folder: Path) -> Settings:
    """Return the settings with a database in ``folder``."""
    return settings.model_copy(update={"data_folder": folder, "database_url": ""})


@contextmanager
def _opened(settings: Settings, fetcher: OfflineFetcher | None) -> Iterator[Opened]:
    log.configure("error", "console", sys.stderr)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        service = runner.run(stack.enter_async_context(open_service(settings, fetcher=fetcher)))
        try:
            yield Opened(runner, service)
        finally:
            runner.run(stack.aclose())


def is_there(settings: Settings) -> bool:
    """Tell whether the configured database exists; one on a server is taken to."""
    url = make_url(settings.store_url)
    return url.get_backend_name() != "sqlite" or (url.database is not None and Path(url.database).is_file())
