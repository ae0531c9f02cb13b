"""What ``ler-trust doctor`` looks at: each examination says what it found, or raises what is wrong."""

import asyncio
import platform
import re
import socket
import sqlite3
import stat
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import orjson
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ler_trust.cli.demo.badges import Pen, issue
from ler_trust.cli.demo.plan import FORMS, Fate, Planned, Role
from ler_trust.cli.opening import is_there
from ler_trust.codec.contexts import PINNED, with_added
from ler_trust.config import Settings
from ler_trust.errors import ConfigurationError
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Material
from ler_trust.model.instant import instant_of
from ler_trust.resolve.plugins import load_did_methods
from ler_trust.service import address_of, load_status_formats
from ler_trust.store.sql.database import Database, database_url
from ler_trust.store.vault import MasterKey
from ler_trust.suites.choice import choose_engine
from ler_trust.suites.signing import LocalSigner

_PYTHON: Final = (3, 11)
_SQLITE: Final = (3, 35, 0)  # the first with RETURNING
_NOT_BEFORE: Final = datetime(
    2026, 1, 1, tzinfo=UTC
)  # this software is younger, and so is every correct clock
_NOT_AFTER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_RESOLVER_FILE: Final = Path("/etc/resolv.conf")
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9._-]+")


def _python() -> str:
    if sys.version_info < _PYTHON:
        raise ConfigurationError(f"Python {'.'.join(map(str, _PYTHON))} or newer is needed")
    return f"{platform.python_implementation()} {platform.python_version()} on {platform.system()}"


def _libraries() -> str:
    needed = [text for text in requires("ler-trust") or () if "extra ==" not in text]
    return ", ".join(f"{name} {_version(name)}" for name in sorted(map(_name, needed)))


def _name(requirement: str) -> str:
    found = _REQUIREMENT.match(requirement)
    return requirement if found is None else found.group()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        raise ConfigurationError(f"the library {name} is not installed; install ler-trust again") from None


def _sqlite() -> str:
    if sqlite3.sqlite_version_info < _SQLITE:
        raise ConfigurationError(f"SQLite {'.'.join(map(str, _SQLITE))} or newer is needed")
    return sqlite3.sqlite_version


def _clock() -> str:
    now = datetime.now(UTC)
    if not _NOT_BEFORE < now < _NOT_AFTER:
        raise ConfigurationError(f"the clock says {now:%Y-%m-%d}, so every date would be judged wrongly")
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"


def _names() -> str:
    addresses = {str(found[4][0]) for found in socket.getaddrinfo("localhost", None)}
    if not all(ip_address(address).is_loopback for address in addresses):
        raise ConfigurationError(f"localhost leads to {', '.join(sorted(addresses))}, not to this machine")
    if _RESOLVER_FILE.exists() and "nameserver" not in _RESOLVER_FILE.read_text("utf-8", "replace"):
        raise ConfigurationError(f"{_RESOLVER_FILE} names no name server, so no did:web issuer can be found")
    return "localhost is this machine" + ("; a name server is set" if _RESOLVER_FILE.exists() else "")


def _engine(settings: Settings) -> str:
    """Sign one badge in every form and have the engine check it."""
    engine = choose_engine(settings.engine, settings.limits.limits(), settings.engine_threads)
    now = instant_of(datetime.now(UTC))
    forms = [(kind, form) for kind, forms in FORMS.items() for form in forms]
    for kind, form in forms:
        signer = LocalSigner.from_seed(kind, bytes(32))
        role = Role("Example Examiner", kind, hosted=False, registered=False)
        item = orjson.dumps(issue(Planned(1, role, form, Fate.VALID), Pen(signer, now), ()))
        method = VerificationMethod(signer.method, signer.issuer, signer.public_key)
        needs = engine.survey([item])[0].keys
        found = engine.authenticate([item], Material(dict.fromkeys(needs, (method,))))[0]
        if found.secured is None:
            raise ConfigurationError(
                f"the engine {engine.name} does not verify what was just signed ({form})"
            )
    return f"{engine.name}; verified a badge of each of {len(forms)} kinds of signature"


def _contexts(settings: Settings) -> str:
    added = {extra.url: extra.read() for extra in settings.contexts}
    with_added(added)
    return f"{len(PINNED)} built in and {len(added)} added, each with the SHA-256 it was pinned by"


def _plugins(settings: Settings) -> str:
    names = [*load_did_methods(settings.did_methods), *load_status_formats(settings.status_formats)]
    return ", ".join(names)


def _database(settings: Settings) -> str:
    if not is_there(settings):
        return f"none yet; the first start makes {settings.store_url}"
    return asyncio.run(_schema(settings.store_url))


async def _schema(url: str) -> str:
    database = Database(database_url(url))
    try:
        present = await database.read(_revision)
    finally:
        await database.close()
    wanted = _newest_revision()
    if present != wanted:
        raise ConfigurationError(
            f"the database is at schema {present or 'none'} and this release at {wanted}; "
            "the next start brings it there"
        )
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    return f"{kind} answers, at schema {present}"


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest_revision() -> str | None:
    return ScriptDirectory(str(files("ler_trust.store.sql") / "migrations")).get_current_head()


def _master_key(settings: Settings) -> str:
    if settings.master_key is not None:
        MasterKey.from_text(settings.master_key.get_secret_value())
        return "given by the configuration"
    if settings.master_key_command:
        MasterKey.from_command(settings.master_key_command)
        return "given by a command"
    path = settings.key_file
    if not path.exists():
        if is_there(settings):
            raise ConfigurationError(
                f"{path} is gone, and with it what opens the signing keys in the database"
            )
        return f"none yet; the first start makes {path}"
    MasterKey.load_or_create(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigurationError(f"{path} can be read by others (mode {mode:o}); run chmod 600 on it")
    return f"{path}, for this user alone"


def _signers(settings: Settings) -> str:
    for each in settings.signers:
        address_of(each)
    names = sorted(f"{each.name} ({each.tenant})" for each in settings.signers)
    return ", ".join(names) + ", not asked" if names else "none: issuers' keys are in the database"


def _development_hosts(settings: Settings) -> str:
    hosts = settings.outbound.development_hosts
    if hosts:
        raise ConfigurationError(
            f"{', '.join(hosts)} may be fetched from without TLS; never so in production"
        )
    return "none: nothing but https to public addresses"


OF_THE_MACHINE: Final[Mapping[str, Callable[[], str]]] = {
    "python": _python,
    "libraries": _libraries,
    "sqlite": _sqlite,
    "clock": _clock,
    "names": _names,
}
OF_THE_SETTINGS: Final[Mapping[str, Callable[[Settings], str]]] = {
    "engine": _engine,
    "contexts": _contexts,
    "plugins": _plugins,
    "database": _database,
    "master key": _master_key,
    "signers": _signers,
    "development hosts": _development_hosts,
}
