"""Publishes lists that have changed although nobody reads them, and forgets what is over.

One replica does it, which holds a lease; when it dies another takes the lease over. Correctness depends on
none of this: whoever reads a list publishes it if it is behind, and of two who publish one wins.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from ler_trust.errors import ConfigurationError, Conflict, Rejected, Undecided
from ler_trust.model.instant import DAY, SECOND
from ler_trust.service import Service
from ler_trust.web.keys import SERVICE
from ler_trust.web.resting import Resting

_LEASE: Final = "publishing"
_LEASE_SECONDS: Final = 10.0  # after which a dead replica's work is another's
_PAGE: Final = 100  # lists looked up at a time, and published under one lease
_REQUESTS_KEPT: Final = 7 * DAY  # how long an idempotency key is remembered
_FORGET_EVERY: Final = 3_600.0  # seconds
_log = structlog.get_logger("ler_trust.web")


async def keep_publishing(app: web.Application) -> AsyncIterator[None]:
    """Publish in the background from the start of ``app`` to its end (an aiohttp cleanup context)."""
    service = app[SERVICE]
    resting = Resting(service.clock)
    publish = partial(publish_outdated, service, secrets.token_hex(8), resting)
    async with AsyncExitStack() as stack:
        keep = service.background.keep
        window = service.settings.lists.publish_seconds
        await stack.enter_async_context(keep("publishing lists", publish, window))
        forget = keep("forgetting", partial(_forget, service), _FORGET_EVERY, at_once=True)
        await stack.enter_async_context(forget)
        yield


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


async def publish_outdated(service: Service, holder: str, resting: Resting | None = None) -> None:
    """Publish what is behind if ``holder`` has or gets the lease; note the age of what is not.

    Every list that is behind has its turn, however many before it cannot be published; those that could not
    be lately are left to rest. Raises ``Undecided`` when the store cannot be asked, and at the end what
    nobody foresaw, if a list met it.
    """
    resting = resting or Resting(service.clock)
    mistakes: list[Exception] = []
    after, full = None, True
    while full and await _take_lease(service, holder):
        behind = await service.store.outdated(service.clock.now(), after=after, limit=_PAGE)
        for list_id in behind:
            if not resting.has(list_id) and not await _published(service, list_id, mistakes):
                resting.put(list_id)
        after, full = behind[-1] if behind else None, len(behind) == _PAGE
    service.metrics.publication_age(await publication_age(service))
    service.metrics.awaited_signatures(*await awaited_signatures(service))
    if mistakes:
        raise mistakes[0]


async def _take_lease(service: Service, holder: str) -> bool:
    now = service.clock.now()
    seconds = max(_LEASE_SECONDS, 5 * service.settings.lists.publish_seconds)
    return await service.store.take_lease(_LEASE, holder, now, now + round(seconds * SECOND))


async def _published(service: Service, list_id: str, mistakes: list[Exception]) -> bool:
    """Publish a list and return whether that went well; what nobody foresaw is added to ``mistakes``."""
    try:
        await service.publisher.published(list_id)
    except (Conflict, Rejected, Undecided) as finding:
        _log.error("list_not_published", list_id=list_id, code=finding.code.name, detail=finding.detail)
    except ConfigurationError as error:
        _log.error("list_not_published", list_id=list_id, detail=str(error))
    except Exception as error:  # noqa: BLE001 - the other lists have their turn first
        if not mistakes:  # one is told, and each holds all that it met
            mistakes.append(error)
    else:
        return True
    return False


async def _forget(service: Service) -> None:
    now = service.clock.now()
    history = service.settings.lists.history_days * DAY
    await service.store.forget(published_before=now - history, requests_before=now - _REQUESTS_KEPT)
