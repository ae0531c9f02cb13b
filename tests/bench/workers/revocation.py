"""Revokes entries of one list through the publisher, or by hand: ``share["callers"]`` at once, 0 by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import uvloop

from ler_trust.accounts import FIRST_TENANT
from ler_trust.model.did import KeyKind
from ler_trust.model.records import ListRecord, StatusChange
from ler_trust.service import Service
from tests.bench.workers.assembly import service_for
from tests.bench.workers.by_hand import ByHand, by_hand
from tests.bench.workers.protocol import serve, share

_ACTOR: Final = "bench"
_REASON: Final = "withdrawn by the issuer"


class _Publisher:
    """Revokes through the service: each caller's revocation is durable before its next."""

    def __init__(self, service: Service, record: ListRecord, callers: int) -> None:
        self._service, self._record, self._callers = service, record, callers

    async def revoke(self, indexes: Sequence[int]) -> None:
        shared = iter(indexes)
        await asyncio.gather(*[self._revoke_next(shared) for _ in range(self._callers)])

    async def _revoke_next(self, indexes: Iterator[int]) -> None:
        for index in indexes:
            changes = [StatusChange(index, 1, _REASON)]
            await self._service.publisher.change(FIRST_TENANT, self._record.id, changes, actor=_ACTOR)

    async def close(self) -> None:
        """Leave the service, which closes itself."""


async def _prepare(service: Service, count: int) -> tuple[ListRecord, Sequence[int]]:
    """Return a new list and ``count`` of its entries."""
    key = await service.issuers.create(FIRST_TENANT, KeyKind.ED25519)
    record = await service.publisher.create_list(FIRST_TENANT, "revocation", key.id)
    entries = await service.publisher.allocate(FIRST_TENANT, record.id, count)
    return record, [int(entry["statusListIndex"]) for entry in entries]


@asynccontextmanager
async def _ready(content: dict[str, Any]) -> AsyncIterator[tuple[ByHand, Sequence[int]]]:
    """Give what revokes and the entries to revoke; afterwards all of these must be revoked."""
    count = sum(map(len, content["rounds"]))
    async with service_for(content) as service:
        record, indexes = await _prepare(service, count)
        hand: ByHand = _Publisher(service, record, content["callers"])
        if not content["callers"]:
            hand = await by_hand(service.settings.store_url, record.id)
        yield hand, indexes
        await hand.close()
        state = await service.store.state(record.id)
        if len(state.values) != count:
            raise ValueError(f"{len(state.values)} entries are revoked, not {count}")


def main() -> None:
    """Do the rounds: a round is a list of ordinals of entries."""
    content: dict[str, Any] = share()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        hand, indexes = runner.run(stack.enter_async_context(_ready(content)))

        def work(ordinals: list[int]) -> int:
            runner.run(hand.revoke([indexes[ordinal] for ordinal in ordinals]))
            return len(ordinals)

        serve(content["rounds"], work, {})
        runner.run(stack.aclose())


if __name__ == "__main__":
    main()
