"""What every store of record must keep, as tests: a class to inherit, with a fixture ``store``."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from ler_trust.contracts import Store
from ler_trust.errors import ConfigurationError, Conflict, Failure
from ler_trust.model.policy import AuthorisedWhen, Policy
from ler_trust.model.records import (
    Allotment,
    ApiKey,
    AuditedChange,
    AwaitedSignatures,
    ListRecord,
    ListState,
    PublishedList,
    PublishedVersion,
    ReasonCode,
    RequestKey,
    Role,
    Share,
    SigningKey,
    StatusChange,
)
from ler_trust.model.statement import Registry, Statement, StatementStatus

LENGTH = 131_072


def list_record(number: int = 1, *, purpose: str = "revocation", length: int = LENGTH) -> ListRecord:
    """Return a list no two of which are alike for different numbers; all were created at once."""
    return ListRecord(
        id=f"list-{number}",
        tenant="college",
        url=f"https://status.example.org/{number}",
        purpose=purpose,
        length=length,
        signing_key="key-1",
        ttl=300_000_000,
        secret=bytes([number % 256]) * 32,
        created_at=1_700_000_000_000_000,
    )


def publication(sequence: int, body: bytes = b"signed") -> PublishedList:
    """Return a publication of the first list."""
    return PublishedList(
        "list-1", sequence, body, f'"{sequence}-{body.hex()}"', 100 + sequence, 200 + sequence, 5
    )


def signed(sequence: int, body: bytes = b"signed") -> PublishedList:
    """Return what the issuer of the first list has signed."""
    return replace(publication(sequence, body), published_at=100, valid_until=200, signing_key="key-1")


def registry(name: str = "members", position: int = 0) -> Registry:
    """Return a description of a registry."""
    return Registry(name, f"Registry of {name}", "did:web:accreditor.example", position)


def statement(
    name: str = "s1", *, registry: str = "members", entity: str = "did:web:college.example"
) -> Statement:
    """Return an active statement about an entity, with nothing left at its default."""
    return Statement(
        id=name,
        registry=registry,
        authority="did:web:accreditor.example",
        entity=entity,
        name="Collège d’Exemple",
        types=("OpenBadgeCredential", "ClrCredential"),
        jurisdiction="US-CA",
        status=StatementStatus.ACTIVE,
        effective_from=10,
        effective_until=20,
        pinned_keys=("z6MkexampleA", "z6MkexampleB"),
        sequence=0,
        recorded_at=15,
        reason="accredited",
    )


def _sets(*indexes: int) -> list[StatusChange]:
    return [StatusChange(index, 1, f"reason {index}") for index in indexes]


def _request(key: str = "once", digest: bytes = b"asked") -> RequestKey:
    return RequestKey("college", key, digest, 1)


class StatusStoreContract:
    """Lists: allocation, changes, publication."""

    async def test_list_comes_back_as_it_was_given(self, store: Store) -> None:
        await store.create_list(list_record())
        assert await store.list_record("list-1") == list_record()
        assert await store.list_record("list-2") is None

    async def test_lists_are_in_order_of_creation(self, store: Store) -> None:
        for number in (3, 1, 2):
            await store.create_list(list_record(number))
        await store.create_list(replace(list_record(4), tenant="another"))
        assert [record.id for record in await store.list_records("college")] == ["list-3", "list-1", "list-2"]
        assert await store.list_records("nobody") == []

    @pytest.mark.parametrize(
        "taken",
        [
            replace(list_record(2), id="list-1"),
            replace(list_record(2), url=list_record(1).url, tenant="another"),
        ],
    )
    async def test_taken_id_or_url_is_refused(self, store: Store, taken: ListRecord) -> None:
        await store.create_list(list_record(1))
        with pytest.raises(Conflict, match=r"request\.conflict"):
            await store.create_list(taken)
        assert await store.list_record("list-1") == list_record(1)
        assert await store.list_record("list-2") is None

    async def test_ordinals_are_handed_out_once_and_to_the_last(self, store: Store) -> None:
        await store.create_list(list_record(length=10))
        assert [await store.allocate("list-1", count) for count in (1, 4, 2)] == [0, 1, 5]
        with pytest.raises(Conflict, match=r"request\.list_full"):
            await store.allocate("list-1", 4)
        assert await store.allocate("list-1", 3) == 7
        with pytest.raises(Conflict, match=r"request\.list_full"):
            await store.allocate("list-1", 1)
        found = await store.list_record("list-1")
        assert found is not None
        assert found.allocated == 10

    async def test_allocations_at_once_never_meet(self, store: Store) -> None:
        await store.create_list(list_record())
        counts = [1 + number % 3 for number in range(40)]
        firsts = await asyncio.gather(*[store.allocate("list-1", count) for count in counts])
        ordinals = [first + k for first, count in zip(firsts, counts, strict=True) for k in range(count)]
        assert sorted(ordinals) == list(range(sum(counts)))

    @pytest.mark.parametrize("count", [0, -1])
    async def test_allocating_nothing_is_refused(self, store: Store, count: int) -> None:
        await store.create_list(list_record())
        with pytest.raises(Conflict, match=r"request\.invalid"):
            await store.allocate("list-1", count)

    async def test_unknown_list_is_said_to_be_unknown(self, store: Store) -> None:
        asked = [
            store.allocate("list-1", 1),
            store.change("list-1", _sets(1), actor="key", at=1),
            store.state("list-1"),
            store.publish(publication(0), replaces=None),
        ]
        for awaitable in asked:
            with pytest.raises(Conflict, match=r"request\.not_found"):
                await awaitable
        assert await store.published("list-1") is None
        assert await store.changes("list-1") == []

    async def test_changes_show_in_state_and_trail(self, store: Store) -> None:
        await store.create_list(list_record(purpose="suspension"))
        assert await store.state("list-1") == ListState(0, {})
        assert await store.change("list-1", _sets(7, 3), actor="key-a", at=5) == 2
        assert await store.change("list-1", [StatusChange(7, 0, "errö")], actor="key-b", at=6) == 3
        assert await store.state("list-1") == ListState(3, {3: 1})
        assert await store.changes("list-1") == [
            AuditedChange("list-1", 1, 7, 1, "reason 7", "key-a", 5, 5),
            AuditedChange("list-1", 2, 3, 1, "reason 3", "key-a", 5, 5),
            AuditedChange("list-1", 3, 7, 0, "errö", "key-b", 6, 6),
        ]
        found = await store.list_record("list-1")
        assert found is not None
        assert found.sequence == 3

    async def test_lists_do_not_touch_each_other(self, store: Store) -> None:
        await store.create_list(list_record(1))
        await store.create_list(list_record(2))
        await store.change("list-1", _sets(1), actor="key", at=1)
        await store.change("list-2", _sets(2, 3), actor="key", at=1)
        assert await store.state("list-1") == ListState(1, {1: 1})
        assert await store.state("list-2") == ListState(2, {2: 1, 3: 1})

    async def test_trail_is_read_in_pages(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.change("list-1", _sets(*range(10)), actor="key", at=1)
        pages = [await store.changes("list-1", after=after, limit=4) for after in (0, 4, 8, 10)]
        assert [[change.sequence for change in page] for page in pages] == [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
            [9, 10],
            [],
        ]

    async def test_setting_what_is_set_is_recorded_and_harmless(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.change("list-1", _sets(4), actor="key", at=1)
        assert await store.change("list-1", _sets(4, 4), actor="key", at=2) == 3
        assert await store.state("list-1") == ListState(3, {4: 1})
        assert len(await store.changes("list-1")) == 3

    async def test_clearing_what_is_clear_is_allowed_even_on_a_revocation_list(self, store: Store) -> None:
        await store.create_list(list_record())
        assert await store.change("list-1", [StatusChange(4, 0), *_sets(4)], actor="key", at=1) == 2
        assert await store.state("list-1") == ListState(2, {4: 1})

    @pytest.mark.parametrize(
        ("refused", "code"),
        [
            ([*_sets(5), StatusChange(1, 0), *_sets(6)], "request.final"),
            ([*_sets(5), StatusChange(5, 0)], "request.final"),
            ([*_sets(5), StatusChange(LENGTH, 1)], "request.invalid"),
            ([*_sets(5), StatusChange(-1, 1)], "request.invalid"),
            ([*_sets(5), StatusChange(6, 2)], "request.invalid"),
            ([*_sets(5), StatusChange(6, -1)], "request.invalid"),
        ],
    )
    async def test_one_refused_change_undoes_all(
        self, store: Store, refused: Sequence[StatusChange], code: str
    ) -> None:
        await store.create_list(list_record())
        await store.change("list-1", _sets(1), actor="key", at=1)
        with pytest.raises(Conflict, match=code.replace(".", r"\.")):
            await store.change("list-1", refused, actor="key", at=2)
        assert await store.state("list-1") == ListState(1, {1: 1})
        assert len(await store.changes("list-1")) == 1

    async def test_no_change_changes_nothing(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.change("list-1", _sets(1), actor="key", at=1)
        assert await store.change("list-1", [], actor="key", at=2) == 1
        assert await store.state("list-1") == ListState(1, {1: 1})

    async def test_many_changes_in_one_call(self, store: Store) -> None:
        await store.create_list(list_record(purpose="suspension"))
        await store.change("list-1", _sets(*range(0, 60_000, 2)), actor="key", at=1)
        cleared = [StatusChange(index, 0) for index in range(0, 60_000, 4)]
        assert await store.change("list-1", cleared, actor="key", at=2) == 45_000
        assert await store.state("list-1") == ListState(45_000, dict.fromkeys(range(2, 60_000, 4), 1))

    async def test_changes_at_once_are_all_kept(self, store: Store) -> None:
        await store.create_list(list_record())
        work = [store.change("list-1", _sets(2 * n, 2 * n + 1), actor="key", at=n) for n in range(30)]
        assert sorted(await asyncio.gather(*work)) == list(range(2, 61, 2))
        assert await store.state("list-1") == ListState(60, dict.fromkeys(range(60), 1))
        assert [change.sequence for change in await store.changes("list-1")] == list(range(1, 61))

    async def test_state_is_never_half_a_change(self, store: Store) -> None:
        await store.create_list(list_record())

        async def write() -> None:
            for n in range(15):
                await store.change("list-1", _sets(*range(3 * n, 3 * n + 3)), actor="key", at=1)

        async def look() -> None:
            for _ in range(30):
                seen = await store.state("list-1")
                assert sorted(seen.values) == list(range(seen.sequence))
                assert seen.sequence % 3 == 0

        await asyncio.gather(write(), look(), look())

    async def test_lists_are_changed_together_or_not_at_all(self, store: Store) -> None:
        for number in (1, 2):
            await store.create_list(list_record(number, purpose="suspension"))
        batches = {"list-2": _sets(1, 2), "list-1": _sets(3)}
        assert await store.change_each(batches, actor="key", at=1) == {"list-2": 2, "list-1": 1}
        refused = {"list-1": _sets(4), "list-2": _sets(LENGTH)}
        with pytest.raises(Conflict, match=r"request\.invalid"):
            await store.change_each(refused, actor="key", at=2)
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await store.change_each({"list-1": _sets(4), "list-3": _sets(1)}, actor="key", at=2)
        assert await store.state("list-1") == ListState(1, {3: 1})
        assert await store.state("list-2") == ListState(2, {1: 1, 2: 1})

    async def test_lists_changed_together_from_both_ends_do_not_wait_for_each_other(
        self, store: Store
    ) -> None:
        for number in (1, 2):
            await store.create_list(list_record(number))
        forth, back = ["list-1", "list-2"], ["list-2", "list-1"]
        work = [
            store.change_each(
                {name: _sets(n) for name in (forth, back)[n % 2]}, actor="key", at=1, request=_request(f"{n}")
            )
            for n in range(20)
        ]
        done = await asyncio.wait_for(asyncio.gather(*work), 20)
        assert sorted(answer["list-1"] for answer in done) == list(range(1, 21))

    async def test_reason_code_is_in_the_trail(self, store: Store) -> None:
        await store.create_list(list_record())
        change = StatusChange(7, 1, "said so", ReasonCode.MISCONDUCT)
        await store.change("list-1", [change], actor="key", at=5)
        expected = AuditedChange("list-1", 1, 7, 1, "said so", "key", 5, 5, ReasonCode.MISCONDUCT)
        assert await store.changes("list-1") == [expected]

    async def test_request_sent_again_is_answered_and_not_done_again(self, store: Store) -> None:
        await store.create_list(list_record())
        first = await store.change_each({"list-1": _sets(1)}, actor="key", at=1, request=_request())
        await store.change("list-1", _sets(2), actor="key", at=2)
        again = await store.change_each({"list-1": _sets(1)}, actor="key", at=3, request=_request())
        assert first == again == {"list-1": 1}
        assert len(await store.changes("list-1")) == 2
        share = Share("list-1", 3)
        given = await store.allocate_each([share], request=_request("other"))
        assert await store.allocate_each([share], request=_request("other")) == given
        assert given == [Allotment("list-1", 0, 3)]
        assert await store.allocate("list-1", 1) == 3

    async def test_key_of_another_request_is_refused(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.change_each({"list-1": _sets(1)}, actor="key", at=1, request=_request())
        with pytest.raises(Conflict, match=r"request\.key_reused"):
            await store.change_each(
                {"list-1": _sets(2)}, actor="key", at=1, request=_request(digest=b"other")
            )
        assert await store.state("list-1") == ListState(1, {1: 1})
        elsewhere = replace(_request(digest=b"other"), tenant="another")
        assert await store.change_each({"list-1": _sets(2)}, actor="key", at=1, request=elsewhere)

    async def test_key_of_a_refused_request_can_be_used_again(self, store: Store) -> None:
        await store.create_list(list_record())
        with pytest.raises(Conflict, match=r"request\.invalid"):
            await store.change_each({"list-1": _sets(LENGTH)}, actor="key", at=1, request=_request())
        assert await store.change_each({"list-1": _sets(1)}, actor="key", at=1, request=_request())

    async def test_request_sent_many_times_at_once_is_done_once(self, store: Store) -> None:
        await store.create_list(list_record())
        share = Share("list-1", 2)
        given = await asyncio.gather(*[store.allocate_each([share], request=_request()) for _ in range(8)])
        assert given == [[Allotment("list-1", 0, 2)]] * 8
        assert await store.allocate("list-1", 1) == 2

    async def test_shares_of_several_lists_are_given_together_or_not_at_all(self, store: Store) -> None:
        await store.create_list(list_record(1, length=10))
        await store.create_list(list_record(2, length=10))
        shares = [Share("list-2", 4), Share("list-1", 6)]
        assert await store.allocate_each(shares) == [Allotment("list-2", 0, 4), Allotment("list-1", 0, 6)]
        with pytest.raises(Conflict, match=r"request\.list_full"):
            await store.allocate_each([Share("list-2", 1), Share("list-1", 5)])
        assert await store.allocate("list-2", 1) == 4

    async def test_references_lead_to_their_entries_and_have_one_a_purpose(self, store: Store) -> None:
        await store.create_list(list_record(1))
        await store.create_list(list_record(2, purpose="suspension"))
        await store.create_list(list_record(3))
        names = (b"a" * 32, b"b" * 32)
        await store.allocate("list-1", 5)
        await store.allocate_each([Share("list-1", 2, names), Share("list-2", 2, names)])
        asked = [*names, b"c" * 32]
        assert await store.referenced("college", "revocation", asked) == {
            names[0]: ("list-1", 5),
            names[1]: ("list-1", 6),
        }
        assert await store.referenced("college", "suspension", names[1:]) == {names[1]: ("list-2", 1)}
        assert await store.referenced("another", "revocation", asked) == {}
        for share in (Share("list-3", 1, names[:1]), Share("list-1", 2, (b"d" * 32, names[0]))):
            with pytest.raises(Conflict, match=r"request\.conflict"):
                await store.allocate_each([share])
        assert await store.referenced("college", "revocation", [b"d" * 32]) == {}
        assert await store.allocate("list-1", 1) == 7

    async def test_scheduled_change_takes_effect_when_it_is_due(self, store: Store) -> None:
        await store.create_list(list_record())
        batches = {"list-1": _sets(1, 2)}
        assert await store.schedule(batches, actor="key", at=5, effective_at=50) == {"list-1": 2}
        await store.schedule({"list-1": _sets(3)}, actor="key", at=6, effective_at=40)
        found = await store.list_record("list-1")
        assert found is not None
        assert (found.next_due, found.sequence) == (40, 0)
        assert await store.make_due("list-1", 39) == 0
        assert await store.make_due("list-1", 40) == 1
        assert await store.state("list-1") == ListState(1, {3: 1})
        assert await store.change("list-1", _sets(9), actor="other", at=60) == 4
        assert await store.state("list-1") == ListState(4, {1: 1, 2: 1, 3: 1, 9: 1})
        assert [
            (each.sequence, each.index, each.actor, each.recorded_at, each.effective_at)
            for each in await store.changes("list-1")
        ] == [(1, 3, "key", 6, 40), (2, 1, "key", 5, 50), (3, 2, "key", 5, 50), (4, 9, "other", 60, 60)]
        found = await store.list_record("list-1")
        assert found is not None
        assert found.next_due is None
        assert await store.make_due("list-1", 99) == 4

    async def test_scheduled_change_can_be_called_off_before(self, store: Store) -> None:
        await store.create_list(list_record())
        for moment in (40, 50):
            await store.schedule({"list-1": _sets(moment)}, actor="key", at=5, effective_at=moment)
        first, second = await store.scheduled("list-1")
        assert await store.call_off("list-1", [second.number, 99], actor="boss", at=45) == 1
        assert await store.call_off("list-1", [first.number, second.number], actor="boss", at=46) == 0
        assert await store.make_due("list-1", 100) == 1
        assert await store.state("list-1") == ListState(1, {40: 1})
        ended = [(each.ended_at, each.ended_by) for each in await store.scheduled("list-1")]
        assert ended == [(45, None), (45, "boss")]
        assert await store.scheduled("list-1", after=first.number, limit=1) == [
            replace(second, ended_at=45, ended_by="boss")
        ]

    async def test_what_cannot_be_is_not_scheduled(self, store: Store) -> None:
        await store.create_list(list_record())
        refused = [
            ({"list-1": [StatusChange(1, 0)]}, "final"),
            ({"list-1": _sets(LENGTH)}, "invalid"),
            ({"list-1": _sets(1), "list-2": _sets(1)}, "not_found"),
        ]
        for batches, code in refused:
            with pytest.raises(Conflict, match=rf"request\.{code}"):
                await store.schedule(batches, actor="key", at=5, effective_at=50)
        assert await store.scheduled("list-1") == []
        found = await store.list_record("list-1")
        assert found is not None
        assert found.next_due is None
        for asked in (store.make_due("list-2", 1), store.call_off("list-2", [1], actor="key", at=1)):
            with pytest.raises(Conflict, match=r"request\.not_found"):
                await asked

    async def test_scheduled_once_however_often_it_is_sent(self, store: Store) -> None:
        await store.create_list(list_record())
        for _ in range(2):
            await store.schedule({"list-1": _sets(1)}, actor="key", at=5, effective_at=50, request=_request())
        assert len(await store.scheduled("list-1")) == 1

    async def test_what_was_scheduled_is_answered_again_after_its_time(self, store: Store) -> None:
        await store.create_list(list_record())

        async def ask(at: int, request: RequestKey | None) -> Mapping[str, int]:
            batch = {"list-1": _sets(1)}
            return await store.schedule(batch, actor="key", at=at, effective_at=50, request=request)

        assert await ask(49, _request()) == await ask(50, _request()) == {"list-1": 1}
        for request in (None, _request("another")):
            with pytest.raises(Conflict, match=r"request\.invalid.*not in the future"):
                await ask(50, request)
        assert len(await store.scheduled("list-1")) == 1

    async def test_publication_replaces_what_it_saw(self, store: Store) -> None:
        await store.create_list(list_record())
        assert await store.published("list-1") is None
        assert await store.publish(publication(0), replaces=None)
        assert await store.publish(publication(2), replaces=publication(0))
        assert await store.published("list-1") == publication(2)

    async def test_publication_can_renew_the_same_sequence(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.publish(publication(1), replaces=None)
        assert await store.publish(publication(1, b"renewed"), replaces=publication(1))
        assert await store.published("list-1") == publication(1, b"renewed")

    @pytest.mark.parametrize(
        ("new", "replaces"),
        [
            (publication(6), None),
            (publication(6), publication(4)),
            (publication(6), publication(5, b"other")),
            (publication(4), publication(5)),
        ],
    )
    async def test_late_publication_is_not_done(
        self, store: Store, new: PublishedList, replaces: PublishedList | None
    ) -> None:
        await store.create_list(list_record())
        await store.publish(publication(5), replaces=None)
        assert not await store.publish(new, replaces=replaces)
        assert await store.published("list-1") == publication(5)

    async def test_publication_replacing_what_never_was_is_not_done(self, store: Store) -> None:
        await store.create_list(list_record())
        assert not await store.publish(publication(1), replaces=publication(0))
        assert await store.published("list-1") is None

    @pytest.mark.parametrize("replaces", [None, publication(0)])
    async def test_of_publications_at_once_one_is_done(
        self, store: Store, replaces: PublishedList | None
    ) -> None:
        await store.create_list(list_record())
        if replaces:
            await store.publish(replaces, replaces=None)
        rivals = [publication(1, bytes([number])) for number in range(8)]
        done = await asyncio.gather(*[store.publish(rival, replaces=replaces) for rival in rivals])
        assert done.count(True) == 1
        assert await store.published("list-1") == rivals[done.index(True)]

    async def test_what_was_published_when_is_remembered(self, store: Store) -> None:
        await store.create_list(list_record())
        assert await store.version_at("list-1", 10_000) is None
        await store.publish(publication(0), replaces=None)
        await store.publish(publication(2), replaces=publication(0))
        await store.publish(publication(3), replaces=publication(0))  # which is not done
        found = [await store.version_at("list-1", moment) for moment in (99, 100, 101, 102, 999)]
        assert [each and each.sequence for each in found] == [None, 0, 0, 2, 2]
        assert found[3] == PublishedVersion("list-1", 2, publication(2).etag, 102, 202, 5, "")
        assert await store.version_at("list-2", 999) is None

    async def test_state_of_an_earlier_sequence_is_known(self, store: Store) -> None:
        await store.create_list(list_record(purpose="suspension"))
        await store.change("list-1", _sets(7, 3), actor="key", at=5)
        await store.change("list-1", [StatusChange(7, 0)], actor="key", at=6)
        states = [await store.state_at("list-1", sequence) for sequence in range(4)]
        assert [state.values for state in states] == [{}, {7: 1}, {7: 1, 3: 1}, {3: 1}]
        assert await store.changed("list-1", after=1, until=3) == {3, 7}
        assert await store.changed("list-1", after=3, until=3) == set()
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await store.state_at("list-2", 1)

    async def test_what_is_old_is_forgotten_but_not_the_last_nor_the_trail(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.change_each({"list-1": _sets(1)}, actor="key", at=1, request=_request())
        await store.publish(publication(0), replaces=None)
        await store.publish(publication(1), replaces=publication(0))
        await store.forget(published_before=10_000, requests_before=10_000)
        assert await store.version_at("list-1", 100) is None
        last = await store.version_at("list-1", 999)
        assert last is not None
        assert last.sequence == 1
        assert len(await store.changes("list-1")) == 1
        again = await store.change_each({"list-1": _sets(1)}, actor="key", at=2, request=_request())
        assert again == {"list-1": 2}

    async def test_lists_that_are_behind_are_found(self, store: Store) -> None:
        for number in (1, 2, 3):
            await store.create_list(list_record(number))
        assert await store.outdated(110) == []
        assert await store.oldest_unpublished(110) is None
        await store.change("list-2", _sets(1), actor="key", at=70)
        await store.change("list-1", _sets(1), actor="key", at=50)
        await store.change("list-1", _sets(2), actor="key", at=60)
        assert await store.outdated(110) == ["list-1", "list-2"]
        assert await store.outdated(110, limit=1) == ["list-1"]
        assert await store.outdated(110, after="list-1") == ["list-2"]
        assert await store.outdated(110, after="list-2") == []
        assert await store.oldest_unpublished(110) == 50
        shown = replace(publication(1), signing_key="key-1", published_at=100, valid_until=200)
        await store.publish(shown, replaces=None)
        assert await store.oldest_unpublished(110) == 60
        later = replace(shown, sequence=2)
        await store.publish(later, replaces=shown)
        assert await store.outdated(110) == ["list-2"]
        assert await store.outdated(150) == ["list-1", "list-2"]  # half its time is over
        await store.publish(replace(later, signing_key="other"), replaces=later)
        assert await store.outdated(110) == ["list-1", "list-2"]
        await store.schedule({"list-3": _sets(1)}, actor="key", at=5, effective_at=40)
        assert await store.outdated(110) == ["list-1", "list-2", "list-3"]
        assert await store.oldest_unpublished(110) == 40
        assert await store.oldest_unpublished(39) == 70

    async def test_what_an_issuer_has_signed_is_kept_by_form(self, store: Store) -> None:
        await store.create_list(replace(list_record(), issuer_signs=True))
        assert await store.signed("list-1", "jcs") is None
        await store.put_signed("jcs", signed(0), 101)
        assert await store.signed("list-1", "jcs") == signed(0)
        assert await store.signed("list-1", "other") is None
        assert await store.signed("list-2", "jcs") is None
        await store.put_signed("other", signed(0, b"else"), 101)
        assert await store.signed("list-1", "jcs") == signed(0)
        version = PublishedVersion("list-1", 0, signed(0).etag, 100, 200, 5, "key-1")
        forms = await store.signed_forms("list-1")
        assert forms == {"jcs": version, "other": replace(version, etag=signed(0, b"else").etag)}

    async def test_what_an_issuer_has_signed_is_replaced_by_newer_only(self, store: Store) -> None:
        await store.create_list(replace(list_record(), issuer_signs=True))
        await store.put_signed("jcs", signed(0), 100)
        await store.put_signed("jcs", signed(0), 100)  # the same once more
        older = replace(signed(0, b"older"), published_at=99)
        rival = signed(0, b"rival")
        for new in (
            older,
            rival,
            signed(1),
            replace(signed(0, b"new"), signing_key="key-2", published_at=101),
        ):
            with pytest.raises(Conflict, match=r"request\.stale_version"):
                await store.put_signed("jcs", new, 101)
        await store.change("list-1", _sets(1), actor="key", at=50)
        with pytest.raises(Conflict, match=r"request\.stale_version"):
            await store.put_signed("jcs", replace(signed(0, b"late"), published_at=105), 106)
        assert await store.signed("list-1", "jcs") == signed(0)
        await store.put_signed("jcs", signed(1), 101)
        assert await store.signed("list-1", "jcs") == signed(1)
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await store.put_signed("jcs", replace(signed(1), list_id="list-9"), 101)

    async def test_of_uploads_at_once_one_is_served(self, store: Store) -> None:
        await store.create_list(replace(list_record(), issuer_signs=True))
        rivals = [signed(0, bytes([number])) for number in range(8)]
        done = await asyncio.gather(
            *[store.put_signed("jcs", rival, 100) for rival in rivals], return_exceptions=True
        )
        assert done.count(None) == 1
        assert await store.signed("list-1", "jcs") == rivals[done.index(None)]

    async def test_what_was_signed_is_known_for_its_time_until_it_is_forgotten(self, store: Store) -> None:
        await store.create_list(replace(list_record(), issuer_signs=True))
        await store.put_signed("jcs", signed(0), 110)
        await store.change("list-1", _sets(1), actor="key", at=150)
        await store.put_signed("jcs", signed(1), 160)
        found = [await store.signed_at("list-1", "jcs", moment) for moment in (100, 110, 159, 160, 999)]
        assert [each and each.sequence for each in found] == [None, 0, 0, 1, 1]
        await store.forget(published_before=10_000, requests_before=0)
        assert await store.signed_at("list-1", "jcs", 110) is None
        assert await store.signed("list-1", "jcs") == signed(1)

    async def test_lists_that_wait_for_their_issuers(self, store: Store) -> None:
        await store.create_list(list_record(2))
        await store.change("list-2", _sets(1), actor="key", at=70)
        assert await store.awaited_signatures(110) == AwaitedSignatures(0, None)
        await store.create_list(replace(list_record(), issuer_signs=True, created_at=90))
        assert await store.awaited_signatures(110) == AwaitedSignatures(1, 90)
        assert await store.outdated(110) == ["list-2"]
        await store.put_signed("jcs", signed(0), 100)
        await store.put_signed("other", signed(0, b"else"), 100)
        assert await store.awaited_signatures(149) == AwaitedSignatures(0, None)
        assert await store.awaited_signatures(150) == AwaitedSignatures(1, 150)  # half of its time is over
        await store.change("list-1", _sets(3, 4), actor="key", at=120)
        assert await store.awaited_signatures(130) == AwaitedSignatures(1, 120)
        assert (await store.outdated(130), await store.oldest_unpublished(130)) == (["list-2"], 70)
        await store.put_signed("jcs", replace(signed(2), published_at=130, valid_until=230), 130)
        assert await store.awaited_signatures(131) == AwaitedSignatures(1, 120)
        await store.create_list(replace(list_record(3), issuer_signs=True, created_at=100))
        assert await store.awaited_signatures(131) == AwaitedSignatures(2, 100)
        await store.schedule({"list-1": _sets(5)}, actor="key", at=131, effective_at=140)
        assert await store.outdated(140) == ["list-2", "list-1"]  # to take effect, not to be published

    async def test_reference_of_an_entry(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.allocate("list-1", 2)
        await store.allocate_each([Share("list-1", 2, (b"a" * 32, b"b" * 32))])
        found = [await store.reference_of("list-1", ordinal) for ordinal in range(5)]
        assert found == [None, None, b"a" * 32, b"b" * 32, None]
        assert await store.reference_of("list-2", 2) is None

    async def test_lease_has_one_holder_until_it_runs_out(self, store: Store) -> None:
        taken = await asyncio.gather(*[store.take_lease("upkeep", f"{n}", 10, 20) for n in range(6)])
        assert taken.count(True) == 1
        holder = str(taken.index(True))
        assert await store.take_lease("upkeep", holder, 15, 25)
        assert not await store.take_lease("upkeep", "another", 24, 40)
        assert await store.take_lease("upkeep", "another", 25, 40)
        assert not await store.take_lease("upkeep", holder, 26, 40)
        assert await store.take_lease("other", holder, 26, 40)


class RegistryStoreContract:
    """Registries and their statements."""

    async def test_registries_are_by_position_and_replaceable(self, store: Store) -> None:
        await store.put_registry("college", registry("second", 2))
        await store.put_registry("college", registry("first", 1))
        await store.put_registry("another", registry("foreign", 0))
        unreachable = Failure(False, "issuer.registry_unreachable", "timed out", "", True)
        changed = replace(
            registry("second", 0),
            governance_url="https://accreditor.example/rules",
            source="https://accreditor.example/list.json",
            refreshed_at=7,
            unchecked=unreachable,
        )
        await store.put_registry("college", changed)
        assert await store.registries("college") == [changed, registry("first", 1)]
        restored = replace(changed, unchecked=None)
        await store.put_registry("college", restored)
        assert await store.registries("college") == [restored, registry("first", 1)]
        assert await store.registries("nobody") == []

    async def test_versions_come_back_numbered(self, store: Store) -> None:
        await store.put_registry("college", registry())
        assert await store.sequence("college") == 0
        assert await store.record("college", [statement("a"), statement("b")]) == 2
        open_ended = replace(
            statement("a"), jurisdiction=None, effective_until=None, types=(), pinned_keys=()
        )
        later = replace(open_ended, status=StatementStatus.WITHDRAWN, sequence=99)
        assert await store.record("college", [later]) == 3
        assert await store.sequence("college") == 3
        expected = [
            replace(statement("a"), sequence=1),
            replace(statement("b"), sequence=2),
            replace(later, sequence=3),
        ]
        assert await store.statements("college") == expected
        assert await store.statements("college", after=2) == expected[2:]
        assert await store.statements("college", after=3) == []

    async def test_tenants_number_their_own_statements(self, store: Store) -> None:
        for tenant in ("college", "another"):
            await store.put_registry(tenant, registry())
        await store.record("college", [statement("a"), statement("b")])
        assert await store.record("another", [statement("a")]) == 1
        assert len(await store.statements("another")) == 1

    async def test_replaced_registry_keeps_its_statements(self, store: Store) -> None:
        await store.put_registry("college", registry())
        await store.record("college", [statement()])
        await store.put_registry("college", replace(registry(), name="New name"))
        assert [found.id for found in await store.statements("college")] == ["s1"]

    async def test_unknown_registry_refuses_all(self, store: Store) -> None:
        await store.put_registry("college", registry())
        await store.put_registry("another", registry("foreign"))
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await store.record("college", [statement("a"), statement("b", registry="foreign")])
        assert await store.sequence("college") == 0
        assert await store.statements("college") == []

    async def test_record_that_expects_another_sequence_is_refused(self, store: Store) -> None:
        await store.put_registry("college", registry())
        assert await store.record("college", [statement("a")], expected=0) == 1
        for expected in (0, 2):
            with pytest.raises(Conflict, match=r"request\.conflict"):
                await store.record("college", [statement("b")], expected=expected)
        assert await store.record("college", [statement("c")], expected=1) == 2
        assert [each.id for each in await store.statements("college")] == ["a", "c"]

    async def test_recording_nothing_numbers_nothing(self, store: Store) -> None:
        assert await store.record("college", []) == 0
        assert await store.sequence("college") == 0

    async def test_records_at_once_leave_no_gap(self, store: Store) -> None:
        await store.put_registry("college", registry())
        work = [store.record("college", [statement(f"{n}a"), statement(f"{n}b")]) for n in range(20)]
        assert sorted(await asyncio.gather(*work)) == list(range(2, 41, 2))
        found = await store.statements("college")
        assert [each.sequence for each in found] == list(range(1, 41))
        assert all(found[k].id[:-1] == found[k + 1].id[:-1] for k in range(0, 40, 2))


class AccountStoreContract:
    """Tenants, keys and policies."""

    async def test_tenant_is_new_once(self, store: Store) -> None:
        assert await store.create_tenant("college", 1)
        assert not await store.create_tenant("college", 2)
        assert await store.create_tenant("another", 3)
        assert sorted(await store.tenants()) == ["another", "college"]

    async def test_of_first_starts_at_once_one_makes_the_tenant(self, store: Store) -> None:
        made = await asyncio.gather(*[store.create_tenant("college", 1) for _ in range(8)])
        assert made.count(True) == 1

    async def test_api_keys(self, store: Store) -> None:
        key = ApiKey("k1", "college", frozenset({Role.ISSUER, Role.VERIFIER}), "front désk", b"\x01" * 32, 5)
        await store.put_api_key(key)
        await store.put_api_key(replace(key, id="k2", tenant="another"))
        assert await store.api_key("k1") == key
        assert await store.api_key("k3") is None
        assert await store.api_keys("college") == [key]
        with pytest.raises(Conflict, match=r"request\.conflict"):
            await store.put_api_key(replace(key, digest=b"\x02" * 32))
        assert await store.api_key("k1") == key

    async def test_revoked_api_key_stays_revoked(self, store: Store) -> None:
        key = ApiKey("k1", "college", frozenset({Role.ADMIN}), "", b"\x01" * 32, 5)
        await store.put_api_key(key)
        assert not await store.revoke_api_key("another", "k1", 6)
        assert not await store.revoke_api_key("college", "k2", 6)
        assert await store.revoke_api_key("college", "k1", 7)
        revoked = replace(key, revoked_at=7)
        assert await store.api_key("k1") == revoked
        assert await store.api_keys("college") == [revoked]
        await store.revoke_api_key("college", "k1", 9)
        assert await store.api_key("k1") == revoked

    async def test_policies_are_versioned(self, store: Store) -> None:
        policy = Policy(
            "hiring",
            99,
            "For hiring",
            status=False,
            registries=("members", "state"),
            authorised_when=AuthorisedWhen.BOTH,
            jurisdiction="US-CA",
            stale_list_grace=60,
        )
        assert await store.put_policy("college", policy, 1) == replace(policy, version=1)
        changed = replace(policy, registries=None, key_binding=False)
        assert await store.put_policy("college", changed, 2) == replace(changed, version=2)
        other = Policy("audit", 1, "For audits")
        assert await store.put_policy("college", other, 3) == other
        assert sorted(await store.policies("college"), key=lambda each: each.id) == [
            other,
            replace(changed, version=2),
        ]
        assert await store.policies("another") == []

    async def test_policies_at_once_get_versions_of_their_own(self, store: Store) -> None:
        policy = Policy("hiring", 1, "For hiring")
        stored = await asyncio.gather(*[store.put_policy("college", policy, n) for n in range(10)])
        assert sorted(each.version for each in stored) == list(range(1, 11))
        assert [each.version for each in await store.policies("college")] == [10]

    async def test_secret_is_kept_once(self, store: Store) -> None:
        kept = await asyncio.gather(*[store.keep_secret("college", "a", bytes([n]), n) for n in range(6)])
        assert len(set(kept)) == 1
        assert await store.keep_secret("college", "a", b"later", 9) == kept[0]
        assert await store.keep_secret("college", "b", b"other", 9) == b"other"
        assert await store.keep_secret("another", "a", b"theirs", 9) == b"theirs"

    async def test_everything_sealed_is_sealed_anew_or_nothing(self, store: Store) -> None:
        key = SigningKey("k1", "college", "did:web:a.example", "did:web:a.example#1", "Ed25519", b"one", 5)
        await store.put_signing_key(key)
        await store.put_signing_key(replace(key, id="k2", tenant="another", sealed=b"two"))
        await store.keep_secret("college", "references", b"three", 5)

        def fails(sealed: bytes) -> bytes:
            if sealed == b"three":
                raise ConfigurationError("it does not open")
            return b"new " + sealed

        with pytest.raises(ConfigurationError):
            await store.reseal(fails)
        assert await store.signing_key("k1") == key
        assert await store.reseal(lambda sealed: b"new " + sealed) == 3
        assert await store.signing_key("k1") == replace(key, sealed=b"new one")
        assert await store.keep_secret("college", "references", b"", 6) == b"new three"

    async def test_list_gets_another_key(self, store: Store) -> None:
        await store.create_list(list_record())
        await store.rekey_list("list-1", "key-2")
        assert await store.list_record("list-1") == replace(list_record(), signing_key="key-2")
        with pytest.raises(Conflict, match=r"request\.not_found"):
            await store.rekey_list("list-2", "key-2")

    async def test_signing_keys(self, store: Store) -> None:
        key = SigningKey(
            "k1", "college", "did:web:a.example", "did:web:a.example#1", "Ed25519", b"\x00sealed", 5
        )
        await store.put_signing_key(key)
        await store.put_signing_key(replace(key, id="k2", tenant="another"))
        assert await store.signing_key("k1") == key
        assert await store.signing_key("k3") is None
        assert await store.signing_keys("college") == [key]
        with pytest.raises(Conflict, match=r"request\.conflict"):
            await store.put_signing_key(replace(key, sealed=b"other"))
        assert await store.signing_key("k1") == key


class StoreContract(StatusStoreContract, RegistryStoreContract, AccountStoreContract):
    """The whole contract."""

    async def test_answers(self, store: Store) -> None:
        await store.ping()
