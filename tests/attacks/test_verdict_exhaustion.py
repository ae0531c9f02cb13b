"""Batches made to cost: time, sockets, memory, or other people's answers."""

import asyncio
from collections.abc import Sequence
from threading import Event
from typing import Any

import orjson
import pytest

from did_methods.key import DidKey
from ler_trust.codec import controlled_identifier
from ler_trust.codec.multikey import encode_multikey
from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Failure, Undecided
from ler_trust.model.did import DidDocument
from ler_trust.model.engine import Authentication, KeyNeed, Material, SecuringForm, Survey
from ler_trust.model.instant import DAY
from ler_trust.model.policy import ANY_ISSUER, DEFAULT
from ler_trust.model.report import Outcome, Report
from ler_trust.resolve.resolver import CachingResolver
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.suites.outcomes import OutcomeTuple, SurveyTuple
from ler_trust.suites.signing import LocalSigner, add_proof
from ler_trust.verify.authenticate import Authenticator, Budget
from ler_trust.verify.binding import find_keys
from ler_trust.verify.gather import RESOLUTIONS_AT_ONCE, gather_documents
from tests.kit.issuing import badge, signer
from tests.kit.world import FORMATS, NOW, World, entry

LISTS = "https://lists.example.org/1"


def signed(document: dict[str, Any], by: LocalSigner) -> bytes:
    return orjson.dumps(add_proof(document, by, "eddsa-jcs-2022", created=NOW - DAY))


def lists_named(by: LocalSigner, number: int, urls: Sequence[str]) -> bytes:
    return signed(badge(by.issuer, number, credentialStatus=[entry(url, 1) for url in urls]), by)


# ── Other people's answers ──────────────────────────────────────────────────────────────────────────


async def test_list_named_by_a_stranger_as_another_kind_of_list() -> None:
    world = World()
    school, forger = world.web_issuer("school"), signer(name="forger")
    world.recognise(school.issuer)
    world.publish_list(LISTS, school, 5)
    honest = [signed(badge(school.issuer, n, credentialStatus=entry(LISTS, n)), school) for n in (4, 5)]
    poison = signed(
        badge(forger.issuer, credentialStatus=entry(LISTS, 1) | {"type": "StatusList2021Entry"}), forger
    )
    for items in ([poison, *honest], [*honest, poison]):
        reports = dict(zip(items, await world.verify(items, DEFAULT), strict=True))
        assert [reports[item].outcome for item in honest] == [Outcome.VALID, Outcome.INVALID]
        assert reports[poison].outcome is Outcome.INDETERMINATE


# ── Time ────────────────────────────────────────────────────────────────────────────────────────────


class PoisonEngine:
    """An engine whose every item takes until it is told to stop, and a minute otherwise."""

    name = "poison"

    def __init__(self) -> None:
        self.begun = 0
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def survey(self, items: Sequence[bytes]) -> SurveyTuple:
        return SurveyTuple(Survey(SecuringForm.DATA_INTEGRITY) for _ in items)

    def authenticate(
        self,
        items: Sequence[bytes],
        material: Material,
        *,
        documents: bool = False,
        stop: Event | None = None,
        scope: str | None = None,
    ) -> OutcomeTuple:
        assert stop is not None
        return OutcomeTuple(self._authenticate(stop) for _ in items)

    def _authenticate(self, stop: Event) -> Authentication:
        code = "batch.deadline"
        if not stop.is_set():
            self.begun += 1
            self._loop.call_soon_threadsafe(self.started.set)
            code = "graph.too_complex" if stop.wait(60) else "format.engine_fault"
            self._loop.call_soon_threadsafe(self.stopped.set)
        return Authentication(SecuringForm.DATA_INTEGRITY, Failure(False, code, ""))


async def test_thousand_poison_graphs_end_with_the_batch() -> None:
    engine = PoisonEngine()
    world = World(engine, budget=Budget(1.0, 0.2))
    reports = await world.reports([str(number).encode() for number in range(1_000)])
    assert engine.begun == 1
    assert reports[0].reason == "graph.too_complex"
    assert {report.reason for report in reports[1:]} == {"batch.deadline"}
    assert {report.outcome for report in reports} == {Outcome.INDETERMINATE}


async def test_poison_graphs_end_with_the_client() -> None:
    engine = PoisonEngine()
    task = asyncio.create_task(World(engine).reports([b"1", b"2", b"3"]))
    async with asyncio.timeout(30):
        await engine.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        await engine.stopped.wait()
    assert engine.begun == 1


async def test_nesting_buys_no_more_time() -> None:
    world = World()
    forger = signer(name="forger")
    ends: list[float | None] = []
    real = world.authenticator.authenticate

    async def noted(*args: Any, end: float | None = None, **named: Any) -> Any:
        ends.append(end)
        return await real(*args, end=end, **named)

    world.authenticator.authenticate = noted  # type: ignore[method-assign]
    await world.reports([_nested(forger, 2, 3)])
    assert len(ends) == 4
    assert len(set(ends)) == 1


async def test_nothing_is_fetched_after_the_end_of_the_batch() -> None:
    world = World()
    school = world.web_issuer("school")
    world.publish_list(LISTS, school)
    authenticator = Authenticator(PoisonEngine(), world.resolver, None, Budget(1.0, 0.0))
    assert authenticator.is_over(authenticator.end_of_batch())
    world.verifier._authenticator = authenticator
    [report] = await world.verify([lists_named(school, 1, [LISTS])])
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "batch.deadline")
    assert world.web.asked == []


# ── Sockets ─────────────────────────────────────────────────────────────────────────────────────────


class TarPit:
    """A web whose hosts never answer; tells how many were being asked at the worst moment."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = 0
        self.most = 0

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await asyncio.sleep(30)
        finally:
            self.open -= 1
        raise Undecided("fetch.timeout")


async def test_ten_thousand_forged_issuers_on_hosts_that_do_not_answer() -> None:
    world, web = World(), TarPit()
    resolver = CachingResolver(web, {}, world.clock)
    names = [f"https://host-{number}.example.org/" for number in range(10_000)]
    found = await asyncio.wait_for(gather_documents(resolver.resolve, names, 0.2), 10)
    assert web.asked == web.most == RESOLUTIONS_AT_ONCE
    assert len(found) == 10_000
    assert {one.code for one in found.values() if isinstance(one, Failure)} == {"did.unreachable"}
    await resolver.close()


async def test_ten_thousand_lists_on_hosts_that_do_not_answer() -> None:
    world, web = World(), TarPit()
    keeping = Keeping(search_seconds=0.2)
    client = StatusListClient(web, world.authenticator.authenticate_lists, FORMATS, world.clock, keeping)
    wanted = [(f"https://lists.example.org/{number}", "BitstringStatusListEntry") for number in range(10_000)]
    found = await asyncio.wait_for(client.find(wanted, NOW), 10)
    assert web.asked == web.most == keeping.search_at_once
    assert list(found) == wanted
    assert {(one.code, one.retryable) for one in found.values() if isinstance(one, Failure)} == {
        ("status.list_unreachable", True)
    }
    elsewhere = ("https://lists.example.com/", "BitstringStatusListEntry")
    other = asyncio.create_task(client.find([elsewhere], NOW))
    await asyncio.sleep(0.05)
    assert web.asked == keeping.search_at_once + 1  # somebody else's list does not wait behind them
    await client.close()
    await asyncio.gather(other, return_exceptions=True)


async def test_one_records_many_lists_do_not_come_before_everybodys() -> None:
    world = World()
    school, forger = world.web_issuer("school"), signer(name="forger")
    world.publish_list(LISTS, school)
    flood = [
        lists_named(forger, n, [f"https://flood.example.org/{n}/{m}" for m in range(16)]) for n in range(5)
    ]
    honest = [signed(badge(school.issuer, n, credentialStatus=entry(LISTS, n)), school) for n in range(2)]
    await world.verify([*flood, *honest])
    lists = [url for url in world.web.asked if not url.endswith("did.json")]
    assert lists[0] == LISTS
    assert len(lists) == 81


# ── Memory ──────────────────────────────────────────────────────────────────────────────────────────


async def test_lists_of_one_batch_are_bounded_in_bytes() -> None:
    world = World()
    school = world.web_issuer("school")
    urls = [f"https://lists.example.org/{number}" for number in range(20)]
    for url in urls:
        world.publish_list(url, school)  # 16 KiB each
    keeping = Keeping(search_bytes=64 * 1024, search_at_once=1)
    client = StatusListClient(
        world.web, world.authenticator.authenticate_lists, FORMATS, world.clock, keeping
    )
    found = await client.find([(url, "BitstringStatusListEntry") for url in urls], NOW)
    held = [one for one in found.values() if not isinstance(one, Failure)]
    assert len(held) == 4
    assert len(found) == 20


def _nested(by: LocalSigner, many: int, levels: int) -> bytes:
    """Return a record that holds ``many`` equal ones, each of which holds ``many`` equal ones, and so on."""
    document = badge(by.issuer)
    if levels:
        document["endorsement"] = [orjson.loads(_nested(by, many, levels - 1))] * many
    return signed(document, by)


def _size(report: Report) -> int:
    return 1 + sum(_size(child) for child in report.children)


async def test_equal_records_inside_equal_records_do_not_multiply() -> None:
    world = World()
    [report] = await world.verify([_nested(signer(name="forger"), 6, 3)], ANY_ISSUER)
    assert _size(report) == 1 + 6 + 6**2 + 6**3


# ── The event loop ──────────────────────────────────────────────────────────────────────────────────


async def test_thousands_of_keys_named_in_one_large_document_read_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[object] = []
    real = controlled_identifier._maps_by_id

    def counted(content: Any) -> dict[str, Any]:
        reads.append(content)
        return dict(real(content))

    monkeypatch.setattr(controlled_identifier, "_maps_by_id", counted)
    world = World()
    key = world.web_issuer("large")
    methods = [
        {
            "id": f"#key-{number}",
            "type": "Multikey",
            "controller": key.issuer,
            "publicKeyMultibase": encode_multikey(key.public_key),
        }
        for number in range(1_500)
    ]
    listed = [method["id"] for method in methods]
    world.web.pages["https://large.example.org/.well-known/did.json"] = orjson.dumps(
        {"id": key.issuer, "verificationMethod": methods, "assertionMethod": listed}
    )
    proof = orjson.loads(signed(badge(key.issuer), key))["proof"]
    items = [
        orjson.dumps(
            badge(key.issuer, n)
            | {"proof": [proof | {"verificationMethod": f"{key.issuer}#key-{n * 16 + m}"} for m in range(16)]}
        )
        for n in range(90)
    ]
    reports = await world.verify(items)
    assert {report.reason for report in reports} == {"proof.signature"}
    assert len(reads) == 1


async def test_issuers_that_need_no_fetch_let_the_event_loop_turn() -> None:
    turns = 0
    done = False

    async def turn() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(turn())
    world = World()
    resolver = CachingResolver(world.web, {"key": DidKey()}, world.clock)
    names = [signer(name=f"issuer {number}").issuer for number in range(1_000)]
    found = await gather_documents(resolver.resolve, names, 60)
    done = True
    await other
    assert all(isinstance(one, DidDocument) for one in found.values())
    assert turns >= 1_000 // RESOLUTIONS_AT_ONCE


async def test_document_with_hundreds_of_keys_and_none_named() -> None:
    world = World()
    key = world.web_issuer("many")
    methods = [
        {
            "id": f"#key-{number}",
            "type": "Multikey",
            "controller": key.issuer,
            "publicKeyMultibase": encode_multikey(signer(name=f"key {number}").public_key),
        }
        for number in range(100)
    ]
    world.web.pages["https://many.example.org/.well-known/did.json"] = orjson.dumps(
        {"id": key.issuer, "assertionMethod": methods}
    )
    document = await world.resolver.resolve(key.issuer)
    need = KeyNeed(key.issuer, None, "assertionMethod")
    found = find_keys(need, {key.issuer: document}, (), NOW, bind=True)
    assert isinstance(found, Failure)
    assert (found.decided, found.code) == (False, "proof.key_not_named")
