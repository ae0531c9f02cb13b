"""A clock that stands still until it is told to move."""

from ler_trust.model.instant import SECOND, Instant, parse_date_time_stamp

MORNING = parse_date_time_stamp("2026-03-02T09:00:00Z")[0]


class SteppedClock:
    """Implements ``ler_trust.contracts.Clock``; ``advance`` moves it by seconds."""

    def __init__(self, instant: Instant = MORNING) -> None:
        self.instant = instant

    def now(self) -> Instant:
        return self.instant

    def advance(self, seconds: float) -> None:
        self.instant += round(seconds * SECOND)
