"""A PostgreSQL server that the test run starts, uses and ends: in a folder of its own, without a TCP port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from ler_trust.store.sql import SqlStore
from ler_trust.store.sql.tables import METADATA
from tests.kit.servers import INSTRUCTION, postgresql_programs

_START_SECONDS = 30
_TEMPLATE = "ler_template"


class Postgres:
    """A running server; every database it hands out is new and has the present schema."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._numbers = count(1)
        self._clean: str | None = None

    def url(self, name: str) -> str:
        """Return the URL of the database ``name``."""
        return f"postgresql://postgres@/{name}?host={self._sockets}"

    async def empty_database(self) -> str:
        """Create a database without any table and return its URL."""
        return await self._create("template1")

    async def new_database(self) -> str:
        """Create a database with the schema in it and return its URL."""
        if not await self._run("SELECT 1 FROM pg_database WHERE datname = $1", _TEMPLATE):
            await self._run(f"CREATE DATABASE {_TEMPLATE}")
            await (await SqlStore.open(self.url(_TEMPLATE))).close()
        return await self._create(_TEMPLATE)

    async def clean_database(self) -> str:
        """Return the URL of one database, with the schema and no row: emptying is quicker than creating."""
        if self._clean is None:
            self._clean = await self.new_database()
        tables = ", ".join(f'"{name}"' for name in METADATA.tables)
        await self._run(f"TRUNCATE {tables} RESTART IDENTITY CASCADE", database=self._clean)
        return self._clean

    async def cut_connections(self, url: str) -> None:
        """End every connection to a database, as a restart does; returns when they have ended."""
        name = make_url(url).database or ""
        await self._run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
        )

    async def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    async def _run(self, statement: str, *values: str, database: str | None = None) -> bool:
        connection = await asyncpg.connect(database or self.url("postgres"))
        try:
            return bool(await connection.fetch(statement, *values))
        finally:
            await connection.close()


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Start a server and end it afterwards; fails, and says what to do, where PostgreSQL is not installed.

    Only a ``durable`` one writes to the disk what it says it has written.
    """
    programs = postgresql_programs()
    if programs is None:
        raise RuntimeError(INSTRUCTION)
    folder = Path(tempfile.mkdtemp(prefix="ler-pg-"))
    prefix = _as_postgres(folder)
    data = folder / "data"
    try:
        subprocess.run(
            [*prefix, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=_START_SECONDS,
        )
        # What tests look at is what the service asks of the server; the disk under it only costs them time.
        command = [
            *prefix,
            f"{programs}/postgres",
            "-D",
            f"{data}",
            "-k",
            f"{folder}",
            "-h",
            "",
            "-c",
            f"fsync={'on' if durable else 'off'}",
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _await_answer(programs, folder, server)
            yield Postgres(folder)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is wanted any more
            server.wait(_START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_postgres(folder: Path) -> list[str]:
    """Return what to put before a command: the server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--pdeathsig=INT",
    ]


def _await_answer(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.05)
