"""Reads the sources of imported registries again, while the service runs."""

from collections.abc import AsyncIterator
from functools import partial

import structlog
from aiohttp import web

from ler_trust.errors import Conflict, Failure, Rejected
from ler_trust.service import Service
from ler_trust.web.keys import SERVICE

_log = structlog.get_logger("ler_trust.web")


async def keep_refreshing(app: web.Application) -> AsyncIterator[None]:
    """Refresh in the background from the start of ``app`` to its end (an aiohttp cleanup context)."""
    service = app[SERVICE]
    seconds = service.settings.registries.refresh_seconds
    async with service.background.keep("refreshing registries", partial(refresh_all, service), seconds):
        yield


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
