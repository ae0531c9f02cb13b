"""Records and policies made to cost the quick way of answering: memory, fetches, other people's verdicts."""

import asyncio
import gc
from threading import Event, Thread
from typing import Any

import orjson
import pytest

from ler_trust.codec import base64url
from ler_trust.contracts import TrustView
from ler_trust.errors import Failure, Rejected
from ler_trust.model.policy import ANY_ISSUER, DEFAULT
from ler_trust.resolve.resolver import CachingResolver
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.suites.signing import LocalSigner, add_proof
from ler_trust.verify.authenticate import Authenticator
from ler_trust.verify.batch import BatchVerifier, Question
from ler_trust.verify.policies import read_policy
from ler_trust.verify.sayings import Sayings
from tests.differential.comparison import native_engine
from tests.kit.issuing import badge, signer
from tests.kit.world import FORMATS, METHODS, NOW, World, entry

QUESTION = Question("default", ANY_ISSUER, None)


class QuietWorld(World):
    """A world with the native engine, in whose registries nothing changes."""

    def __init__(self) -> None:
        super().__init__(native_engine())
        self._view: TrustView | None = None

    async def view(self, tenant: str) -> TrustView:
        """Return the same view every time."""
        if self._view is None:
            self._view = await super().view(tenant)
        return self._view


def signed(document: dict[str, Any], by: LocalSigner) -> bytes:
    return orjson.dumps(add_proof(document, by, "eddsa-jcs-2022", created=NOW))


def kept_text(world: World) -> int:
    """Return how many characters of keys the verifier keeps of what was said."""
    gc.collect()
    every = list(world.verifier._sayings._kept.values())
    return sum(len(repr(key)) for said in every for kind in (said.acts, said.statuses) for key in kind._kept)


def test_two_threads_say_at_once() -> None:
    class Slow(Failure):
        """A reason that is compared so slowly that another thread has its turn meanwhile."""

        def __eq__(self, other: object) -> bool:
            if other_thread.ident is None:
                other_thread.start()
            in_between.append(other_done.wait(0.3))
            return True

        __hash__ = Failure.__hash__

    sayings, in_between, other_done = Sayings(), list[bool](), Event()

    def say() -> None:
        sayings.under(DEFAULT, Failure(False, "issuer.registry_unreachable", "another"))
        other_done.set()

    other_thread = Thread(target=say)
    sayings.under(DEFAULT, Slow(False, "issuer.registry_unreachable", "old"))
    sayings.under(DEFAULT, Slow(False, "issuer.registry_unreachable", "old"))
    other_thread.join(30)
    assert other_done.is_set()
    assert set(in_between) == {False}


async def test_huge_types_of_a_stranger_do_not_stay_in_memory() -> None:
    world, stranger = QuietWorld(), signer(name="stranger")
    for number in range(4):
        document = badge(stranger.issuer, number)
        document["type"] = ["VerifiableCredential", *(f"{number:x}{part:x}" for part in range(100_000))]
        [answer] = await world.verifier.answers([signed(document, stranger)], QUESTION)
        assert answer.outcome == "valid"
    assert kept_text(world) < 10_000


async def test_huge_purpose_of_a_stranger_does_not_stay_in_memory() -> None:
    world, stranger = QuietWorld(), signer(name="stranger")
    url = "https://lists.example.org/1"
    world.publish_list(url, stranger)
    for number, purpose in enumerate(("revocation", "x" * 900_000)):
        status = entry(url, number, purpose)
        await world.verify([signed(badge(stranger.issuer, number, credentialStatus=status), stranger)])
    assert 0 < kept_text(world) < 10_000


def test_what_was_said_takes_no_more_than_its_room() -> None:
    said = Sayings().under(DEFAULT, Failure(False, "issuer.registry_unreachable", ""))
    for number in range(50_000):
        said.acts.recall((f"did:example:{number}", (), "", None, 0), lambda: "x", lambda _: 1_000)  # type: ignore[arg-type,return-value]
    assert 0 < len(said.acts) < 2_000


@pytest.mark.parametrize(
    ("url", "purpose"),
    [
        pytest.param("https://x.example.org/" + "a" * 900_000, "revocation", id="huge"),
        pytest.param("https://x y\x01", "revocation", id="control"),
        pytest.param("no url", "revocation", id="no-url"),
        pytest.param("https://lists.example.org/1", "x" * 65, id="purpose"),
    ],
)
async def test_entry_that_cannot_be_judged_makes_the_service_fetch(url: str, purpose: str) -> None:
    world, stranger = QuietWorld(), signer(name="stranger")
    status = entry(url, 1, purpose, id="urn:example:entry")
    record = signed(badge(stranger.issuer, 1, credentialStatus=status), stranger)
    await world.verifier.answers([record], QUESTION)
    assert world.web.asked == []


async def test_one_record_takes_the_time_of_the_list_that_all_name() -> None:
    world = QuietWorld()
    college, stranger = world.web_issuer("college"), signer(name="stranger")
    popular, fetch, asked = "https://popular.example.org/1", world.web.fetch, list[str]()
    world.publish_list(popular, college)

    async def noted(request: Any) -> Any:
        asked.append(request.url)
        return await fetch(request)

    world.web.fetch = noted  # type: ignore[method-assign]
    keeping = Keeping(search_at_once=1)
    lists = StatusListClient(world.web, world.authenticator.authenticate_lists, FORMATS, world.clock, keeping)
    verifier = BatchVerifier(world.authenticator, lists, world, FORMATS, world.clock)
    records = [
        signed(badge(college.issuer, number, credentialStatus=entry(popular, number)), college)
        for number in range(30)
    ]
    for number in range(10):
        own = [entry(f"https://slow.example.org/{(number % 5) * 4 + part}", number) for part in range(4)]
        records.append(signed(badge(stranger.issuer, 100 + number, credentialStatus=own), stranger))
    borrowed = badge(stranger.issuer, 200, credentialStatus=[entry(popular, 1)])
    records.append(signed(borrowed, stranger))
    await verifier.answers(records, QUESTION)
    of_lists = [url for url in asked if "did.json" not in url]
    assert of_lists[0] == popular


async def test_identifiers_that_are_not_found_take_no_more_than_the_cache_may() -> None:
    world, room = QuietWorld(), 2**20
    resolver = CachingResolver(world.web, METHODS, world.clock, max_bytes=room)
    authenticator = Authenticator(native_engine(), resolver)
    verifier = BatchVerifier(authenticator, world.lists, world, FORMATS, world.clock)
    for number in range(12):
        document = badge(f"https://x.example.org/{number}" + "a" * 700_000, number)
        parts = (b'{"alg":"EdDSA","typ":"vc+jwt"}', orjson.dumps(document), bytes(64))
        token = ".".join(map(base64url.encode, parts))
        await asyncio.wait_for(verifier.answers([token.encode()], QUESTION), 60)
    assert sum(map(len, resolver._cache._entries)) <= room


def test_policy_names_no_more_registries_than_answers_can_hold() -> None:
    for registries in ([f"r{number}" for number in range(65)], ["r" * 65]):
        with pytest.raises(Rejected) as refusal:
            read_policy("mine", {"registries": registries})
        assert refusal.value.pointer == "/registries"
    assert read_policy("mine", {"registries": ["r" * 64] * 64})
