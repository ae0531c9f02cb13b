"""Lists that cannot be published rest ever longer, and are remembered no longer than that."""

from ler_trust.web.resting import Resting
from tests.kit.clock import SteppedClock


def test_rest_grows_with_every_failure_up_to_half_a_minute() -> None:
    clock = SteppedClock()
    resting = Resting(clock)
    assert not resting.has("list")
    for seconds in (1, 2, 4, 8, 16, 30, 30):
        resting.put("list")
        clock.advance(seconds - 0.001)
        assert resting.has("list")
        assert not resting.has("other")
        clock.advance(0.001)
        assert not resting.has("list")


def test_list_that_failed_long_ago_starts_anew_and_takes_no_memory() -> None:
    clock = SteppedClock()
    resting = Resting(clock)
    for number in range(100):
        resting.put(str(number))
    clock.advance(120)
    resting.put("another")
    assert list(resting._rests) == ["another"]
    resting.put("0")
    clock.advance(1)
    assert not resting.has("0")


def test_clock_that_goes_back_ends_the_rest() -> None:
    clock = SteppedClock()
    resting = Resting(clock)
    resting.put("list")
    clock.advance(-3_600)
    assert not resting.has("list")
