"""What the versions of a statement say about each point in time, against a slow reading of the same rules."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.model.statement import Statement, StatementStatus
from ler_trust.trust.timeline import standing, timeline
from tests.kit.store_contract import statement

ACTIVE, SUSPENDED, WITHDRAWN = StatementStatus
Row = tuple[StatementStatus, int, int | None]


def versions(rows: Sequence[Row]) -> list[Statement]:
    return [
        replace(statement(), status=status, effective_from=start, effective_until=end, sequence=number)
        for number, (status, start, end) in enumerate(rows, 1)
    ]


def said(rows: Sequence[Row], at: int) -> StatementStatus | None:
    found = standing(timeline(versions(rows)), at)
    return found.status if found else None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # expected at 0, 10, 20, 30, 40
        ([], [None] * 5),
        ([(ACTIVE, 10, 30)], [None, ACTIVE, ACTIVE, None, None]),
        ([(ACTIVE, 0, None), (SUSPENDED, 20, None)], [ACTIVE, ACTIVE, SUSPENDED, SUSPENDED, SUSPENDED]),
        ([(ACTIVE, 0, None), (WITHDRAWN, 20, None)], [ACTIVE, ACTIVE, WITHDRAWN, WITHDRAWN, WITHDRAWN]),
        ([(ACTIVE, 10, None), (WITHDRAWN, 0, None)], [WITHDRAWN] * 5),
        (
            [(ACTIVE, 0, None), (SUSPENDED, 10, None), (ACTIVE, 30, None)],
            [ACTIVE, SUSPENDED, SUSPENDED, ACTIVE, ACTIVE],
        ),
        ([(ACTIVE, 0, None), (SUSPENDED, 20, None), (ACTIVE, 20, None)], [ACTIVE] * 5),
        ([(ACTIVE, 0, None), (SUSPENDED, 20, None), (ACTIVE, 10, None)], [ACTIVE] * 5),
        (
            [(ACTIVE, 0, 40), (SUSPENDED, 10, 40), (ACTIVE, 20, 40)],
            [ACTIVE, SUSPENDED, ACTIVE, ACTIVE, None],
        ),
        ([(ACTIVE, 0, None), (ACTIVE, 20, None)], [None, None, ACTIVE, ACTIVE, ACTIVE]),
        ([(ACTIVE, 0, None), (SUSPENDED, 10, 30)], [ACTIVE, SUSPENDED, SUSPENDED, ACTIVE, ACTIVE]),
        (
            [(ACTIVE, 0, None), (SUSPENDED, 10, None), (WITHDRAWN, 30, None)],
            [ACTIVE, SUSPENDED, SUSPENDED, WITHDRAWN, WITHDRAWN],
        ),
        (
            [(ACTIVE, 0, None), (WITHDRAWN, 30, None), (WITHDRAWN, 10, None)],
            [ACTIVE, WITHDRAWN, WITHDRAWN, WITHDRAWN, WITHDRAWN],
        ),
    ],
)
def test_each_time_has_its_own_answer(
    rows: Sequence[Row], expected: Sequence[StatementStatus | None]
) -> None:
    assert [said(rows, at) for at in (0, 10, 20, 30, 40)] == expected


def test_period_includes_its_start_and_not_its_end() -> None:
    assert [said([(ACTIVE, 10, 20)], at) for at in (9, 10, 19, 20)] == [None, ACTIVE, ACTIVE, None]


@given(
    st.lists(st.tuples(st.sampled_from(StatementStatus), st.integers(0, 20), st.none()), max_size=6),
    st.integers(0, 20),
)
def test_a_withdrawal_holds_from_its_time_on_and_leaves_the_time_before(rows: list[Row], at: int) -> None:
    withdrawn = [*rows, (ACTIVE, 0, None), (WITHDRAWN, at, None)]
    assert all(said(withdrawn, time) is WITHDRAWN for time in range(at, 25))
    assert all(said(withdrawn, time) is ACTIVE for time in range(at))
