"""The demonstration's plan, its badges and its tally, without a service."""

from collections import Counter
from collections.abc import Sequence

import pytest

from ler_trust.cli.demo.badges import Pen, issue
from ler_trust.cli.demo.plan import LEAST, ROLES, Fate, Form, Planned, Role, make_plan
from ler_trust.cli.demo.tally import EXPECTED, Finding, differences
from ler_trust.suites.signing import LocalSigner
from tests.kit.issuing import authenticate, code_of, instant

NOW = instant("2026-03-01T12:00:00Z")
SIGNERS = {role: LocalSigner.from_seed(role.kind, bytes([n]) * 32) for n, role in enumerate(ROLES)}
STATUS = [
    {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": "7",
        "statusListCredential": f"https://trust.example.org/status-lists/{purpose}",
    }
    for purpose in ("revocation", "suspension")
]


def _found(plan: Sequence[Planned]) -> list[Finding]:
    return [Finding(planned.id, *EXPECTED[planned.fate]) for planned in plan]


def test_the_same_seed_gives_the_same_plan() -> None:
    assert make_plan(100, 1) == make_plan(100, 1) != make_plan(100, 2)


@pytest.mark.parametrize("count", [LEAST, 1000])
def test_every_fate_befalls_somebody(count: int) -> None:
    plan = make_plan(count, 1)
    fates = Counter(planned.fate for planned in plan)
    assert len(plan) == count
    assert set(fates) == set(Fate)
    assert fates[Fate.VALID] == max(fates.values())


def test_a_thousand_badges_take_every_form_and_issuer() -> None:
    plan = make_plan(1000, 1)
    assert {planned.form for planned in plan} == set(Form)
    assert {planned.role for planned in plan} == set(ROLES)


@pytest.mark.parametrize("planned", make_plan(120, 3), ids=lambda planned: planned.id)
def test_what_was_signed_authenticates_unless_it_was_spoilt(planned: Planned) -> None:
    signer = SIGNERS[planned.role]
    found = authenticate(issue(planned, Pen(signer, NOW), STATUS), signer)
    expected = EXPECTED[planned.fate][1]
    assert code_of(found) == (expected if planned.fate in (Fate.TAMPERED, Fate.FORGED) else None)
    if found.secured is not None:
        assert found.secured.issuer == signer.issuer
        assert len(found.secured.status) == len(STATUS)
        assert (found.secured.valid_until is not None) == (planned.fate is Fate.EXPIRED)


def test_nothing_differs_when_all_was_found() -> None:
    plan = make_plan(LEAST, 1)
    assert differences(plan, _found(plan)) == []


def test_a_wrong_answer_is_named() -> None:
    plan = make_plan(LEAST, 1)
    found = _found(plan)
    revoked = next(n for n, planned in enumerate(plan) if planned.fate is Fate.REVOKED)
    found[revoked] = Finding(plan[revoked].id, *EXPECTED[Fate.VALID])
    (sentence,) = differences(plan, found)
    assert plan[revoked].id in sentence
    assert "valid" in sentence


def test_answers_in_another_order_or_number_are_named() -> None:
    plan = make_plan(LEAST, 1)
    found = _found(plan)
    assert len(differences(plan, found[:-1])) == 1
    assert len(differences(plan, [found[1], found[0], *found[2:]])) == 2


def test_roles_differ_in_what_matters() -> None:
    registered: list[Role] = [role for role in ROLES if role.registered]
    assert [role.hosted for role in registered] == [True, False]
    assert len({role.kind for role in registered}) == 2
