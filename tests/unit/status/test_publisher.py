"""The issuer's side, on the real store: create, allocate, change, publish, and what must never be lost."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from ler_trust.errors import Conflict, Undecided
from ler_trust.model.did import KeyKind
from ler_trust.model.engine import Material
from ler_trust.model.instant import DAY, MINUTE, parse_date_time_stamp
from ler_trust.model.records import ListRecord, ListState, PublishedList, StatusChange
from ler_trust.status.publisher import MAX_LENGTH, MIN_LENGTH, StatusPublisher
from ler_trust.status.render import Renderer
from ler_trust.status.version import ListSigner
from ler_trust.store.sql import SqlStore
from ler_trust.store.sql.tables import STATUS_LIST, STATUS_VALUE
from ler_trust.suites.outcomes import OutcomeTuple
from status_lists.bitstring import BitstringStatusList
from tests.kit.clock import SteppedClock
from tests.kit.issuing import ENGINE, authenticate, signer

FORMAT = BitstringStatusList()
BASE = "https://college.example.org"
TENANT = "college"


async def signers(tenant: str, key_id: str) -> ListSigner:
    """Return the key named by its kind; another tenant has none."""
    if tenant != TENANT or key_id not in list(KeyKind):
        raise Conflict("request.not_found", "no such key")
    return signer(KeyKind(key_id))


async def digests(tenant: str, references: Sequence[str]) -> Sequence[bytes]:
    """Digest references as a tenant's key would."""
    return [sha256(f"{tenant} {reference}".encode()).digest() for reference in references]


def publisher_on(store: SqlStore, clock: SteppedClock | None = None) -> StatusPublisher:
    return StatusPublisher(store, signers, FORMAT, ENGINE, clock or SteppedClock(), BASE, digests=digests)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def publisher(store: SqlStore, clock: SteppedClock) -> StatusPublisher:
    return publisher_on(store, clock)


async def new_list(publisher: StatusPublisher, purpose: str = "revocation", **options: Any) -> ListRecord:
    return await publisher.create_list(TENANT, purpose, KeyKind.ED25519, **options)


async def indexes(publisher: StatusPublisher, record: ListRecord, count: int) -> list[int]:
    entries = await publisher.allocate(TENANT, record.id, count)
    return [int(entry["statusListIndex"]) for entry in entries]


def sets(*numbers: int, value: int = 1) -> list[StatusChange]:
    return [StatusChange(index, value) for index in numbers]


def set_in(published: PublishedList, by: KeyKind = KeyKind.ED25519) -> set[int]:
    """Return the entries set in a published list, which must be authentic."""
    outcome = authenticate(published.body, signer(by), documents=True)
    assert [proof.failure for proof in outcome.proofs] == [None]
    assert outcome.secured is not None
    assert outcome.secured.malformed is None
    decoded = FORMAT.decode(outcome.secured.document or {}, max_bytes=MAX_LENGTH // 8)
    text = f"{int.from_bytes(decoded.bits, 'big'):0{len(decoded.bits) * 8}b}"
    return {index for index, bit in enumerate(text) if bit == "1"}


async def code(action: Any) -> str:
    with pytest.raises(Conflict) as caught:
        await action
    return caught.value.code.name


# ── Creating ────────────────────────────────────────────────────────────────────────────────────────


async def test_new_list_is_published_empty_as_a_conforming_credential(
    publisher: StatusPublisher, clock: SteppedClock
) -> None:
    record = await new_list(publisher, ttl=10 * MINUTE)
    published = await publisher.published(record.id)
    document = orjson.loads(published.body)
    subject = document["credentialSubject"]
    assert record.url == f"{BASE}/status-lists/{record.id}"
    assert document["id"] == record.url
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["issuer"] == signer().issuer
    assert parse_date_time_stamp(document["validFrom"])[0] == clock.now()
    assert parse_date_time_stamp(document["validUntil"])[0] == published.valid_until == clock.now() + DAY
    assert (subject["id"], subject["type"]) == (f"{record.url}#list", "BitstringStatusList")
    assert (subject["statusPurpose"], subject["ttl"]) == ("revocation", 600_000)
    assert published.etag == f'"{sha256(published.body).hexdigest()}"'
    assert set_in(published) == set()


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
async def test_other_kinds_of_key_sign_too(publisher: StatusPublisher, kind: KeyKind) -> None:
    record = await publisher.create_list(TENANT, "revocation", kind)
    assert set_in(await publisher.published(record.id), kind) == set()


@pytest.mark.parametrize(
    ("purpose", "key", "options", "expected"),
    [
        ("message", "Ed25519", {}, "request.invalid"),
        ("refresh", "Ed25519", {}, "request.invalid"),
        ("", "Ed25519", {}, "request.invalid"),
        ("revocation", "Ed25519", {"length": MIN_LENGTH - 8}, "request.invalid"),
        ("revocation", "Ed25519", {"length": MIN_LENGTH + 1}, "request.invalid"),
        ("revocation", "Ed25519", {"length": MAX_LENGTH + 8}, "request.invalid"),
        ("revocation", "Ed25519", {"ttl": 0}, "request.invalid"),
        ("revocation", "Ed25519", {"ttl": 8 * DAY}, "request.invalid"),
        ("revocation", "RSA", {}, "request.invalid"),
        ("revocation", "missing", {}, "request.not_found"),
    ],
)
async def test_list_that_cannot_be(
    publisher: StatusPublisher, purpose: str, key: str, options: Mapping[str, int], expected: str
) -> None:
    assert await code(publisher.create_list(TENANT, purpose, key, **options)) == expected


async def test_longest_list_is_published(publisher: StatusPublisher) -> None:
    record = await new_list(publisher, length=MAX_LENGTH)
    chosen = await indexes(publisher, record, 5)
    await publisher.change(TENANT, record.id, sets(*chosen), actor="key-1")
    assert set_in(await publisher.published(record.id)) == set(chosen)


# ── Allocating ──────────────────────────────────────────────────────────────────────────────────────


async def test_entries_are_ready_made_random_and_never_given_twice(publisher: StatusPublisher) -> None:
    record = await new_list(publisher)
    [entry] = await publisher.allocate(TENANT, record.id)
    reference = FORMAT.read_entry(entry)
    assert (reference.list_url, reference.purpose, reference.size) == (record.url, "revocation", 1)
    given = [reference.index, *await indexes(publisher, record, 1_000)]
    assert len(set(given)) == 1_001
    assert given != sorted(given)
    assert all(0 <= index < MIN_LENGTH for index in given)


async def test_replicas_allocating_at_once_give_different_entries(store: SqlStore) -> None:
    first, second = publisher_on(store), publisher_on(store)
    record = await new_list(first)
    given = await asyncio.gather(*(indexes(one, record, 10) for _ in range(10) for one in (first, second)))
    assert len({index for part in given for index in part}) == 200


@pytest.mark.parametrize("count", [0, -1, 10_001])
async def test_count_out_of_bounds(publisher: StatusPublisher, count: int) -> None:
    record = await new_list(publisher)
    assert await code(publisher.allocate(TENANT, record.id, count)) == "request.invalid"


async def test_full_list(publisher: StatusPublisher, store: SqlStore) -> None:
    record = await new_list(publisher)
    await store.allocate(record.id, MIN_LENGTH - 1)
    assert await code(publisher.allocate(TENANT, record.id, 2)) == "request.list_full"
    assert len(await publisher.allocate(TENANT, record.id)) == 1


# ── Changing ────────────────────────────────────────────────────────────────────────────────────────


async def test_acknowledged_change_is_in_the_next_answer(publisher: StatusPublisher) -> None:
    record = await new_list(publisher)
    chosen = await indexes(publisher, record, 3)
    for number, index in enumerate(chosen, 1):
        before = await publisher.published(record.id)
        assert await publisher.change(TENANT, record.id, sets(index), actor="key-1") == number
        after = await publisher.published(record.id)
        assert set_in(after) == set(chosen[:number])
        assert (after.sequence, after.etag != before.etag) == (number, True)


async def test_unchanged_list_is_not_signed_again(publisher: StatusPublisher, clock: SteppedClock) -> None:
    record = await new_list(publisher)
    first = await publisher.published(record.id)
    clock.advance(43_199)
    assert await publisher.published(record.id) == first


async def test_list_is_renewed_when_half_its_time_is_over(
    publisher: StatusPublisher, clock: SteppedClock
) -> None:
    record = await new_list(publisher, ttl=2 * DAY)
    first = await publisher.published(record.id)
    assert first.valid_until == clock.now() + 4 * DAY
    clock.advance(2 * 86_400)
    second = await publisher.published(record.id)
    assert (second.sequence, second.published_at) == (first.sequence, clock.now())


async def test_suspension_is_reversible_and_revocation_is_final(publisher: StatusPublisher) -> None:
    for purpose in ("suspension", "revocation"):
        record = await new_list(publisher, purpose)
        [index] = await indexes(publisher, record, 1)
        await publisher.change(TENANT, record.id, sets(index), actor="key-1")
        assert set_in(await publisher.published(record.id)) == {index}
        undo = publisher.change(TENANT, record.id, sets(index, value=0), actor="key-1")
        if purpose == "suspension":
            await undo
            assert set_in(await publisher.published(record.id)) == set()
        else:
            assert await code(undo) == "request.final"
            assert set_in(await publisher.published(record.id)) == {index}


async def test_entry_never_handed_out_cannot_be_changed(publisher: StatusPublisher) -> None:
    record = await new_list(publisher)
    given = set(await indexes(publisher, record, 10))
    other = next(index for index in range(MIN_LENGTH) if index not in given)
    for index in (other, -1, MIN_LENGTH, 10**30):
        changes = [*sets(*given), *sets(index)]
        assert await code(publisher.change(TENANT, record.id, changes, actor="a")) == "request.not_allocated"
    assert set_in(await publisher.published(record.id)) == set()


@pytest.mark.parametrize("value", [2, -1])
async def test_value_that_is_no_bit(publisher: StatusPublisher, value: int) -> None:
    record = await new_list(publisher)
    [index] = await indexes(publisher, record, 1)
    changes = sets(index, value=value)
    assert await code(publisher.change(TENANT, record.id, changes, actor="a")) == "request.invalid"


async def test_nothing_and_too_much_at_once(publisher: StatusPublisher) -> None:
    record = await new_list(publisher)
    [index] = await indexes(publisher, record, 1)
    for changes in ([], sets(index) * 100_001):
        assert await code(publisher.change(TENANT, record.id, changes, actor="a")) == "request.invalid"


async def test_list_of_another_tenant_is_not_there(publisher: StatusPublisher) -> None:
    record = await new_list(publisher)
    for tenant, list_id in (("other", record.id), (TENANT, "missing")):
        assert await code(publisher.allocate(tenant, list_id)) == "request.not_found"
        assert await code(publisher.change(tenant, list_id, sets(1), actor="a")) == "request.not_found"
    assert await code(publisher.published("missing")) == "request.not_found"


# ── What must never be lost ─────────────────────────────────────────────────────────────────────────


async def test_change_is_published_by_whoever_comes_after_a_crash(store: SqlStore) -> None:
    before = publisher_on(store)
    record = await new_list(before)
    chosen = await indexes(before, record, 2)
    await before.published(record.id)
    await before.change(TENANT, record.id, sets(chosen[0]), actor="key-1")
    del before  # died between the change and its publication
    assert set_in(await publisher_on(store).published(record.id)) == {chosen[0]}


async def test_publication_that_was_under_way_is_made_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = publisher_on(store)
    record = await new_list(crashing)
    [index] = await indexes(crashing, record, 1)
    await crashing.change(TENANT, record.id, sets(index), actor="key-1")

    async def lost(*_: Any, **__: Any) -> bool:
        raise Undecided("request.unavailable", "the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish", lost)
        with pytest.raises(Undecided):
            await crashing.published(record.id)
    assert set_in(await crashing.published(record.id)) == {index}


async def test_replicas_changing_one_list_at_once_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    stores = [await SqlStore.open(url) for _ in range(2)]
    replicas = [publisher_on(store) for store in stores]
    record = await new_list(replicas[0])
    chosen = await indexes(replicas[0], record, 30)

    async def flip(number: int) -> None:
        replica = replicas[number % 2]
        sequence = await replica.change(TENANT, record.id, sets(chosen[number]), actor=f"key-{number}")
        published = await replicas[(number + 1) % 2].published(record.id)
        assert published.sequence >= sequence
        assert chosen[number] in set_in(published)

    await asyncio.gather(*map(flip, range(30)))
    for replica in replicas:
        published = await replica.published(record.id)
        assert (published.sequence, set_in(published)) == (30, set(chosen))
    assert [change.sequence for change in await stores[0].changes(record.id)] == list(range(1, 31))
    for store in stores:
        await store.close()


async def test_one_signature_for_all_who_ask_at_once(
    publisher: StatusPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await new_list(publisher)
    rendered: list[int] = []
    render = Renderer.render

    def counted(self: Renderer, *arguments: Any) -> PublishedList:
        rendered.append(1)
        return render(self, *arguments)

    monkeypatch.setattr(Renderer, "render", counted)
    answers = await asyncio.gather(*(publisher.published(record.id) for _ in range(40)))
    assert len({answer.etag for answer in answers}) == 1
    assert len(rendered) == 1


async def test_loser_of_the_race_returns_what_the_winner_published(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner, loser = publisher_on(store), publisher_on(store)
    record = await new_list(winner)
    publish = store.publish
    first: list[PublishedList] = []

    async def overtaken(new: PublishedList, *, replaces: PublishedList | None) -> bool:
        monkeypatch.setattr(store, "publish", publish)
        first.append(await winner.published(record.id))
        return await publish(new, replaces=replaces)

    monkeypatch.setattr(store, "publish", overtaken)
    assert await loser.published(record.id) == first[0]


async def test_entry_that_differs_without_a_change_stops_publication(
    publisher: StatusPublisher, store: SqlStore
) -> None:
    record = await new_list(publisher)
    first, second = await indexes(publisher, record, 2)
    before = await publisher.published(record.id)

    def corrupt(connection: Connection) -> None:
        row = {"list": 1, "index": second, "value": 1}
        connection.execute(STATUS_VALUE.insert().values(row))

    await store._database.write(None, corrupt)
    await publisher.change(TENANT, record.id, sets(first), actor="key-1")
    with pytest.raises(Undecided, match="differ that were not changed"):
        await publisher.published(record.id)
    assert await store.published(record.id) == before


async def test_list_is_published_anew_by_its_new_key(publisher: StatusPublisher, store: SqlStore) -> None:
    record = await new_list(publisher)
    await publisher.published(record.id)

    def rotate(connection: Connection) -> None:
        connection.execute(STATUS_LIST.update().values(signing_key=KeyKind.P256.value))

    await store._database.write(None, rotate)
    published = await publisher.published(record.id)
    assert published.signing_key == KeyKind.P256
    assert set_in(published, KeyKind.P256) == set()


# ── Checking oneself ────────────────────────────────────────────────────────────────────────────────

RECORD = ListRecord(
    "list-1", TENANT, f"{BASE}/status-lists/1", "revocation", MIN_LENGTH, "k", MINUTE, b"s", 0
)
NOW = SteppedClock().now()


class ForgetfulFormat(BitstringStatusList):
    """Writes a list with one entry less, or one more, or one moved."""

    def __init__(self, bits: bytes) -> None:
        self.bits = bits

    def encode(self, status_list: Any) -> Mapping[str, Any]:
        return super().encode(replace(status_list, bits=self.bits))


@pytest.mark.parametrize("first_byte", [0b0000_0000, 0b1100_0000, 0b0100_0000])
def test_list_that_does_not_say_the_state_is_not_published(first_byte: int) -> None:
    wrong = ForgetfulFormat(bytes([first_byte]) + bytes(MIN_LENGTH // 8 - 1))
    with pytest.raises(Undecided) as caught:
        Renderer(wrong, ENGINE).render(RECORD, ListState(1, {0: 1}), signer(), NOW)
    assert caught.value.code.name == "request.unavailable"


def test_list_shorter_than_it_should_be_is_not_published() -> None:
    wrong = ForgetfulFormat(b"\x80" + bytes(100))
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        Renderer(wrong, ENGINE).render(RECORD, ListState(1, {0: 1}), signer(), NOW)


class OtherKey:
    """A signer that holds another private key than it says."""

    threads = None

    def __init__(self) -> None:
        self.method, self.issuer = signer().method, signer().issuer
        self.kind, self.public_key = signer().kind, signer().public_key

    def sign(self, data: bytes) -> bytes:
        return signer(name="another").sign(data)


def test_list_that_does_not_verify_is_not_published() -> None:
    with pytest.raises(Undecided, match="does not verify"):
        Renderer(FORMAT, ENGINE).render(RECORD, ListState(0, {}), OtherKey(), NOW)


def test_list_signed_for_somebody_else_is_not_published() -> None:
    class OtherEngine:
        name = "other"
        survey = ENGINE.survey

        def authenticate(
            self,
            items: Sequence[bytes],
            material: Material,
            *,
            documents: bool = False,
            stop: Event | None = None,
            scope: str | None = None,
        ) -> OutcomeTuple:
            return OutcomeTuple(
                replace(found, secured=found.secured and replace(found.secured, issuer="did:example:other"))
                for found in ENGINE.authenticate(items, material, documents=documents)
            )

    with pytest.raises(Undecided, match="does not verify"):
        Renderer(FORMAT, OtherEngine()).render(RECORD, ListState(0, {}), signer(), NOW)
