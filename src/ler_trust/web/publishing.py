"""Publishes lists that have changed although nobody reads them, and forgets what is over.

One replica does it, which holds a lease; when it dies another takes the lease over. Correctness depends on
none of this: whoever reads a list publishes it if it is behind, and of two who publish one wins.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final

import structlog
from aiohttp import web

from ler_trust.errors import ConfigurationError, Conflict, Rejected, Undecided
from ler_trust.model.instant import DAY, SECOND
from ler_trust.service import Service
from ler_trust.web.keys import SERVICE

_LEASE: Final = "publishing"
_LEASE_SECONDS: Final = 10.0  # after which a dead replica's work is another's
_SHORTEST: Final = 0.05  # seconds between two looks when changes are not to be gathered
_REQUESTS_KEPT: Final = 7 * DAY  # how long an idempotency key is remembered
_FORGET_EVERY: Final = 3_600.0  # seconds
_log = structlog.get_logger("ler_trust.web")


async def keep_publishing(app: web.Application) -> AsyncIterator[None]:
    """Publish in the background from the start of ``app`` to its end (an aiohttp cleanup context)."""
    tasks = [asyncio.create_task(work(app[SERVICE])) for work in (_publish_for_ever, _forget_for_ever)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def publication_age(service: Service) -> float:
    """Return how many seconds the oldest change not published has been in effect, 0 without one.

    Raises ``Undecided`` when the store cannot be asked.
    """
    now = service.clock.now()
    oldest = await service.store.oldest_unpublished(now)
    return 0.0 if oldest is None else max(0, now - oldest) / SECOND


async def awaited_signatures(service: Service) -> tuple[int, float]:
    """Return how many lists wait for issuers that sign themselves, and how many seconds the longest has.

    Raises ``Undecided`` when the store cannot be asked.
    """
    now = service.clock.now()
    awaited = await service.store.awaited_signatures(now)
    return awaited.lists, 0.0 if awaited.since is None else max(0, now - awaited.since) / SECOND


async def publish_outdated(service: Service, holder: str) -> None:
    """Publish what is behind if ``holder`` has or gets the lease; note the age of what is not.

    Raises ``Undecided`` when the store cannot be asked.
    """
    now = service.clock.now()
    window = service.settings.lists.publish_seconds
    until = now + round(max(_LEASE_SECONDS, 5 * window) * SECOND)
    if await service.store.take_lease(_LEASE, holder, now, until):
        for list_id in await service.store.outdated(now):
            await _publish(service, list_id)
    service.metrics.publication_age(await publication_age(service))
    service.metrics.awaited_signatures(*await awaited_signatures(service))


async def _publish(service: Service, list_id: str) -> None:
    try:
        await service.publisher.published(list_id)
    except (Conflict, Rejected, Undecided) as finding:
        _log.error("list_not_published", list_id=list_id, code=finding.code.name, detail=finding.detail)
    except ConfigurationError as error:
        _log.error("list_not_published", list_id=list_id, detail=str(error))


async def _publish_for_ever(service: Service) -> None:
    holder = secrets.token_hex(8)
    while True:
        await asyncio.sleep(max(_SHORTEST, service.settings.lists.publish_seconds))
        try:
            await publish_outdated(service, holder)
        except Undecided as finding:
            _log.warning("lists_not_looked_at", code=finding.code.name, detail=finding.detail)


async def _forget_for_ever(service: Service) -> None:
    while True:
        now = service.clock.now()
        history = service.settings.lists.history_days * DAY
        try:
            await service.store.forget(published_before=now - history, requests_before=now - _REQUESTS_KEPT)
        except Undecided as finding:
            _log.warning("nothing_forgotten", code=finding.code.name, detail=finding.detail)
        await asyncio.sleep(_FORGET_EVERY)
