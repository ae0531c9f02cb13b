import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from did_methods.key import DidKey
from did_methods.web import DidWeb
from ler_trust.contracts import DidMethod, Fetched, FetchRequest
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.instant import MINUTE, SECOND
from ler_trust.resolve.resolver import CachingResolver
from ler_trust.resolve.source import normal_url, source_of
from tests.kit.clock import MORNING, SteppedClock

DID = "did:web:college.example"
DID_URL = "https://college.example/.well-known/did.json"
HTTPS = "https://college.example/issuers/1"
KEY = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
METHODS: Mapping[str, DidMethod] = {"key": DidKey(), "web": DidWeb()}


class Site:
    """A fetcher over a table; ``gate`` holds every fetch back until it is set."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.answers: dict[str, bytes | Undecided] = {}
        self.media_type = "application/json"
        self.max_age: int | None = None
        self.asked: list[FetchRequest] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def document(self, url: str, identifier: str, **members: object) -> None:
        self.answers[url] = json.dumps({"id": identifier, **members}).encode()

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request)
        await self.gate.wait()
        answer = self.answers.get(request.url, Undecided("fetch.not_found"))
        if isinstance(answer, Undecided):
            raise answer
        now = self.clock.now()
        until = None if self.max_age is None else now + self.max_age * SECOND
        return Fetched(request.url, answer, self.media_type, now, until)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def site(clock: SteppedClock) -> Site:
    site = Site(clock)
    site.document(DID_URL, DID)
    site.document(HTTPS, HTTPS)
    return site


@pytest.fixture
def resolver(site: Site, clock: SteppedClock) -> CachingResolver:
    return CachingResolver(site, METHODS, clock)


async def code_of(ask: Callable[[str], object], identifier: str) -> str:
    with pytest.raises((Rejected, Undecided)) as caught:
        await ask(identifier)  # type: ignore[misc]
    assert isinstance(caught.value, Rejected | Undecided)
    return f"{type(caught.value).__name__} {caught.value.code.name}"


@pytest.mark.parametrize("identifier", [DID, HTTPS])
async def test_document_is_fetched_once_and_says_how_old_it_is(
    identifier: str, resolver: CachingResolver, site: Site, clock: SteppedClock
) -> None:
    first = await resolver.resolve(identifier)
    clock.advance(299)
    assert await resolver.resolve(identifier) is first
    assert first.id == identifier
    assert first.digest == hashlib.sha256(json.dumps({"id": identifier}).encode()).digest()
    assert (first.resolved_at, first.fresh_until) == (MORNING, MORNING + 5 * MINUTE)
    assert len(site.asked) == 1
    assert site.asked[0].same_host
    clock.advance(1)
    assert (await resolver.resolve(identifier)).resolved_at == MORNING + 5 * MINUTE


@pytest.mark.parametrize(("max_age", "kept"), [(0, 60), (59, 60), (600, 600), (10**6, 3600)])
async def test_freshness_is_the_answers_within_bounds(
    max_age: int, kept: int, resolver: CachingResolver, site: Site
) -> None:
    site.max_age = max_age
    assert (await resolver.resolve(DID)).fresh_until == MORNING + kept * SECOND


async def test_identifier_that_contains_its_key_costs_no_fetch(resolver: CachingResolver, site: Site) -> None:
    document = await resolver.resolve(KEY)
    assert document.digest == hashlib.sha256(document.id.encode()).digest()
    assert (await resolver.refresh(KEY)).id == KEY
    assert site.asked == []


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("did:example:1", "Undecided did.method_unsupported"),
        ("http://college.example/1", "Undecided did.method_unsupported"),
        ("urn:uuid:1", "Undecided did.method_unsupported"),
        ("did:web", "Rejected did.invalid"),
        ("did:web:127.0.0.1", "Rejected did.invalid"),
        (DID + "#key-1", "Rejected did.invalid"),
        (DID + "/path", "Rejected did.invalid"),
        (DID + "?versionId=1", "Rejected did.invalid"),
        (HTTPS + "#key-1", "Rejected did.invalid"),
        ("https://[::1/", "Rejected did.invalid"),
        ("https://college.example:99999/", "Rejected did.invalid"),
        ("college.example", "Rejected did.invalid"),
        ("", "Rejected did.invalid"),
        ("https://college.example/\n", "Rejected did.invalid"),
    ],
)
async def test_identifier_that_is_not_resolved(identifier: str, code: str, resolver: CachingResolver) -> None:
    assert await code_of(resolver.resolve, identifier) == code
    assert await code_of(resolver.refresh, identifier) == code


async def test_method_not_enabled_is_named(resolver: CachingResolver) -> None:
    with pytest.raises(Undecided) as caught:
        await resolver.resolve("did:webvh:abc:college.example")
    assert "webvh" in caught.value.detail


@pytest.mark.parametrize(
    ("failure", "code", "retryable"),
    [
        (Undecided("fetch.not_found"), "did.not_found", False),
        (Undecided("fetch.timeout", retryable=True), "did.unreachable", True),
        (Undecided("fetch.status", retryable=True), "did.unreachable", True),
        (Undecided("fetch.forbidden", "leads to loopback"), "did.unreachable", False),
        (Undecided("fetch.offline"), "did.unreachable", False),
    ],
)
async def test_failed_fetch_is_undecided_and_names_its_reason(
    failure: Undecided, code: str, retryable: bool, resolver: CachingResolver, site: Site
) -> None:
    site.answers[DID_URL] = failure
    with pytest.raises(Undecided) as caught:
        await resolver.resolve(DID)
    assert (caught.value.code.name, caught.value.retryable) == (code, retryable)
    assert caught.value.detail == f"{failure.code.name}: {failure.detail}"


async def test_failure_is_kept_briefly(resolver: CachingResolver, site: Site, clock: SteppedClock) -> None:
    del site.answers[DID_URL]
    for seconds in (0, 9.9):
        clock.instant = MORNING + round(seconds * SECOND)
        assert await code_of(resolver.resolve, DID) == "Undecided did.not_found"
    assert len(site.asked) == 1
    site.document(DID_URL, DID)
    clock.instant = MORNING + 10 * SECOND
    assert (await resolver.resolve(DID)).id == DID


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"id":"https://college.example/issuers/2"}', "Rejected proof.key_document_id"),
        (b'{"id":"http://college.example/issuers/1"}', "Rejected proof.key_document_id"),
        (b'{"id":"https://college.example/issuers/1#a"}', "Rejected proof.key_document_id"),
        (b'{"id":"https://[/"}', "Rejected proof.key_document_id"),
        (b'{"id":7}', "Rejected proof.key_document_id"),
        (b"{}", "Rejected proof.key_document_id"),
        (b"[]", "Rejected proof.key_document"),
        (b"{", "Rejected proof.key_document"),
    ],
)
async def test_document_that_speaks_for_another_is_rejected(
    body: bytes, code: str, resolver: CachingResolver, site: Site
) -> None:
    site.answers[HTTPS] = body
    assert await code_of(resolver.resolve, HTTPS) == code


async def test_web_page_in_place_of_a_document_is_undecided(resolver: CachingResolver, site: Site) -> None:
    site.media_type = "text/html"
    for identifier in (DID, HTTPS):
        assert await code_of(resolver.resolve, identifier) == "Undecided did.not_found"


async def test_spellings_of_one_address_share_a_fetch(resolver: CachingResolver, site: Site) -> None:
    await resolver.resolve(HTTPS)
    await resolver.resolve("HTTPS://College.Example:443/issuers/1")
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://A.example:443/%c3%a9?q=%2f", "https://a.example/%C3%A9?q=%2F"),
        ("https://a.example:8443/A", "https://a.example:8443/A"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normal_url(text) == normal
    assert normal_url(normal) == normal


async def test_hundred_waiters_share_one_flight(resolver: CachingResolver, site: Site) -> None:
    site.gate.clear()
    waiters = [asyncio.create_task(resolver.resolve(DID)) for _ in range(100)]
    await asyncio.sleep(0)
    site.gate.set()
    documents = await asyncio.gather(*waiters)
    assert len({id(document) for document in documents}) == 1
    assert len(site.asked) == 1


async def test_cancelled_waiter_does_not_end_the_flight_of_others(
    resolver: CachingResolver, site: Site
) -> None:
    site.gate.clear()
    first, second = (asyncio.create_task(resolver.resolve(DID)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    site.gate.set()
    assert (await second).id == DID
    assert len(site.asked) == 1


async def test_flight_that_nobody_waits_for_is_kept(resolver: CachingResolver, site: Site) -> None:
    site.gate.clear()
    waiter = asyncio.create_task(resolver.resolve(DID))
    await asyncio.sleep(0)
    waiter.cancel()
    site.gate.set()
    assert (await resolver.resolve(DID)).id == DID
    assert len(site.asked) == 1


async def test_close_ends_what_is_under_way(resolver: CachingResolver, site: Site) -> None:
    site.gate.clear()
    waiter = asyncio.create_task(resolver.resolve(DID))
    await asyncio.sleep(0)
    await resolver.close()
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_refresh_fetches_anew_once_a_minute(
    resolver: CachingResolver, site: Site, clock: SteppedClock
) -> None:
    await resolver.resolve(DID)
    site.document(DID_URL, DID, rotated=True)
    clock.advance(59)
    assert "rotated" not in (await resolver.refresh(DID)).document
    clock.advance(1)
    assert (await resolver.refresh(DID)).document["rotated"]
    assert (await resolver.resolve(DID)).document["rotated"]
    clock.advance(59)
    await resolver.refresh(DID)
    assert len(site.asked) == 2


async def test_failed_refresh_leaves_the_document_and_is_told_again(
    resolver: CachingResolver, site: Site, clock: SteppedClock
) -> None:
    document = await resolver.resolve(DID)
    site.answers[DID_URL] = Undecided("fetch.timeout", retryable=True)
    clock.advance(60)
    for _ in range(2):
        assert await code_of(resolver.refresh, DID) == "Undecided did.unreachable"
    assert await resolver.resolve(DID) is document
    assert len(site.asked) == 2
    site.document(DID_URL, DID, rotated=True)
    clock.advance(60)
    assert (await resolver.refresh(DID)).document["rotated"]


async def test_cache_is_bounded(site: Site, clock: SteppedClock) -> None:
    resolver = CachingResolver(site, METHODS, clock, max_documents=1)
    for identifier in (DID, HTTPS, DID):
        await resolver.resolve(identifier)
    assert len(site.asked) == 3


@given(
    st.text(max_size=60)
    | st.builds("https://{}".format, st.text(max_size=40))
    | st.builds("did:web:{}".format, st.text(max_size=30))
)
def test_fuzzed_identifier_raises_nothing_else(identifier: str) -> None:
    with contextlib.suppress(Rejected, Undecided):
        source_of(identifier, METHODS)
