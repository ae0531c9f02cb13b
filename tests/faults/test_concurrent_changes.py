"""Many issuers' programs changing one list at once, through two server processes on one PostgreSQL.

In CI fifty clients make twenty changes each; ``LER_TEST_CHANGES=1000`` makes it a thousand each, and
the report says how many it were.
"""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.faults.faulty_server import serving
from tests.faults.test_crash_table import Client, client_of, issuer_token
from tests.kit.postgres import Postgres

CLIENTS = 50
CHANGES = int(os.environ.get("LER_TEST_CHANGES", "20"))
SHARED = 40  # entries that all clients change
WORDS = ("active", "suspended")


async def test_fifty_clients_through_two_servers_lose_no_change(
    postgres: Postgres, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    database = await postgres.new_database()
    token = await issuer_token(database)
    master = "5a" * 32
    with (
        serving(tmp_path / "one", database, master_key=master) as first,
        serving(tmp_path / "two", database, master_key=master) as second,
    ):
        async with client_of(first, token) as one, client_of(second, token) as two:
            key = await one.ask("POST", "/v1/signing-keys", {})
            body = {"purpose": "suspension", "signing_key": key["id"]}
            path = f"/v1/status-lists/{(await one.ask('POST', '/v1/status-lists', body))['id']}"
            shared = [index for _ in range(SHARED // 3 + 1) for index in await one.allocate(path, None)]
            work = [_client(number, (one, two)[number % 2], path, shared) for number in range(CLIENTS)]
            done = await asyncio.wait_for(asyncio.gather(*work), 60 + CHANGES)
            record_property("changes", CLIENTS * CHANGES)
            given = [index for indexes, _ in done for index in indexes]
            assert len(set(given) | set(shared)) == len(given) + len(shared), "one index was given twice"
            told = {sequence: change for _, changes in done for sequence, change in changes.items()}
            assert sorted(told) == list(range(1, CLIENTS * CHANGES + 1)), "a change was lost, or told twice"
            model: dict[int, int] = {}
            for sequence in sorted(told):
                index, value = told[sequence]
                model[index] = value
            expected = {index for index, value in model.items() if value}
            await asyncio.sleep(0.6)  # how long a server may show a list without another's change
            assert await one.published(path) == await two.published(path) == expected


async def _client(
    number: int, client: Client, path: str, shared: list[int]
) -> tuple[list[int], dict[int, tuple[int, int]]]:
    """Change entries of its own and shared ones; return those of its own, and its changes by sequence."""
    chance = random.Random(number)  # noqa: S311 - a repeatable choice, not a secret
    own = await client.allocate(path, None)
    told: dict[int, tuple[int, int]] = {}
    for _ in range(CHANGES):
        index, value = chance.choice([*own, *shared]), chance.randint(0, 1)
        body = {"changes": [{"index": index, "status": WORDS[value]}]}
        sequence = (await client.ask("POST", f"{path}/changes", body))["sequence"]
        assert sequence not in told
        told[sequence] = (index, value)
        if chance.random() < 0.02:
            await client.published(path)
    return own, told
