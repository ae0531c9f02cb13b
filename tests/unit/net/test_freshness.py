import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.model.instant import SECOND
from ler_trust.net.freshness import fresh_until
from tests.kit.clock import MORNING

NINE, TEN = "Mon, 02 Mar 2026 09:00:00 GMT", "Mon, 02 Mar 2026 10:00:00 GMT"


def seconds(**fields: str) -> float | None:
    given_fields = {name.replace("_", "-"): [value] for name, value in fields.items()}
    until = fresh_until(given_fields, MORNING)
    return None if until is None else (until - MORNING) / SECOND


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("max-age=300", 300),
        ("public, MAX-AGE=300", 300),
        ('max-age="300"', 300),
        ("max-age=300, s-maxage=20", 20),
        ("s-maxage=600, max-age=3", 600),
        ("max-age=300, max-age=60", 60),
        ("max-age=300, no-store", 0),
        ("no-cache", 0),
        ("private, max-age=300", 0),
        ("max-age=99999999999999999999999999", 2**31),
        ("max-age=-5", None),
        ("max-age=abc", None),
        ("max-age=1.5", None),
        ("max-age", None),
        ("must-revalidate", None),
        (",,=,;", None),
        ("max-age=٣", None),
    ],
)
def test_cache_control(cache_control: str, expected: float | None) -> None:
    assert seconds(cache_control=cache_control) == expected


def test_expires_counts_from_the_date_sent() -> None:
    assert seconds(expires=TEN) == 3600
    assert seconds(expires=TEN, date=NINE) == 3600
    assert seconds(expires=TEN, date=TEN) == 0
    assert seconds(expires=NINE, date=TEN) == 0
    assert seconds(expires="0") == 0
    assert seconds(expires=TEN, cache_control="max-age=5") == 5


def test_age_is_taken_off() -> None:
    assert seconds(cache_control="max-age=300", age="100") == 200
    assert seconds(cache_control="max-age=300", age="1000") == 0
    assert seconds(cache_control="max-age=300", age="old") == 300


def test_silence_says_nothing() -> None:
    assert fresh_until({}, MORNING) is None


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "expires", "date", "age"]), st.lists(st.text(max_size=60))
    )
)
def test_fuzzed_fields_never_reach_back_or_raise(fields: dict[str, list[str]]) -> None:
    until = fresh_until(fields, MORNING)
    assert until is None or until >= MORNING
