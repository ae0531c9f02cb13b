"""The whole service, with memory in place of the network and a registry that recognises every issuer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from ler_trust.accounts import FIRST_TENANT
from ler_trust.config import load_settings
from ler_trust.contracts import Clock, Fetched, FetchRequest, Store
from ler_trust.errors import Undecided
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.service import Service, SystemClock, open_service

_DATABASE: Final = "trust.sqlite3"
_AUTHORITY: Final = "did:web:authority.example.org"

_FORGETFUL: Final = {"engine_remembered": 0}  # every signature is checked, whatever was checked before

Verdict = tuple[str, str | None]  # outcome and reason


@asynccontextmanager
async def service_for(share: dict[str, Any]) -> AsyncIterator[Service]:
    """Give a service that has verified nothing yet.

    ``share["data"]`` is the folder for its files, ``share["database_url"]`` its database unless that is in
    there too, ``share["lists"]`` the one with the issuers' status
    lists, ``share["issuers"]`` whom its registry recognises, ``share["settings"]`` further settings:
    without ``engine_remembered`` among them no outcome is remembered.
    """
    data = Path(share["data"])
    database_url = share.get("database_url", f"sqlite:///{data / _DATABASE}")
    usual = {"data_folder": data, "database_url": database_url, "log_level": "warning"}
    settings = load_settings(**usual | _FORGETFUL | share.get("settings", {}))
    fetcher = Pages(Path(share["lists"]), SystemClock())
    async with open_service(settings, fetcher=fetcher) as service:
        await service.store.create_tenant(FIRST_TENANT, service.clock.now())
        await _recognise(service.store, share["issuers"])
        yield service


class Pages:
    """Answers with the files of a folder by its ``index.json``, read beforehand, as the peers have them."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._clock = clock
        index: dict[str, str] = orjson.loads((directory / "index.json").read_bytes())
        self._pages = {url: (directory / name).read_bytes() for url, name in index.items()}

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Return the page at the address that is asked for."""
        body = self._pages.get(request.url)
        if body is None:
            raise Undecided("fetch.not_found")
        return Fetched(request.url, body, "application/json", self._clock.now())


async def _recognise(store: Store, issuers: Sequence[str]) -> None:
    await store.put_registry(FIRST_TENANT, Registry("bench", "Bench registry", _AUTHORITY, 0))
    await store.record(FIRST_TENANT, [_statement(issuer, number) for number, issuer in enumerate(issuers, 1)])


def _statement(issuer: str, number: int) -> Statement:
    return Statement(
        id=f"statement-{number}",
        registry="bench",
        authority=_AUTHORITY,
        entity=issuer,
        name=f"Training provider {number}",
        types=(),
        jurisdiction=None,
        status=StatementStatus.ACTIVE,
        effective_from=0,
        effective_until=None,
        pinned_keys=(),
        sequence=number,
        recorded_at=0,
    )


def require_verdicts(found: Sequence[Verdict], expected: Sequence[Verdict]) -> None:
    """Raise ``ValueError`` unless every verdict, an outcome and its reason, is as it must be."""
    if found != expected:
        wrong = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
        raise ValueError(
            f"{len(wrong)} of {len(found)} verdicts are not as they must be (of {len(expected)}): {wrong[:3]}"
        )
