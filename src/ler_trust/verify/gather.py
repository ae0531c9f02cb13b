"""Wave one: the documents that hold the keys, each distinct identifier asked for once."""

import asyncio
from collections.abc import Iterable
from typing import Final

from ler_trust.contracts import Resolver
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import DidDocument

RESOLUTIONS_AT_ONCE: Final = 64  # a batch from thousands of issuers must not open thousands of sockets


async def gather_documents(
    resolver: Resolver, identifiers: Iterable[str], deadline_seconds: float
) -> dict[str, DidDocument | Failure]:
    """Resolve each identifier; what cannot be had in ``deadline_seconds`` overall is a failure value."""
    gate = asyncio.Semaphore(RESOLUTIONS_AT_ONCE)

    async def resolve(identifier: str) -> DidDocument | Failure:
        try:
            async with gate:
                return await resolver.resolve(identifier)
        except (Rejected, Undecided) as finding:
            return Failure.of(finding)

    tasks = {identifier: asyncio.create_task(resolve(identifier)) for identifier in identifiers}
    if not tasks:
        return {}
    try:
        await asyncio.wait(tasks.values(), timeout=deadline_seconds)
        return {identifier: _outcome(task) for identifier, task in tasks.items()}
    finally:
        for task in tasks.values():
            task.cancel()


def _outcome(task: asyncio.Task[DidDocument | Failure]) -> DidDocument | Failure:
    if task.done():
        return task.result()
    return Failure(False, "did.unreachable", "resolution did not finish in time", retryable=True)
