"""The client as an issuer's program uses it, against the real service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from ler_trust import client as client_module
from ler_trust.client import ServiceError, StatusClient
from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.records import Role
from ler_trust.steps import watch
from tests.kit.running_service import NOON, Running, running


@asynccontextmanager
async def issuer(folder: Path) -> AsyncIterator[tuple[Running, StatusClient, str]]:
    """Give a service, a client of it, and a list for revocation."""
    async with running(folder) as service:
        token = await service.token(Role.ISSUER)
        async with StatusClient(str(service.client.make_url("")), token) as client:
            headers = {"Authorization": f"Bearer {token}"}
            await service.post("/v1/signing-keys", {"name": "college"}, headers)
            made = await client.create_list("revocation", "college", ttl_seconds=60)
            yield service, client, made["id"]


async def test_an_issuers_year(tmp_path: Path) -> None:
    async with issuer(tmp_path) as (_, client, list_id):
        names = [f"2026/{number}" for number in range(10_050)]
        entries = await client.allocate("revocation", references=names, key="graduates")
        assert len({entry["id"] for entry in entries}) == 10_050
        assert await client.allocate("revocation", references=names, key="graduates") == entries
        [single] = await client.allocate("revocation", 1, list_id=list_id)
        tried = await client.change([{"reference": names[0]}], status="revoked", dry_run=True)
        assert (tried["applied"], tried["dry_run"]) == (1, True)
        await client.change([{"entry": single}], status="revoked", reason_code="misconduct")
        [change] = [change async for change in client.history(list_id)]
        assert (str(change["index"]), change["reason_code"]) == (single["statusListIndex"], "misconduct")
        index = {"index": int(single["statusListIndex"])}
        later = format_instant(NOON + DAY)
        await client.change([index], list_id=list_id, status="revoked", effective_at=later)
        [planned] = await client.scheduled(list_id)
        await client.call_off(list_id, planned["number"])
        assert orjson.loads(await client.published(list_id))["type"][1] == "BitstringStatusListCredential"
        assert (await client.published(list_id, "application/statuslist+jwt")).count(b".") == 2


async def test_the_same_by_vcalm(tmp_path: Path) -> None:
    async with issuer(tmp_path) as (_, client, _):
        made = await client.create_vcalm_list("default", "suspension")
        assert made["id"] == made["verifiableCredential"]["id"]
        await client.allocate("suspension", references=["urn:uuid:1"])
        entry = {"type": "BitstringStatusListEntry", "statusPurpose": "suspension"}
        for status in (True, False):
            assert (await client.set_vcalm_status("default", "urn:uuid:1", entry, status))["sequence"]


async def test_refusal_is_an_error_with_its_code(tmp_path: Path) -> None:
    async with issuer(tmp_path) as (_, client, _):
        with pytest.raises(ServiceError) as caught:
            await client.change([{"reference": "nobody"}], status="revoked")
        assert (caught.value.status, caught.value.code) == (404, "request.not_found")
        assert caught.value.pointer == "/changes/0/reference"
        with pytest.raises(ServiceError):
            [change async for change in client.history("nothing")]


async def test_request_without_an_answer_is_sent_again_and_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_WAIT_SECONDS", 0.01)
    async with issuer(tmp_path) as (_, client, list_id):
        left = {"allocate.durable": 2, "change.durable": 2}

        def fail(step: str) -> None:
            if left.get(step):
                left[step] -= 1
                raise Undecided("request.unavailable", "told to fail", retryable=True)

        watch(fail)
        try:
            [entry] = await client.allocate("revocation", 1, list_id=list_id)
            await client.change([{"entry": entry}], status="revoked")
        finally:
            watch(None)
        assert not any(left.values())
        assert len([change async for change in client.history(list_id)]) == 1


async def test_nobody_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_WAIT_SECONDS", 0.01)
    async with StatusClient("http://127.0.0.1:9", "token") as client:
        with pytest.raises(ServiceError, match="no answer came"):
            await client.scheduled("list")
