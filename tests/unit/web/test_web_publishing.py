"""Lists are published although nobody reads them, by one replica of several; it shows when they are not."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY, SECOND
from ler_trust.model.records import PublishedList, Role, StatusChange
from ler_trust.observe import background as background_module
from ler_trust.store.sql.store import SqlStore
from ler_trust.web.publishing import publication_age, publish_outdated
from ler_trust.web.resting import Resting
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, running
from tests.kit.store_contract import list_record
from tests.unit.web.test_web_status_lists import entries, made

QUIET: Any = {"publish_seconds": 3_600}  # nothing happens in the background unless a test does it


async def revoke_one(service: Running, headers: dict[str, str], list_id: str) -> None:
    [entry] = await entries(service, headers, list_id, 1)
    body = {"status": "revoked", "changes": [{"entry": entry}]}
    assert (await service.post(f"/v1/status-lists/{list_id}/changes", body, headers)).status == 200


async def until_published(service: Running, list_id: str) -> None:
    for _ in range(600):
        if await service.service.store.published(list_id) is not None:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the list was not published")


async def test_changed_list_is_published_unasked(tmp_path: Path) -> None:
    async with running(tmp_path, clock=SteppedClock(NOON), lists=QUIET) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        await revoke_one(service, headers, list_id)
        assert await service.service.store.published(list_id) is None
        await publish_outdated(service.service, "one")
        published = await service.service.store.published(list_id)
        assert published is not None
        assert published.sequence == 1


async def test_only_the_holder_of_the_lease_publishes_until_it_is_dead(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock, lists={"publish_seconds": 1}) as service:
        headers = await service.headers(Role.ISSUER)
        await service.service.store.take_lease("publishing", "one", NOON, NOON + 10 * SECOND)
        list_id = (await made(service, headers))["id"]
        await revoke_one(service, headers, list_id)
        await publish_outdated(service.service, "two")
        assert await service.service.store.published(list_id) is None
        clock.advance(11)
        await publish_outdated(service.service, "two")
        assert await service.service.store.published(list_id) is not None


async def test_age_of_what_is_not_published_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock, lists=QUIET) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        await revoke_one(service, headers, list_id)

        async def broken(*_: object, **__: object) -> bool:
            raise Undecided("request.unavailable", "cannot write")

        with monkeypatch.context() as patch:
            patch.setattr(service.service.store, "publish", broken)
            clock.advance(61)
            await publish_outdated(service.service, "one")
        assert await publication_age(service.service) == 61
        metrics = await (await service.client.get("/metrics")).text()
        assert "ler_trust_list_publication_age_seconds 61.0" in metrics
        ready = await (await service.client.get("/readyz")).json()
        assert ready["status"] == "degraded"
        assert "has not been published for 61 seconds" in ready["degraded"][0]
        await publish_outdated(service.service, "one")
        assert await publication_age(service.service) == 0
        assert (await (await service.client.get("/readyz")).json())["status"] == "ready"


async def test_unread_list_is_renewed_before_it_expires(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock, lists=QUIET) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        first: PublishedList = await service.service.publisher.published(list_id)
        clock.advance(60_000)
        await publish_outdated(service.service, "one")
        renewed = await service.service.store.published(list_id)
        assert renewed is not None
        assert renewed.valid_until == first.valid_until + 60_000 * SECOND
        assert renewed.valid_until > clock.now() + DAY // 2


async def test_thousand_lists_that_cannot_be_published_do_not_starve_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def published(list_id: str) -> None:
        asked.append(list_id)
        if list_id.startswith("broken"):
            raise Undecided("request.unavailable", "its signer is away")

    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock, lists=QUIET) as service:
        store = service.service.store
        for name in [*(f"broken-{number}" for number in range(1_001)), "whole"]:
            await store.create_list(replace(list_record(), id=name, url=f"https://lists.example.org/{name}"))
            await store.change(name, [StatusChange(1, 1)], actor="key", at=NOON)
        monkeypatch.setattr(service.service.publisher, "published", published)
        resting = Resting(clock)
        await publish_outdated(service.service, "one", resting)
        assert asked[-1] == "whole"
        assert len(asked) == len(set(asked)) == 1_002
        asked.clear()
        await publish_outdated(service.service, "one", resting)
        assert asked == ["whole"]  # the others rest
        clock.advance(1)
        asked.clear()
        await publish_outdated(service.service, "one", resting)
        assert len(asked) == 1_002


async def test_list_that_meets_what_nobody_foresaw_keeps_no_other_from_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, clock=SteppedClock(NOON), lists=QUIET) as service:
        headers = await service.headers(Role.ISSUER)
        lists = [(await made(service, headers))["id"] for _ in range(2)]
        for list_id in lists:
            await revoke_one(service, headers, list_id)
        publisher = service.service.publisher
        publish = publisher.published

        async def published(list_id: str) -> PublishedList:
            if list_id == lists[0]:
                raise KeyError(list_id)
            return await publish(list_id)

        monkeypatch.setattr(publisher, "published", published)
        with pytest.raises(KeyError):
            await publish_outdated(service.service, "one")
        states = [await service.service.store.published(list_id) for list_id in lists]
        assert [state is None for state in states] == [True, False]


async def test_publication_goes_on_after_what_nobody_foresaw_and_it_shows_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, failed, mended = True, asyncio.Event(), asyncio.Event()
    take_lease = SqlStore.take_lease

    async def lease(self: SqlStore, name: str, holder: str, at: int, until: int) -> bool:
        if broken:
            failed.set()
            raise ZeroDivisionError("what nobody foresaw")
        mended.set()
        return await take_lease(self, name, holder, at, until)

    monkeypatch.setattr(SqlStore, "take_lease", lease)
    monkeypatch.setattr(background_module, "_AFTER_A_MISTAKE", 0.0)
    async with running(tmp_path, lists={"publish_seconds": 0}) as service:
        await failed.wait()
        ready = await (await service.client.get("/readyz")).json()
        assert ready["status"] == "degraded"
        assert "publishing lists (ZeroDivisionError" in ready["degraded"][0]
        assert "nobody foresaw" not in str(ready)
        broken = False
        await mended.wait()
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        await revoke_one(service, headers, list_id)
        await until_published(service, list_id)
        assert (await (await service.client.get("/readyz")).json())["status"] == "ready"


async def test_background_work_goes_on_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path, lists={"publish_seconds": 0}) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        await revoke_one(service, headers, list_id)
        await until_published(service, list_id)
