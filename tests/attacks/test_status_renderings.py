"""Every form of every list of every time, asked for at once: little is made at a time, and few wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import SECOND
from ler_trust.model.records import ListRecord, PublishedList, Role
from ler_trust.status import renderings
from ler_trust.status.forms import Form, forms
from ler_trust.status.renderings import Renderings
from ler_trust.status.turns import Turns
from ler_trust.status.version import ListSigner, ListVersion
from ler_trust.store.sql import SqlStore
from status_lists.bitstring import BitstringStatusList
from tests.kit.clock import SteppedClock
from tests.kit.issuing import ENGINE, signer
from tests.kit.running_service import NOON, Running, problem, running
from tests.unit.status.test_publisher import FORMAT, new_list, publisher_on


class Slow:
    """A form whose making stops until it may go on, and counts."""

    def __init__(self) -> None:
        self.made = self.now = self.most = 0
        self.may_go_on = Event()
        self._lock = Lock()

    def make(self, version: ListVersion, by: ListSigner) -> bytes:
        """Return something, later."""
        with self._lock:
            self.made += 1
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.may_go_on.wait(30)
        with self._lock:
            self.now -= 1
        return version.address.encode() + by.issuer.encode()


def slow_forms(slow: Slow, names: int) -> list[Form]:
    """Return so many forms that are made by ``slow``."""
    one = forms(BitstringStatusList(), None, ENGINE)[-1]
    return [replace(one, name=f"form-{number}", make=slow.make) for number in range(names)]


@asynccontextmanager
async def published(folder: Path) -> AsyncIterator[tuple[PublishedList, ListRecord]]:
    store = await SqlStore.open(f"sqlite:///{folder}/lists.sqlite3")
    publisher = publisher_on(store)
    record = await new_list(publisher)
    yield await publisher.published(record.id), record
    await publisher.close()
    await store.close()


async def test_forms_of_many_versions_are_asked_for_at_once(tmp_path: Path) -> None:
    slow = Slow()
    async with published(tmp_path) as (version, record):
        made = Renderings(slow_forms(slow, 40), FORMAT, turns=Turns(2, 5))
        asked = [
            asyncio.create_task(
                made.make(replace(version, etag=f'"{time}"'), record, signer(), f"form-{form}", True, "")
            )
            for form in range(8)
            for time in range(5)
            for _ in range(3)
        ]
        refused = 0
        while refused < 99 or slow.now < 2:  # 33 of the 40, each asked for three times
            await asyncio.sleep(0.01)
            refused = sum(task.done() for task in asked)
        slow.may_go_on.set()
        ended = await asyncio.gather(*asked, return_exceptions=True)
        findings = [each for each in ended if isinstance(each, Undecided)]
        assert {(each.code.name, each.retryable) for each in findings} == {("request.unavailable", True)}
        assert (len(ended) - len(findings), slow.made) == (21, 7)
        assert slow.most == 2
        # Whoever comes afterwards is served.
        await made.make(version, record, signer(), "form-9", True, "")
        await made.close()


async def test_those_who_leave_make_room(tmp_path: Path) -> None:
    turns, held = Turns(1, 1), asyncio.Event()

    async def hold() -> None:
        async with turns.turn():
            held.set()
            await asyncio.sleep(60)

    first, second = asyncio.create_task(hold()), asyncio.create_task(hold())
    await held.wait()
    await asyncio.sleep(0)
    with pytest.raises(Undecided):
        await hold()
    for task in (second, first):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with turns.turn():
        pass


async def flooded(service: Running, path: str, moments: int) -> list[tuple[int, str | None]]:
    """Ask for every form of many times at once."""
    names = ("jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt")

    async def one(form: str, moment: int) -> tuple[int, str | None]:
        query = {"as": form, "time": str(NOON // SECOND + 10 * moment)}
        response = await service.client.get(path, params=query)
        await response.read()
        return response.status, response.headers.get("Retry-After")

    return await asyncio.gather(*[one(form, moment) for moment in range(moments) for form in names])


async def test_list_itself_is_published_whatever_flood_of_forms_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderings, "AT_ONCE", 1)
    monkeypatch.setattr(renderings, "WAITING", 3)
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        key = await (await service.post("/v1/signing-keys", {}, headers)).json()
        body = {"purpose": "revocation", "signing_key": key["id"]}
        made = await (await service.post("/v1/status-lists", body, headers)).json()
        path = f"/status-lists/{made['id']}"
        for _ in range(6):
            found = await service.post(f"/v1{path}/entries", {}, headers)
            [entry] = (await found.json())["entries"]
            changes = {"status": "revoked", "changes": [{"entry": entry}]}
            await service.post(f"/v1{path}/changes", changes, headers)
            assert (await service.client.get(path)).status == 200
            clock.advance(10)
        flood = asyncio.create_task(flooded(service, path, 6))
        await asyncio.sleep(0)
        found = await service.post(f"/v1{path}/entries", {}, headers)
        [entry] = (await found.json())["entries"]
        changes = {"status": "revoked", "changes": [{"entry": entry}]}
        await service.post(f"/v1{path}/changes", changes, headers)
        response = await service.client.get(path)  # a revocation is published whatever else is asked for
        assert response.status == 200
        answers = await flood
        assert {status for status, _ in answers} <= {200, 503}
        assert {after for status, after in answers if status == 503} <= {"5"}
        later = await service.client.get(path, params={"as": "token-cwt", "time": str(NOON // SECOND)})
        assert later.status == 200


async def test_what_waits_is_a_problem_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderings, "AT_ONCE", 0)
    monkeypatch.setattr(renderings, "WAITING", 0)
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        key = await (await service.post("/v1/signing-keys", {}, headers)).json()
        body = {"purpose": "revocation", "signing_key": key["id"]}
        made = await (await service.post("/v1/status-lists", body, headers)).json()
        response = await service.client.get(f"/status-lists/{made['id']}?as=jcs")
        await problem(response, 503, "request.unavailable")
        assert response.headers["Retry-After"] == "5"
