"""Finding status lists: what is fetched, what is believed, how long it is kept, what if it fails."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from ler_trust.contracts import Fetched, FetchRequest, StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import Authentication, ProofOutcome, SecuredCredential, SecuringForm
from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant
from ler_trust.model.status import StatusList, StatusListEvidence
from ler_trust.status.client import Counters, StatusListClient
from ler_trust.status.kept import Keeping
from status_lists.bitstring import BitstringStatusList
from status_lists.status_list_2021 import StatusList2021
from tests.kit.clock import SteppedClock
from tests.kit.status_format_contract import bits_with

BITSTRING = "BitstringStatusListEntry"
ISSUER = "did:web:college.example.org"
URL = "https://college.example.org/status/1"
OTHER = "https://college.example.org/status/2"
FORMATS: dict[str, StatusFormat] = {BITSTRING: BitstringStatusList(), "StatusList2021Entry": StatusList2021()}
BITS = bits_with(7, entries=1_024)


def list_credential(ttl: int | None = None, bits: bytes = BITS, **members: Any) -> dict[str, Any]:
    subject = FORMATS[BITSTRING].encode(StatusList(BITSTRING, ("revocation",), bits, ttl))
    return {
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "credentialSubject": subject,
        **members,
    }


class Web:
    """A fetcher over answers in memory; ``gate`` holds answers back while it is closed."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.answers: dict[str, bytes | Undecided] = {}
        self.fresh_for: int | None = None
        self.asked: list[FetchRequest] = []
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request)
        self.arrived.set()
        await self.gate.wait()
        answer = self.answers.get(request.url, Undecided("fetch.not_found"))
        if isinstance(answer, Undecided):
            raise answer
        now = self.clock.now()
        fresh_until = None if self.fresh_for is None else now + self.fresh_for
        return Fetched(request.url, answer, "application/vc", now, fresh_until)


class Notary:
    """Authenticates whatever it is given, unless told what to say."""

    def __init__(self) -> None:
        self.valid_from: Instant | None = None
        self.valid_until: Instant | None = None
        self.instead: Authentication | None = None

    async def __call__(
        self, items: Sequence[bytes], now: Instant, *, asks: bool = True
    ) -> Sequence[Authentication]:
        assert now > 0
        return [self.instead or self.authentic(item) for item in items]

    def authentic(self, item: bytes, *failures: Failure | None, **members: Any) -> Authentication:
        proofs = tuple(
            ProofOutcome("/proof", "eddsa-rdfc-2022", None, failure) for failure in failures or (None,)
        )
        secured = SecuredCredential(
            "2.0",
            None,
            (),
            ISSUER,
            self.valid_from,
            self.valid_until,
            document=orjson.loads(item),
            **members,
        )
        return Authentication(SecuringForm.DATA_INTEGRITY, None, proofs, secured)


class Bench:
    """A client with everything around it in hand."""

    def __init__(self, keeping: Keeping | None = None) -> None:
        self.clock = SteppedClock()
        self.web = Web(self.clock)
        self.notary = Notary()
        self.client = StatusListClient(self.web, self.notary, FORMATS, self.clock, keeping)
        self.publish()

    def publish(self, url: str = URL, **members: Any) -> None:
        self.web.answers[url] = orjson.dumps(list_credential(**members))

    async def find(self, url: str = URL, kind: str = BITSTRING) -> StatusListEvidence | Failure:
        found = await self.client.find([(url, kind)], self.clock.now())
        assert list(found) == [(url, kind)]
        return found[url, kind]

    async def evidence(self, url: str = URL) -> StatusListEvidence:
        found = await self.find(url)
        assert isinstance(found, StatusListEvidence), found
        return found

    async def code(self, url: str = URL, kind: str = BITSTRING) -> str:
        found = await self.find(url, kind)
        assert isinstance(found, Failure), found
        assert not found.decided
        return found.code


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_list_is_found_with_its_issuer_and_age(bench: Bench) -> None:
    bench.notary.valid_until = bench.clock.now() + DAY
    assert await bench.evidence() == StatusListEvidence(
        URL,
        ISSUER,
        StatusList(BITSTRING, ("revocation",), BITS),
        bench.clock.now(),
        bench.clock.now() + 5 * MINUTE,
        bench.clock.now() + DAY,
    )
    [request] = bench.web.asked
    assert "application/vc+jwt" in request.accept
    assert request.max_bytes == Keeping().body_bytes


async def test_nothing_asked_nothing_found(bench: Bench) -> None:
    assert await bench.client.find([], bench.clock.now()) == {}


# ── How long it is kept ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ttl", "header", "ends_in", "fresh_for"),
    [
        (None, None, None, 5 * MINUTE),
        (2 * MINUTE, None, None, 2 * MINUTE),
        (None, 3 * MINUTE, None, 3 * MINUTE),
        (2 * MINUTE, 3 * MINUTE, None, 2 * MINUTE),
        (10 * MINUTE, None, None, 10 * MINUTE),
        (DAY, None, None, 15 * MINUTE),
        (None, DAY, None, 15 * MINUTE),
        (DAY, DAY, MINUTE, MINUTE),
        (None, None, MINUTE, MINUTE),
        (0, None, None, 0),
        (MINUTE, 0, None, 0),
    ],
)
async def test_freshness_is_the_shortest_of_all_bounds(
    bench: Bench, ttl: int | None, header: int | None, ends_in: int | None, fresh_for: int
) -> None:
    bench.publish(ttl=ttl)
    bench.web.fresh_for = header
    bench.notary.valid_until = None if ends_in is None else bench.clock.now() + ends_in
    assert (await bench.evidence()).fresh_until == bench.clock.now() + fresh_for


async def test_list_is_kept_while_fresh_and_renewed_after(bench: Bench) -> None:
    await bench.evidence()
    bench.clock.advance(299)
    await bench.evidence()
    assert len(bench.web.asked) == 1
    bench.clock.advance(1)
    bench.publish(bits=bytes(128))
    assert (await bench.evidence()).list.bits == bytes(128)
    assert bench.client.counters == Counters(hits=1, fetches=2, failures=0)


async def test_ttl_of_zero_means_every_time(bench: Bench) -> None:
    bench.publish(ttl=0)
    for _ in range(3):
        await bench.evidence()
    assert len(bench.web.asked) == 3


async def test_keeping_follows_the_clock_and_not_the_time_asked_about(bench: Bench) -> None:
    for now in (0, bench.clock.now() + 365 * DAY, bench.clock.now()):
        await bench.client.find([(URL, BITSTRING)], now)
    assert len(bench.web.asked) == 1


async def test_memory_is_bounded_by_decoded_bytes() -> None:
    bench = Bench(Keeping(kept_bytes=10_000))
    urls = [f"https://college.example.org/status/{number}" for number in range(5)]
    for url in urls:
        bench.publish(url, bits=bytes(3_000))
        await bench.evidence(url)
        assert bench.client.kept_bytes <= 10_000
    await bench.evidence(urls[-1])
    assert len(bench.web.asked) == 5
    await bench.evidence(urls[0])
    assert len(bench.web.asked) == 6


async def test_list_used_last_is_kept_longest() -> None:
    bench = Bench(Keeping(kept_bytes=9_000))
    for url in (URL, OTHER):
        bench.publish(url, bits=bytes(3_000))
        await bench.evidence(url)
    await bench.evidence(URL)
    third = "https://college.example.org/status/3"
    bench.publish(third, bits=bytes(3_000))
    await bench.evidence(third)
    await bench.evidence(URL)
    assert [request.url for request in bench.web.asked] == [URL, OTHER, third]


async def test_list_too_large_to_keep_is_still_found() -> None:
    bench = Bench(Keeping(kept_bytes=100))
    await bench.evidence()
    assert bench.client.kept_bytes == 0


# ── One fetch, whoever asks ─────────────────────────────────────────────────────────────────────────


async def test_one_fetch_for_all_who_ask_at_once(bench: Bench) -> None:
    bench.web.gate.clear()
    asking = [asyncio.create_task(bench.evidence()) for _ in range(50)]
    await asyncio.sleep(0)
    bench.web.gate.set()
    assert len({id(found) for found in await asyncio.gather(*asking)}) == 1
    assert len(bench.web.asked) == 1


async def test_who_goes_away_does_not_take_the_list_along(bench: Bench) -> None:
    bench.web.gate.clear()
    first, second = asyncio.create_task(bench.evidence()), asyncio.create_task(bench.evidence())
    await bench.web.arrived.wait()
    first.cancel()
    await asyncio.sleep(0)
    bench.web.gate.set()
    await second
    assert first.cancelled()
    assert len(bench.web.asked) == 1


async def test_no_more_lists_in_work_than_allowed() -> None:
    bench = Bench(Keeping(at_once=3))
    bench.web.gate.clear()
    urls = [(f"https://college.example.org/status/{number}", BITSTRING) for number in range(9)]
    asking = asyncio.create_task(bench.client.find(urls, bench.clock.now()))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(bench.web.asked) == 3
    bench.web.gate.set()
    assert list(await asking) == urls


async def test_closing_gives_up_what_is_under_way(bench: Bench) -> None:
    bench.web.gate.clear()
    asking = asyncio.create_task(bench.find())
    await bench.web.arrived.wait()
    await bench.client.close()
    with pytest.raises(asyncio.CancelledError):
        await asking


# ── What is not believed ────────────────────────────────────────────────────────────────────────────

BAD = Failure(True, "proof.signature", "does not match")
LATER = Failure(False, "proof.key_unresolved", "no answer", retryable=True)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (lambda notary, item: notary.authentic(item, BAD), "status.list_signature"),
        (lambda notary, item: notary.authentic(item, None, BAD), "status.list_signature"),
        (lambda notary, item: notary.authentic(item, LATER), "status.list_signature"),
        (lambda notary, item: Authentication(SecuringForm.DATA_INTEGRITY), "status.list_signature"),
        (
            lambda notary, item: Authentication(
                SecuringForm.DATA_INTEGRITY, secured=notary.authentic(item).secured
            ),
            "status.list_signature",
        ),
        (lambda notary, item: notary.authentic(item, malformed=BAD), "status.list_malformed"),
    ]
    + [
        (lambda notary, item, name=name: Authentication(SecuringForm.UNKNOWN, Failure(True, name, "")), code)
        for name, code in {
            "format.unsecured": "status.list_signature",
            "format.unsupported": "status.list_signature",
            "format.json": "status.list_malformed",
            "format.credential": "status.list_malformed",
            "format.too_large": "status.list_too_large",
            "context.unknown": "status.list_signature",
        }.items()
    ],
)
async def test_list_that_is_not_authentic(
    bench: Bench, outcome: Callable[[Notary, bytes], Authentication], code: str
) -> None:
    bench.notary.instead = outcome(bench.notary, orjson.dumps(list_credential()))
    assert await bench.code() == code


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("fetch.timeout", "status.list_unreachable"),
        ("fetch.not_found", "status.list_unreachable"),
        ("fetch.forbidden", "status.list_unreachable"),
        ("fetch.too_large", "status.list_too_large"),
    ],
)
async def test_list_that_cannot_be_had(bench: Bench, failure: str, code: str) -> None:
    bench.web.answers[URL] = Undecided(failure)
    assert await bench.code() == code


async def test_whether_to_try_again_is_passed_on(bench: Bench) -> None:
    bench.web.answers = {URL: Undecided("fetch.timeout", retryable=True), OTHER: Undecided("fetch.forbidden")}
    found = await bench.client.find([(URL, BITSTRING), (OTHER, BITSTRING)], bench.clock.now())
    assert [one.retryable for one in found.values() if isinstance(one, Failure)] == [True, False]


async def test_list_without_its_type_is_malformed(bench: Bench) -> None:
    bench.publish(type=["VerifiableCredential"])
    assert await bench.code() == "status.list_malformed"


async def test_list_of_another_format_is_malformed(bench: Bench) -> None:
    assert await bench.code(kind="StatusList2021Entry") == "status.list_malformed"


async def test_entry_type_nobody_knows(bench: Bench) -> None:
    assert await bench.code(kind="NewKind") == "status.type_unsupported"
    assert bench.web.asked == []


async def test_period_of_the_list_is_judged_at_the_time_asked_about(bench: Bench) -> None:
    now = bench.clock.now()
    bench.notary.valid_from, bench.notary.valid_until = now - DAY, now + DAY
    expected = {
        now - DAY - 121 * SECOND: "status.list_not_yet_valid",
        now - DAY - 120 * SECOND: None,
        now + DAY + 120 * SECOND: None,
        now + DAY + 121 * SECOND: "status.list_expired",
    }
    for instant, code in expected.items():
        [found] = (await bench.client.find([(URL, BITSTRING)], instant)).values()
        assert (found.code if isinstance(found, Failure) else None) == code


async def test_expired_list_is_not_asked_for_each_time(bench: Bench) -> None:
    bench.notary.valid_until = bench.clock.now() - DAY
    for _ in range(3):
        assert await bench.code() == "status.list_expired"
    assert len(bench.web.asked) == 1
    bench.clock.advance(10)
    bench.notary.valid_until = None
    await bench.evidence()


# ── When it cannot be renewed ───────────────────────────────────────────────────────────────────────


async def test_failure_is_remembered_for_a_short_while(bench: Bench) -> None:
    bench.web.answers[URL] = Undecided("fetch.timeout", retryable=True)
    for _ in range(3):
        assert await bench.code() == "status.list_unreachable"
    assert len(bench.web.asked) == 1
    bench.clock.advance(10)
    bench.publish()
    await bench.evidence()
    assert bench.client.counters == Counters(hits=0, fetches=2, failures=1)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{}", "status.list_malformed"), (b"not JSON", None), (Undecided("fetch.too_large"), None)],
)
async def test_list_that_is_bad_is_left_alone_for_a_while(
    bench: Bench, body: bytes | Undecided, code: str | None
) -> None:
    """Whatever is wrong: a list that is asked for again and again tells its host when records are checked."""
    bench.web.answers[URL] = body
    if body == b"not JSON":
        bench.notary.instead = bench.notary.authentic(orjson.dumps(list_credential()), BAD)
    first = await bench.code()
    assert code in (None, first)
    asked = len(bench.web.asked)
    for _ in range(3):
        assert await bench.code() == first
    bench.clock.advance(9)
    assert await bench.code() == first
    assert len(bench.web.asked) == asked
    bench.clock.advance(1)
    await bench.code()
    assert len(bench.web.asked) > asked


async def test_failure_of_one_list_leaves_the_others_alone(bench: Bench) -> None:
    bench.web.answers[OTHER] = Undecided("fetch.timeout", retryable=True)
    assert await bench.code(OTHER) == "status.list_unreachable"
    await bench.evidence()
    assert [request.url for request in bench.web.asked] == [OTHER, URL]


async def test_failures_remembered_are_bounded() -> None:
    bench = Bench(Keeping(resting=2))
    for number in range(5):
        await bench.find(f"https://college.example.org/missing/{number}")
    await bench.find("https://college.example.org/missing/4")
    assert len(bench.web.asked) == 5
    await bench.find("https://college.example.org/missing/0")
    assert len(bench.web.asked) == 6


async def test_old_copy_is_given_and_marked_when_the_list_cannot_be_renewed(bench: Bench) -> None:
    first = await bench.evidence()
    bench.web.answers[URL] = Undecided("fetch.timeout", retryable=True)
    bench.clock.advance(3_600)
    for _ in range(2):  # also while the failure is remembered
        stale = await bench.evidence()
        assert stale.stale
        assert (stale.list, stale.fetched_at, stale.fresh_until) == (
            first.list,
            first.fetched_at,
            first.fresh_until,
        )
    assert len(bench.web.asked) == 2
    bench.clock.advance(10)
    bench.publish()
    assert not (await bench.evidence()).stale


async def test_old_copy_is_not_given_past_its_end(bench: Bench) -> None:
    bench.notary.valid_until = bench.clock.now() + 10 * MINUTE
    await bench.evidence()
    bench.web.answers[URL] = Undecided("fetch.timeout", retryable=True)
    bench.clock.advance(600)
    assert (await bench.evidence()).stale
    bench.clock.advance(1)
    assert await bench.code() == "status.list_unreachable"


async def test_old_copy_is_not_given_when_the_list_came_back_bad(bench: Bench) -> None:
    await bench.evidence()
    bench.clock.advance(300)
    bench.notary.instead = bench.notary.authentic(orjson.dumps(list_credential()), BAD)
    assert await bench.code() == "status.list_signature"


async def test_old_copy_is_given_when_the_key_cannot_be_had_again(bench: Bench) -> None:
    await bench.evidence()
    bench.clock.advance(300)
    bench.notary.instead = bench.notary.authentic(orjson.dumps(list_credential()), LATER)
    assert (await bench.evidence()).stale


async def test_one_bad_list_does_not_affect_the_others(bench: Bench) -> None:
    bench.web.answers[OTHER] = b"{}"
    found = await bench.client.find([(OTHER, BITSTRING), (URL, BITSTRING)], bench.clock.now())
    assert [type(one) for one in found.values()] == [Failure, StatusListEvidence]
