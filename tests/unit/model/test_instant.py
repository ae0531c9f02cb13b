"""Points in time read and written (VCDM 2.0, Representing Time)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.model.instant import SECOND, format_instant, instant_of, parse_date_time_stamp


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2024-02-29T12:30:45.5Z", datetime(2024, 2, 29, 12, 30, 45, 500_000, tzinfo=UTC)),
        ("2024-01-01T00:00:00+14:00", datetime(2023, 12, 31, 10, tzinfo=UTC)),
        ("2024-01-01T00:00:00-05:30", datetime(2024, 1, 1, 5, 30, tzinfo=UTC)),
        ("2023-12-31T24:00:00Z", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_stamp_is_read_as_the_instant_it_names(text: str, moment: datetime) -> None:
    assert parse_date_time_stamp(text) == (instant_of(moment), True)


def test_a_missing_offset_is_read_as_utc_and_reported() -> None:
    assert parse_date_time_stamp("2024-01-01T00:00:00") == (
        instant_of(datetime(2024, 1, 1, tzinfo=UTC)),
        False,
    )


def test_years_beyond_four_digits_and_before_zero_are_ordered() -> None:
    far, _ = parse_date_time_stamp("12024-01-01T00:00:00Z")
    near, _ = parse_date_time_stamp("9999-12-31T23:59:59Z")
    old, _ = parse_date_time_stamp("-0044-03-15T12:00:00Z")
    assert old < 0 < near < far
    assert format_instant(far) == "12024-01-01T00:00:00Z"
    assert format_instant(old) == "-0044-03-15T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-01-01",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01T25:00:00Z",
        "2024-01-01T24:00:01Z",
        "2024-01-01t00:00:00z",
        "2024-01-01T00:00:00+14:01",
        "2024-01-01T00:00:00 Z",
        "２024-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z\n",
        "02024-01-01T00:00:00Z",
        "9" * 10 + "-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_date_time_stamp(text)


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_what_is_written_is_read_back(seconds: int) -> None:
    instant = seconds * SECOND // 1000 * 1000
    whole = instant // SECOND * SECOND
    try:
        read, _ = parse_date_time_stamp(format_instant(whole))
    except ValueError:
        assert len(format_instant(whole).split("-")[-3].lstrip("-")) > 9
    else:
        assert read == whole


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    try:
        parse_date_time_stamp(text)
    except ValueError:
        return
    assert text[-1] == "Z" or text[-6] in "+-" or "T" in text
