"""Imported registries are read again while the service runs."""

from pathlib import Path

import orjson

from ler_trust.web.refreshing import refresh_all
from tests.kit.running_service import NOON, TENANT, running

SOURCE = "https://registry.example.org/issuers.json"
KNOWN = [
    {"name": "Members", "type": "dcc-legacy", "url": SOURCE, "governanceUrl": "https://registry.example.org"}
]


def members(*names: str) -> bytes:
    listed = {f"did:web:{name}.example.org": {"name": name, "location": "", "url": ""} for name in names}
    return orjson.dumps({"meta": {"created": "", "updated": ""}, "registry": listed})


async def test_members_come_and_go_with_the_source(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        await service.service.store.create_tenant(TENANT, NOON)
        trust = service.service.trust
        await trust.import_known_registries(TENANT, orjson.dumps(KNOWN))
        service.outside.pages[SOURCE] = members("north", "south")
        await refresh_all(service.service)
        service.outside.pages[SOURCE] = members("south", "west")
        await refresh_all(service.service)
        statements = await trust.statements(TENANT)
        standing = {statement.entity: statement.status.value for statement in statements}
        assert standing == {
            "did:web:north.example.org": "withdrawn",
            "did:web:south.example.org": "active",
            "did:web:west.example.org": "active",
        }


async def test_a_source_that_is_gone_or_broken_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        await service.service.store.create_tenant(TENANT, NOON)
        trust = service.service.trust
        await trust.import_known_registries(TENANT, orjson.dumps(KNOWN))
        service.outside.pages[SOURCE] = members("north")
        await refresh_all(service.service)
        before = await trust.statements(TENANT)
        for page in (b"<html>", b"[]", None):
            service.outside.pages = {} if page is None else {SOURCE: page}
            await refresh_all(service.service)
        assert await trust.statements(TENANT) == before
