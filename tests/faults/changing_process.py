"""A process that changes one status list for ever and prints each change after it was acknowledged.

``python -m tests.faults.changing_process URL LIST ACTOR SEED [COUNT]``; one JSON array a line:
``["change", last sequence, [[index, value], …]]`` or ``["allocate", first ordinal, count]``.
"""

import asyncio
import json
import random
import sys

from ler_trust.model.records import StatusChange
from ler_trust.store.sql import SqlStore

GROUP = 3  # changes in one call: to be found all or none
ENTRIES = 64  # few, so that two processes often change the same one


async def _change_for_ever(url: str, list_id: str, actor: str, seed: int, count: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    store = await SqlStore.open(url)
    for _ in range(count):
        if chance.random() < 0.3:
            wanted = chance.randint(1, 5)
            _acknowledge("allocate", await store.allocate(list_id, wanted), wanted)
        else:
            pairs = [(chance.randrange(ENTRIES), chance.randint(0, 1)) for _ in range(GROUP)]
            changes = [StatusChange(index, value) for index, value in pairs]
            _acknowledge("change", await store.change(list_id, changes, actor=actor, at=1), pairs)
    await store.close()


def _acknowledge(*what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _url, _list, _actor, _seed, *_count = sys.argv[1:]
    asyncio.run(_change_for_ever(_url, _list, _actor, int(_seed), int(_count[0]) if _count else sys.maxsize))
