"""Points in time: whole microseconds since 1970-01-01T00:00:00Z, as an ``int``.

VCDM 2.0 §2.3 (Representing Time) allows years beyond 9999, negative years and ``24:00:00``, which
``datetime`` cannot hold; an ``int`` can, compares in one step and crosses to any other language.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

Instant = int

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND
_CYCLE_YEARS: Final = 400  # the Gregorian calendar repeats after 400 years of 146,097 days
_CYCLE: Final = 146_097 * DAY
_MAX_YEAR_DIGITS: Final = 9  # far past any real date, and no cost in parsing

_STAMP: Final = re.compile(
    r"(?P<year>-?(?:[1-9][0-9]{3,8}|0[0-9]{3}))-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"T(?:(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])(?:\.(?P<fraction>[0-9]{1,30}))?"
    r"|(?P<midnight>24:00:00(?:\.0{1,30})?))"
    r"(?P<offset>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?",
    re.ASCII,
)


def parse_date_time_stamp(text: str) -> tuple[Instant, bool]:
    """Read an XML Schema ``dateTimeStamp`` (VCDM 2.0 §2.3); digits past the microsecond are dropped.

    Returns the instant and whether the mandatory offset was there; a value without one is read as
    UTC, as VCDM asks of verifiers. Raises ``ValueError`` for anything else.
    """
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError("not a date and time of the form YYYY-MM-DDThh:mm:ssZ")
    year = int(found["year"])
    cycles, year_in_cycle = divmod(year - 2000, _CYCLE_YEARS)
    days = (date(2000 + year_in_cycle, int(found["month"]), int(found["day"])) - date(1970, 1, 1)).days
    if found["midnight"]:
        clock = DAY
    else:
        clock = (int(found["hour"]) * 3600 + int(found["minute"]) * 60 + int(found["second"])) * SECOND
        clock += int((found["fraction"] or "")[:6].ljust(6, "0"))
    return cycles * _CYCLE + days * DAY + clock - _offset(found["offset"]), found["offset"] is not None


def _offset(text: str | None) -> int:
    if text is None or text == "Z":
        return 0
    size = (int(text[1:3]) * 60 + int(text[4:6])) * MINUTE
    return -size if text[0] == "-" else size


def format_instant(instant: Instant) -> str:
    """Return ``instant`` as ``YYYY-MM-DDThh:mm:ssZ``, cut to whole seconds.

    Years past 9999 or before 1 are shown by their signed number, as XML Schema writes them.
    """
    return _format_second(instant // SECOND)


@lru_cache(4_096)  # a batch shows the same few times in each of its reports
def _format_second(second: int) -> str:
    days, clock = divmod(second, 86_400)
    cycles, day_in_cycle = divmod(days, 146_097)
    day = date.fromordinal(date(1970, 1, 1).toordinal() + day_in_cycle)
    year = day.year + cycles * _CYCLE_YEARS
    sign, size = ("-", -year) if year < 0 else ("", year)
    return f"{sign}{size:04d}-{day:%m-%d}T{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}Z"


def instant_of(moment: datetime) -> Instant:
    """Return the instant of an aware ``datetime``."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def instant_of_seconds(seconds: float) -> Instant:
    """Return the instant ``seconds`` (NumericDate of RFC 7519 §2, or POSIX time) after the epoch."""
    return round(seconds * SECOND)
