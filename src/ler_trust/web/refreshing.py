"""Reads the sources of imported registries again, while the service runs."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from ler_trust.errors import Conflict, Failure, Rejected, Undecided
from ler_trust.service import Service
from ler_trust.web.keys import SERVICE

_log = structlog.get_logger("ler_trust.web")


async def keep_refreshing(app: web.Application) -> AsyncIterator[None]:
    """Refresh in the background from the start of ``app`` to its end (an aiohttp cleanup context)."""
    task = asyncio.create_task(_refresh_for_ever(app[SERVICE]))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _refresh_for_ever(service: Service) -> None:
    while True:
        await asyncio.sleep(service.settings.registries.refresh_seconds)
        try:
            await refresh_all(service)
        except Undecided as finding:
            _log.warning("registries_not_refreshed", code=finding.code.name, detail=finding.detail)


async def refresh_all(service: Service) -> None:
    """Read every imported registry of every tenant from its source, one after the other.

    One that cannot be read stays as it was and counts as unchecked when it is too old. Raises ``Undecided``
    when the store cannot be asked.
    """
    for tenant in await service.store.tenants():
        for registry in await service.trust.registries(tenant):
            if registry.source is not None:
                await _refresh(service, tenant, registry.id)


async def _refresh(service: Service, tenant: str, registry: str) -> None:
    try:
        outcome = await service.trust.refresh(tenant, registry, service.fetcher)
    except (Rejected, Conflict) as finding:
        _log.warning("registry_not_refreshed", registry=registry, code=finding.code.name)
        return
    if isinstance(outcome, Failure):
        _log.warning("registry_not_refreshed", registry=registry, code=outcome.code)
