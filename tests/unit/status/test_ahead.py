"""Lists had ahead of use: a check asks nobody, and publishers are asked at times of the service's own."""

import asyncio
from typing import Any

import orjson
import pytest

from ler_trust.errors import Failure, Undecided
from ler_trust.model.instant import DAY, MINUTE, SECOND
from ler_trust.model.status import StatusListEvidence
from ler_trust.status.aggregation import MOST_LISTS, read_lists
from ler_trust.status.ahead import ListsAhead
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.status.seen import SeenLists
from tests.kit.clock import SteppedClock
from tests.unit.status.test_client import BITSTRING, FORMATS, OTHER, URL, Notary, Web, list_credential

ALL = "https://college.example.org/status"
TOKEN_LIST = "https://college.example.org/tokens/1"


class Bench:
    """A client, what renews its lists, and how many were asked for."""

    def __init__(self, keeping: Keeping | None = None, chance: float = 0.5) -> None:
        self.clock = SteppedClock()
        self.web = Web(self.clock)
        self.client = StatusListClient(
            self.web, Notary(), FORMATS, self.clock, keeping, chance=lambda: chance
        )
        self.ahead = ListsAhead(self.client, self.web, self.clock, keeping)
        self.publish()

    def publish(self, url: str = URL, ttl: int | None = None) -> None:
        self.web.answers[url] = orjson.dumps(list_credential(ttl))

    async def find(self, url: str = URL, now: int | None = None) -> StatusListEvidence | Failure:
        [found] = (await self.client.find([(url, BITSTRING)], now or self.clock.now())).values()
        return found

    @property
    def asked(self) -> list[str]:
        return [request.url for request in self.web.asked]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_list_seen_lately_is_renewed_before_it_is_old(bench: Bench) -> None:
    await bench.find()
    for _ in range(60 * 60 // 15):
        bench.clock.advance(15)
        await bench.ahead.renew_due()
        before = len(bench.asked)
        await bench.find()
        assert len(bench.asked) == before  # the check itself has asked nobody
    assert 14 <= len(bench.asked) <= 18  # every 225 seconds in an hour, whoever is checked


async def test_list_is_renewed_for_a_day_after_its_last_use(bench: Bench) -> None:
    await bench.find()
    bench.clock.advance(86_399)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 2
    bench.clock.advance(86_400)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 2


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 180), (0.5, 225), (1.0, 270)])
async def test_moment_is_moved_by_chance(chance: float, seconds: int) -> None:
    bench = Bench(chance=chance)
    await bench.find()
    bench.clock.advance(seconds - 1)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 1
    bench.clock.advance(1)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 2


@pytest.mark.parametrize("ttl", [0, 29 * SECOND])
async def test_list_that_lives_too_short_is_asked_for_when_it_is_used(bench: Bench, ttl: int) -> None:
    bench.publish(ttl=ttl)
    await bench.find()
    bench.clock.advance(60)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 1


async def test_list_of_a_past_time_is_not_renewed(bench: Bench) -> None:
    await bench.find(now=bench.clock.now() - DAY)
    bench.clock.advance(299)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 1


async def test_renewal_that_fails_leaves_the_list_in_hand(bench: Bench) -> None:
    await bench.find()
    bench.web.answers[URL] = Undecided("fetch.timeout", retryable=True)
    bench.clock.advance(240)
    await bench.ahead.renew_due()
    await bench.ahead.renew_due()
    assert len(bench.asked) == 2  # not asked again at once
    found = await bench.find()
    assert isinstance(found, StatusListEvidence)
    assert not found.stale
    bench.clock.advance(10)
    await bench.ahead.renew_due()
    assert len(bench.asked) == 3


async def test_renewal_joins_whoever_asks_at_the_same_time(bench: Bench) -> None:
    await bench.find()
    bench.clock.advance(300)
    bench.web.gate.clear()
    both = [asyncio.create_task(bench.ahead.renew_due()), asyncio.create_task(bench.find())]
    for _ in range(20):
        await asyncio.sleep(0)
    bench.web.gate.set()
    await asyncio.gather(*both)
    assert len(bench.asked) == 2


def test_only_so_many_lists_are_remembered() -> None:
    seen = SeenLists(remember=DAY, most=2)
    for number in range(5):
        seen.note((str(number), BITSTRING), number)
    assert seen.lately(5) == [("3", BITSTRING), ("4", BITSTRING)]
    seen.note(("3", BITSTRING), 6)
    assert seen.lately(4 + DAY) == [("3", BITSTRING)]
    assert len(seen) == 1


# ── Aggregation ─────────────────────────────────────────────────────────────────────────────────────


def aggregated(*urls: Any) -> bytes:
    return orjson.dumps({"status_lists": list(urls)})


class Aggregated(Bench):
    """A publisher that names its lists where its first list says."""

    def __init__(self, keeping: Keeping | None = None) -> None:
        super().__init__(keeping)
        decode = FORMATS[BITSTRING].decode

        class Naming(type(FORMATS[BITSTRING])):  # type: ignore[misc]
            def decode(self, credential: Any, *, max_bytes: int) -> Any:
                from dataclasses import replace

                return replace(decode(credential, max_bytes=max_bytes), aggregation=ALL)

        self.client = StatusListClient(
            self.web, Notary(), {BITSTRING: Naming()}, self.clock, keeping, chance=lambda: 0.5
        )
        self.ahead = ListsAhead(self.client, self.web, self.clock, keeping)


async def test_all_lists_of_a_publisher_are_had_after_one_was_used() -> None:
    bench = Aggregated()
    bench.publish(OTHER)
    bench.web.answers[ALL] = aggregated(URL, OTHER, "https://college.example.org/status/gone")
    await bench.find()
    await bench.ahead.renew_due()
    assert ALL in bench.asked
    assert OTHER in bench.asked
    before = len(bench.asked)
    await bench.find(OTHER)
    assert len(bench.asked) == before  # its first use has told nobody
    bench.clock.advance(240)
    await bench.ahead.renew_due()
    assert bench.asked.count(ALL) == 1
    assert bench.asked.count(OTHER) == 2


async def test_lists_that_are_only_named_do_not_push_out_those_in_use() -> None:
    bench = Aggregated(Keeping(kept_bytes=1_500))
    bench.publish(OTHER)
    bench.web.answers[ALL] = aggregated(OTHER)
    await bench.find()
    await bench.ahead.renew_due()
    assert OTHER not in bench.asked


async def test_publisher_that_does_not_say_is_not_asked_again_and_again() -> None:
    bench = Aggregated()
    await bench.find()
    for _ in range(3):
        bench.clock.advance(60)
        await bench.ahead.renew_due()
    assert bench.asked.count(ALL) == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"status_lists":1}', b'{"status_lists":[1,null,"x"]}', b"\xff", b"<html>"]
)
def test_document_that_names_nothing(body: bytes) -> None:
    assert read_lists(ALL, body) == ()


def test_nobody_can_have_a_third_party_asked() -> None:
    named = [
        "https://college.example.org/a",
        "https://victim.example.com/a",
        "http://college.example.org/b",
        "https://college.example.org:444/c",
        "https://[",
        "https://COLLEGE.example.org/d",
    ]
    assert read_lists(ALL, aggregated(*named)) == (
        "https://college.example.org/a",
        "https://COLLEGE.example.org/d",
    )


def test_only_so_many_are_had() -> None:
    named = [f"https://college.example.org/{number}" for number in range(1_000)]
    assert len(read_lists(ALL, aggregated(*named))) == MOST_LISTS


def test_life_of_a_list_is_what_is_shortened() -> None:
    assert Keeping().ahead + Keeping().jitter < 1
    assert Keeping().shortest_life < Keeping().default_freshness < Keeping().max_freshness == 15 * MINUTE
