import pytest

from ler_trust.web.rates import RateLimit


class Seconds:
    """A clock in seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_at_its_rate() -> None:
    seconds = Seconds()
    limit = RateLimit(60, seconds)
    assert limit.take("a", 60) == 0
    assert limit.take("a") == pytest.approx(1)
    seconds.now += 0.5
    assert limit.take("a") == pytest.approx(0.5)
    seconds.now += 0.5
    assert limit.take("a") == 0
    assert limit.take("a", 30) == pytest.approx(30)


def test_a_refusal_costs_nothing_and_clients_are_apart() -> None:
    limit = RateLimit(10, Seconds())
    assert limit.take("a", 8) == 0
    assert limit.take("a", 5) > 0
    assert limit.take("a", 2) == 0
    assert limit.take("b", 10) == 0


def test_more_than_a_bucket_holds_waits_for_a_full_one_and_is_paid_back() -> None:
    seconds = Seconds()
    limit = RateLimit(60, seconds)
    assert limit.take("a", 120) == 0
    assert limit.take("a", 120) == pytest.approx(120)
    seconds.now += 61
    assert limit.take("a") == pytest.approx(0, abs=1)


def test_a_full_bucket_does_not_overflow() -> None:
    seconds = Seconds()
    limit = RateLimit(60, seconds)
    limit.take("a")
    seconds.now += 3_600
    assert limit.take("a", 60) == 0
    assert limit.take("a") > 0


def test_a_million_clients_are_not_a_million_buckets() -> None:
    limit = RateLimit(60, Seconds())
    for number in range(30_000):
        limit.take(str(number))
    assert len(limit._buckets) == 10_000
