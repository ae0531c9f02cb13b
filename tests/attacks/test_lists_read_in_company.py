"""Lists that come at the same time are read in one go; none of them may spoil or hold up the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Failure
from ler_trust.model.engine import Authentication
from ler_trust.model.instant import Instant
from ler_trust.model.status import StatusListEvidence
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from tests.kit.issuing import signer
from tests.kit.world import FORMATS, NOW, World

ENTRY = "BitstringStatusListEntry"
URLS = [f"https://lists.example.org/{number}" for number in range(6)]
WANTED = [(url, ENTRY) for url in URLS]


@dataclass
class Company:
    """A world whose list client tells in what company each list was read."""

    world: World = field(default_factory=World)
    goes: list[tuple[int, bool]] = field(default_factory=list)

    async def authenticate(
        self, items: Sequence[bytes], now: Instant, *, asks: bool
    ) -> Sequence[Authentication]:
        self.goes.append((len(items), asks))
        return await self.world.authenticator.authenticate_lists(items, now, asks=asks)

    def client(self, keeping: Keeping | None = None) -> StatusListClient:
        return StatusListClient(self.world.web, self.authenticate, FORMATS, self.world.clock, keeping)


async def test_forged_list_spoils_no_other_of_its_company() -> None:
    company = Company()
    school, forger = company.world.web_issuer("school"), signer(name="forger")
    await company.world.resolver.resolve(school.issuer)
    for url in URLS:
        company.world.publish_list(url, school)
    forged = company.world.web.pages[URLS[2]]
    assert isinstance(forged, bytes)
    company.world.web.pages[URLS[2]] = forged.replace(school.issuer.encode(), forger.issuer.encode(), 1)
    company.world.web.pages[URLS[4]] = b'{"not": "a list"}'
    found = await company.client().find(WANTED, NOW)
    assert company.goes == [(6, False), (1, True), (1, True)]
    assert [url for url, _ in WANTED if isinstance(found[url, ENTRY], StatusListEvidence)] == [
        url for place, url in enumerate(URLS) if place not in (2, 4)
    ]
    codes = [one.code for one in found.values() if isinstance(one, Failure)]
    assert codes == ["status.list_signature", "status.list_malformed"]


async def test_list_of_an_issuer_on_a_silent_host_holds_up_no_other() -> None:
    company = Company()
    school, silent = company.world.web_issuer("school"), company.world.web_issuer("silent")
    await company.world.resolver.resolve(school.issuer)
    for place, url in enumerate(URLS):
        company.world.publish_list(url, silent if place == 0 else school)
    answered = company.world.web.fetch

    async def fetch(request: FetchRequest) -> Fetched:
        if request.url.endswith("did.json"):
            await asyncio.Event().wait()
        return await answered(request)

    company.world.web.fetch = fetch  # type: ignore[method-assign]
    found = await company.client(Keeping(search_seconds=0.5)).find(WANTED, NOW)
    late = [url for url in URLS if isinstance(found[url, ENTRY], Failure)]
    assert late == [URLS[0]]
    await company.world.resolver.close()


async def test_large_list_is_read_by_itself() -> None:
    company = Company()
    school = company.world.web_issuer("school")
    await company.world.resolver.resolve(school.issuer)
    for url in URLS:
        company.world.publish_list(url, school)
    large = company.world.web.pages[URLS[3]]
    assert isinstance(large, bytes)
    company.world.web.pages[URLS[3]] = large + b" " * 70_000
    found = await company.client().find(WANTED, NOW)
    assert sorted(company.goes) == [(1, True), (5, False)]
    assert all(isinstance(one, StatusListEvidence) for one in found.values())
