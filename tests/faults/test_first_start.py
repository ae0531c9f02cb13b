"""Processes that start for the first time at once, on one empty database."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from ler_trust.store.sql import SqlStore
from tests.kit.postgres import Postgres

_PROGRAM = """
import asyncio, sys
from pathlib import Path
from ler_trust.store.sql import SqlStore
from ler_trust.store.vault import MasterKey

async def main():
    store = await SqlStore.open(sys.argv[1])
    print(await store.create_tenant("default", 1), MasterKey.load_or_create(Path(sys.argv[2])).key.hex())
    await store.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_first_starts_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/new/ler-trust.sqlite3"
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = await server.empty_database()
    arguments = [sys.executable, "-c", _PROGRAM, url, str(tmp_path / "keys" / "master.key")]
    processes = [await asyncio.create_subprocess_exec(*arguments, stdout=PIPE, stderr=PIPE) for _ in range(4)]
    answers = await asyncio.wait_for(asyncio.gather(*[each.communicate() for each in processes]), 60)
    assert [error for _, error in answers] == [b""] * 4
    words = [output.split() for output, _ in answers]
    assert [made for made, _ in words].count(b"True") == 1
    assert len({key for _, key in words}) == 1
    store = await SqlStore.open(url)
    assert await store.tenants() == ["default"]
    await store.close()
