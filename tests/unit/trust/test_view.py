"""The answers a view gives: by type, place and time, over all registries, by the best of statements."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ler_trust.codec.multikey import encode_multikey
from ler_trust.errors import Failure
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.model.statement import Registry, RegistryMatch, Statement, StatementStatus, TrustAnswer
from ler_trust.trust.view import RegistryView
from tests.kit.store_contract import registry, statement

COLLEGE = "did:web:college.example"
HTTPS_ID = "https://college.example/issuer"
BADGE = ("VerifiableCredential", "OpenBadgeCredential")
KEY = PublicKey(
    KeyKind.ED25519, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
)


def made(number: int = 1, name: str = "s1", **members: Any) -> Statement:
    """Return a statement that authorises everything, changed by ``members``."""
    everything: dict[str, Any] = {
        "types": (),
        "jurisdiction": None,
        "effective_from": 0,
        "effective_until": None,
        "pinned_keys": (),
        "sequence": number,
    }
    return replace(statement(name), **(everything | members))


def ask(
    statements: Sequence[Statement],
    *,
    issuer: str = COLLEGE,
    types: Sequence[str] = BADGE,
    issued_at: int = 100,
    now: int = 200,
    place: str | None = None,
    registries: Sequence[Registry] = (registry(),),
    trusted: Sequence[str] | None = None,
) -> TrustAnswer:
    view = RegistryView(registries, statements)
    return view.answer(issuer, types, issued_at=issued_at, now=now, jurisdiction=place, registries=trusted)


def only(answer: TrustAnswer) -> RegistryMatch:
    assert len(answer.matching) == 1
    return answer.matching[0]


def test_authorising_statement_is_named_with_its_registry() -> None:
    assert ask([made(7)]) == TrustAnswer(
        (
            RegistryMatch(
                registry="members",
                registry_name="Registry of members",
                authority="did:web:accreditor.example",
                statement="s1",
                sequence=7,
                entity_name="Collège d’Exemple",
                at_issuance=True,
                now=True,
                refusal=None,
            ),
        ),
        (),
        7,
    )


def test_unknown_issuer_matches_nothing() -> None:
    assert ask([made()], issuer="did:web:other.example") == TrustAnswer((), (), 1)


@pytest.mark.parametrize(
    "issuer", [COLLEGE.upper(), COLLEGE + "/", COLLEGE + "#key-1", "did:web:college%2Eexample"]
)
def test_ids_are_compared_byte_for_byte(issuer: str) -> None:
    assert ask([made()], issuer=issuer).matching == ()


@pytest.mark.parametrize(
    ("stated", "types", "refusal"),
    [
        ((), BADGE, None),
        (("OpenBadgeCredential",), BADGE, None),
        (("Diploma", "OpenBadgeCredential"), BADGE, None),
        (("Diploma",), BADGE, "issuer.type_not_authorised"),
        (("VerifiableCredential",), BADGE, "issuer.type_not_authorised"),
        (("openbadgecredential",), BADGE, "issuer.type_not_authorised"),
        (("Diploma",), ("VerifiableCredential",), "issuer.type_not_authorised"),
        ((), ("VerifiableCredential",), None),
    ],
)
def test_types_narrow(stated: tuple[str, ...], types: tuple[str, ...], refusal: str | None) -> None:
    found = only(ask([made(types=stated)], types=types))
    assert (found.refusal, found.at_issuance, found.now) == (refusal, refusal is None, refusal is None)


@pytest.mark.parametrize(
    ("stated", "wanted", "authorised"),
    [
        (None, None, True),
        (None, "US-CA", True),
        ("US-CA", None, True),
        ("US", "US-CA", True),
        ("US-CA", "US-CA", True),
        ("US-CA", "US", False),
        ("US-CA", "US-CO", False),
        ("U", "US", False),
        ("US-C", "US-CA", False),
        ("CA", "US-CA", False),
    ],
)
def test_country_covers_its_subdivisions(stated: str | None, wanted: str | None, authorised: bool) -> None:
    found = only(ask([made(jurisdiction=stated)], place=wanted))
    assert found.at_issuance is authorised
    assert found.refusal == (None if authorised else "issuer.place_not_authorised")


@pytest.mark.parametrize(
    ("start", "end", "at_issuance", "now", "refusal"),
    [
        (100, 201, True, True, None),
        (101, None, False, True, "issuer.time_not_authorised"),
        (0, 100, False, False, "issuer.time_not_authorised"),
        (0, 200, True, False, "issuer.time_not_authorised"),
        (300, None, False, False, "issuer.time_not_authorised"),
    ],
)
def test_then_and_now_are_two_answers(
    start: int, end: int | None, at_issuance: bool, now: bool, refusal: str | None
) -> None:
    found = only(ask([made(effective_from=start, effective_until=end)]))
    assert (found.at_issuance, found.now, found.refusal) == (at_issuance, now, refusal)


@pytest.mark.parametrize(
    ("status", "code"),
    [(StatementStatus.WITHDRAWN, "issuer.withdrawn"), (StatementStatus.SUSPENDED, "issuer.suspended")],
)
@pytest.mark.parametrize(("since", "at_issuance"), [(150, True), (100, False), (0, False)])
def test_withdrawal_counts_from_its_time(
    status: StatementStatus, code: str, since: int, at_issuance: bool
) -> None:
    found = only(ask([made(1), made(2, status=status, effective_from=since)]))
    assert (found.at_issuance, found.now, found.refusal) == (at_issuance, False, code)


def test_any_authorising_statement_beats_refusals() -> None:
    withdrawn = [made(1, "old"), made(2, "old", status=StatementStatus.WITHDRAWN)]
    found = only(
        ask([*withdrawn, made(3, "new", types=("OpenBadgeCredential",)), made(4, "no", types=("Diploma",))])
    )
    assert (found.statement, found.at_issuance, found.now, found.refusal) == ("new", True, True, None)


def test_renewed_accreditation_covers_then_by_one_statement_and_now_by_another() -> None:
    found = only(ask([made(1, "old", effective_until=150), made(2, "new", effective_from=150)]))
    assert (found.at_issuance, found.now, found.refusal, found.statement) == (True, True, None, "old")


def test_most_specific_refusal_is_told() -> None:
    rows = [
        made(1, "type", types=("Diploma",)),
        made(2, "place", jurisdiction="CA"),
        made(3, "time", effective_until=50),
        made(4, "gone", status=StatementStatus.WITHDRAWN),
        made(5, "held", status=StatementStatus.SUSPENDED),
    ]
    expected = [
        "type_not_authorised",
        "place_not_authorised",
        "time_not_authorised",
        "withdrawn",
        "suspended",
    ]
    for number, refusal in enumerate(expected, 1):
        found = only(ask(rows[:number], place="US"))
        assert (found.refusal, found.statement) == (f"issuer.{refusal}", rows[number - 1].id)


def test_registries_answer_in_order_of_precedence_and_each_by_itself() -> None:
    registries = [registry("third", 3), registry("first", 1), registry("second", 2)]
    statements = [made(n, f"s{n}", registry=name) for n, name in enumerate(["third", "first"], 1)]
    answer = ask(
        [*statements, replace(made(3, "s1", registry="third"), name="Renamed")], registries=registries
    )
    assert [(found.registry, found.entity_name) for found in answer.matching] == [
        ("first", "Collège d’Exemple"),
        ("third", "Renamed"),
    ]


def test_only_trusted_registries_answer() -> None:
    registries = [registry("a", 1), registry("b", 2)]
    answer = ask([made(1, registry="a"), made(2, registry="b")], registries=registries, trusted=["b"])
    assert [found.registry for found in answer.matching] == ["b"]
    assert ask([made(1, registry="a")], registries=registries, trusted=[]).matching == ()


def test_unchecked_registry_is_always_listed_and_its_statements_answer() -> None:
    failure = Failure(False, "issuer.registry_unreachable", "timed out")
    registries = [replace(registry("a", 1), unchecked=failure), registry("b", 2)]
    answer = ask([made(1, registry="a")], registries=registries)
    assert [found.registry for found in answer.matching] == ["a"]
    assert answer.unchecked == (("a", failure),)
    assert ask([], registries=registries).unchecked == (("a", failure),)
    assert ask([], registries=registries, trusted=["b"]).unchecked == ()


def test_trusted_registry_that_does_not_exist_is_not_silently_left_out() -> None:
    answer = ask([], trusted=["members", "misspelt"])
    assert [(name, failure.code, failure.decided) for name, failure in answer.unchecked] == [
        ("misspelt", "issuer.registry_unreachable", False)
    ]


def test_history_keeps_every_version_in_order() -> None:
    rows = [made(1, "a"), made(2, "b"), made(3, "a", status=StatementStatus.WITHDRAWN)]
    assert RegistryView([registry()], rows).history(COLLEGE) == rows


def pins(rows: Sequence[Statement], now: int | None = 200) -> tuple[PublicKey, ...]:
    return RegistryView([registry()], rows, now).pinned_keys(HTTPS_ID)


def pinning(number: int = 1, name: str = "s1", **members: Any) -> Statement:
    return made(number, name, **({"entity": HTTPS_ID, "pinned_keys": (encode_multikey(KEY),)} | members))


def test_pinned_keys_are_those_of_the_issuer_each_once() -> None:
    assert pins([pinning(1, "a"), pinning(2, "b")]) == (KEY,)
    assert RegistryView([registry()], [pinning()], 200).pinned_keys(HTTPS_ID + "/") == ()


@pytest.mark.parametrize(
    "rows",
    [
        [pinning(effective_until=200)],
        [pinning(effective_from=201)],
        [pinning(), pinning(2, status=StatementStatus.WITHDRAWN, effective_from=200)],
        [pinning(), pinning(2, status=StatementStatus.SUSPENDED, effective_from=0)],
        [pinning(), pinning(2, pinned_keys=())],
    ],
)
def test_keys_of_statements_that_do_not_hold_now_are_not_pinned(rows: Sequence[Statement]) -> None:
    assert pins(rows) == ()


def test_withdrawal_to_come_leaves_the_pin_until_then() -> None:
    rows = [pinning(), pinning(2, status=StatementStatus.WITHDRAWN, effective_from=201)]
    assert pins(rows) == (KEY,)


def test_without_a_present_only_statements_without_end_pin() -> None:
    assert pins([pinning()], None) == (KEY,)
    assert pins([pinning(effective_until=10**9)], None) == ()
