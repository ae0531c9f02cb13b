"""Lists under load and in races, above all those that issuers sign: none is served that was taken back."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ler_trust.errors import Conflict, Undecided
from ler_trust.model.instant import DAY
from ler_trust.model.records import AwaitedSignatures, PublishedList, Role, StatusChange
from ler_trust.status import issuer_signed, publication
from ler_trust.status.version import bits_of
from ler_trust.store.sql import SqlStore
from tests.kit.clock import SteppedClock
from tests.kit.issuers_own import Desk, OwnIssuer, desk, key_of
from tests.kit.postgres import Postgres
from tests.kit.running_service import NOON, Running, running
from tests.kit.store_contract import list_record, signed


async def opened(service: Running) -> Desk:
    return await desk(service, await service.headers(Role.ISSUER))


async def own_list(service: Running, headers: dict[str, str]) -> Desk:
    """Make a list that is signed here."""
    made = await (await service.post("/v1/signing-keys", {}, headers)).json()
    body = {"purpose": "revocation", "signing_key": made["id"]}
    response = await service.post("/v1/status-lists", body, headers)
    return Desk(service, headers, OwnIssuer(), (await response.json())["id"])


async def test_withdrawal_amid_uploads_locks_out_of_turn(postgres: Postgres) -> None:
    """A withdrawal waits for the list's row before it takes any other, as those in its transaction do."""
    url = await postgres.clean_database()
    store, holder = await SqlStore.open(url), await asyncpg.connect(url)
    try:
        await store.create_list(replace(list_record(), issuer_signs=True))
        await store.put_signed("jcs", signed(0), 100)
        async with holder.transaction():
            await holder.execute("SELECT number FROM status_list WHERE id = 'list-1' FOR UPDATE")
            withdrawal = asyncio.create_task(store.withdraw_signed("list-1", "jcs"))
            done, _ = await asyncio.wait([withdrawal], timeout=0.5)
            assert not done
        assert await withdrawal
    finally:
        await holder.close()
        await store.close()


async def test_many_withdraw_and_revoke_at_once(database: str) -> None:
    stores = [await SqlStore.open(database) for _ in range(2)]
    try:
        await stores[0].create_list(replace(list_record(), issuer_signs=True))
        for number in range(10):
            await stores[0].put_signed("jcs", replace(signed(number), published_at=100 + number), 100)
            done = await asyncio.gather(
                *(store.withdraw_signed("list-1", "jcs") for store in stores),
                stores[0].change("list-1", [StatusChange(number, 1)], actor="key", at=100),
                return_exceptions=True,
            )
            assert sorted(map(str, done[:2])) == ["False", "True"], done
            assert not isinstance(done[2], BaseException), done
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await stores[0].withdraw_signed("list-9", "jcs")
    finally:
        for store in stores:
            await store.close()


async def test_many_ask_what_is_to_be_signed_and_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        store, here, most = service.service.store, 0, 0
        read, threads = store.state, set[int]()

        async def state(list_id: str) -> Any:
            nonlocal here, most
            here += 1
            most = max(most, here)
            await asyncio.sleep(0.01)
            try:
                return await read(list_id)
            finally:
                here -= 1

        def noted(length: int, values: Mapping[int, int]) -> bytes:
            threads.add(threading.get_ident())
            return bits_of(length, values)

        monkeypatch.setattr(store, "state", state)
        monkeypatch.setattr(issuer_signed, "bits_of", noted)
        given = await asyncio.gather(*(place.unsigned() for _ in range(12)))
        bodies = [(place.issuer.signed(each), each["version"]) for each in given]
        await asyncio.gather(*(place.upload(body, version) for body, version in bodies))
        assert most == 2
        assert threads
        assert threading.get_ident() not in threads


async def test_large_list_is_not_compared_on_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        place = await own_list(service, headers)
        threads = set[int]()

        def noted(length: int, values: Mapping[int, int]) -> bytes:
            threads.add(threading.get_ident())
            return bits_of(length, values)

        monkeypatch.setattr(publication, "bits_of", noted)
        await place.served()
        await place.revoke()
        await place.served()
        assert threads
        assert threading.get_ident() not in threads


@pytest.mark.parametrize("ours", [False, True])
async def test_slow_reader_brings_back_a_list_that_was_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: bool
) -> None:
    """A look at the store that began before a change and ends after it is not kept for others."""
    async with running(tmp_path, clock=SteppedClock(NOON)) as service:
        headers = await service.headers(Role.ISSUER)
        place = await (own_list(service, headers) if ours else desk(service, headers))
        if not ours:
            await place.sign()
        status, old = await place.served()
        publisher, store = service.service.publisher, service.service.store
        publisher.look_again(place.list_id)
        read, asked, go_on = store.published if ours else store.signed, asyncio.Event(), asyncio.Event()

        async def slow(*given: str) -> PublishedList | None:
            found = await read(*given)
            asked.set()
            await go_on.wait()
            return found

        with monkeypatch.context() as patched:
            patched.setattr(store, "published" if ours else "signed", slow)
            reader = asyncio.create_task(publisher.published(place.list_id))
            await asked.wait()
        if ours:
            made = await (await service.post("/v1/signing-keys", {}, headers)).json()
            body = {"signing_key": made["id"]}
            assert (await service.client.patch(place.path, json=body, headers=headers)).status == 200
        else:
            response = await service.client.delete(f"{place.path}/signed?form=credential", headers=headers)
            assert response.status == 204
        go_on.set()
        await reader
        assert status == 200
        assert await place.served() != (200, old)


async def test_key_was_changed_because_it_was_stolen_and_nobody_signs_anew(tmp_path: Path) -> None:
    async with running(tmp_path, clock=SteppedClock(NOON)) as service:
        place = await opened(service)
        await place.sign()
        new = OwnIssuer(type(place.issuer.key)(b"\x09" * 32))
        key = await key_of(service, place.headers, new)
        lists = service.service.publisher.issuer_signed
        assert [behind for _, behind in (await lists.signatures("default", place.list_id)).values()] == [
            False
        ]
        await service.client.patch(place.path, json={"signing_key": key}, headers=place.headers)
        ((_, behind),) = (await lists.signatures("default", place.list_id)).values()
        assert behind
        assert (await (await service.client.get("/readyz")).json())["awaited"]["lists"] == 1
        place.issuer = new
        service.service.clock.advance(1)  # type: ignore[attr-defined]
        await place.sign()
        assert "awaited" not in await (await service.client.get("/readyz")).json()


async def test_signature_of_the_key_before_is_refused_for_what_it_is(sql_store: SqlStore) -> None:
    await sql_store.create_list(replace(list_record(), issuer_signs=True))
    await sql_store.put_signed("jcs", signed(0), 100)
    await sql_store.rekey_list("list-1", "key-2")
    assert await sql_store.awaited_signatures(110) == AwaitedSignatures(1, None)
    with pytest.raises(Conflict, match="another key"):
        await sql_store.put_signed("jcs", replace(signed(0, b"late"), published_at=105), 106)


async def test_readers_of_a_list_past_half_its_validity_each_read_it_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        await place.sign()
        clock.advance(6 * DAY // 1_000_000)
        store, looks = service.service.store, list[str]()
        read = store.signed

        async def noted(list_id: str, form: str) -> PublishedList | None:
            looks.append(form)
            return await read(list_id, form)

        monkeypatch.setattr(store, "signed", noted)
        for _ in range(5):
            assert (await place.served())[0] == 200
        assert len(looks) == 1
        clock.advance(DAY // 1_000_000)
        assert (await place.served())[0] == 404


async def test_list_that_cannot_be_renewed_is_kept_past_a_revocation_that_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await own_list(service, await service.headers(Role.ISSUER))
        publisher, store = service.service.publisher, service.service.store
        first = await publisher.published(place.list_id)
        half = (first.valid_until - first.published_at) // 2
        clock.instant += half
        due = clock.now() + 1_000_000
        await store.schedule(
            {place.list_id: [StatusChange(1, 1)]}, actor="key", at=clock.now(), effective_at=due
        )

        async def fails(list_id: str) -> PublishedList | None:
            raise Undecided("request.unavailable", "the signer is away", retryable=True)

        monkeypatch.setattr(publisher._publication, "_publish", fails)
        shown = await publisher.published(place.list_id)
        assert (shown.sequence, shown.next_due) == (0, due)
