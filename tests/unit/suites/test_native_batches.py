"""Batches of the native engine: sequences of values made on demand, stopped in time, measured when asked."""

import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from ler_trust.codec.contexts import PINNED
from ler_trust.errors import Failure
from ler_trust.model.engine import Material
from tests.differential.comparison import LIMITS, native_engine
from tests.differential.samples import generated, material_for

ITEMS = [sample.content for sample in generated()]


@pytest.fixture(scope="module")
def native() -> Any:
    return native_engine()


@pytest.fixture(scope="module")
def material(native: Any) -> Material:
    return material_for(native.survey(ITEMS))


@pytest.mark.parametrize("batch", ["surveys", "outcomes"])
def test_batch_is_a_sequence(native: Any, material: Material, batch: str) -> None:
    found = native.survey(ITEMS) if batch == "surveys" else native.authenticate(ITEMS, material)
    values = list(found)
    assert len(found) == len(values) == len(ITEMS)
    assert [found[place] for place in range(len(ITEMS))] == values
    assert [found[place - len(ITEMS)] for place in range(len(ITEMS))] == values
    for place in (len(ITEMS), -len(ITEMS) - 1, 2**62, -(2**62)):
        with pytest.raises(IndexError):
            found[place]
    assert len(native.survey([])) == 0


def test_what_many_need_comes_first(native: Any) -> None:
    items = [ITEMS[3], *ITEMS, *ITEMS[5:9], ITEMS[7], b"{"]
    found = native.survey(items)
    counted = Counter(need for survey in found for need in survey.keys)
    assert list(found.needs) == [need for need, _ in counted.most_common()]
    assert len(counted) > 3


def test_failing_items_are_named_by_their_codes(native: Any, material: Material) -> None:
    found = native.authenticate(ITEMS, material)
    several: list[Collection[str]] = [{"proof.signature"}, frozenset({"proof.claims", "proof.chain"}), []]
    for codes in several:
        places = [
            place
            for place, outcome in enumerate(found)
            if any(proof.failure is not None and proof.failure.code in codes for proof in outcome.proofs)
        ]
        assert list(found.failing(codes)) == places
    assert found.failing({"proof.claims"})


def test_outcomes_are_replaced_in_their_places(native: Any, material: Material) -> None:
    found = native.authenticate(ITEMS, material)
    before, by = list(found), native.authenticate([ITEMS[9], b"{"], material)
    replaced = found.replaced([4, 2], by)
    assert list(replaced) == [*before[:2], by[1], before[3], by[0], *before[5:]]
    assert list(found) == before
    with pytest.raises(ValueError, match="2 outcomes for 1 places"):
        found.replaced([1], by)
    with pytest.raises(IndexError):
        found.replaced([1, len(ITEMS)], by)


def test_stopped_batch_is_undecided_and_retryable(native: Any, material: Material) -> None:
    stop = threading.Event()
    assert list(native.authenticate(ITEMS, material, stop=stop)) == list(native.authenticate(ITEMS, material))
    stop.set()
    for outcome in native.authenticate(ITEMS, material, stop=stop):
        assert outcome.failure == Failure(False, "batch.deadline", "the batch's time ran out", retryable=True)


def test_batch_is_stopped_while_it_is_worked_on(native: Any, material: Material) -> None:
    class Asked(threading.Event):
        """Is set when somebody has asked often enough."""

        left = 2

        def is_set(self) -> bool:
            self.left -= 1
            return self.left < 0

    blanks = [b" " * number for number in range(100)]
    items = [before + ITEMS[0] + after for before in blanks for after in blanks]  # half a second of work
    outcomes = native.authenticate(items, material, stop=Asked())
    left = sum(outcome.failure is not None for outcome in outcomes)
    assert 0 < left < len(items)


def test_what_goes_wrong_in_asking_is_raised(native: Any, material: Material) -> None:
    class Broken(threading.Event):
        def is_set(self) -> bool:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        native.authenticate(ITEMS, material, stop=Broken())


def test_phases_are_measured(material: Material) -> None:
    native_engine()
    from ler_trust._native import Contexts, Engine

    engine, contexts = Engine(replace(LIMITS), 1), Contexts(dict(PINNED))
    spent = engine.timed(ITEMS, material.keys, contexts)
    assert list(spent) == ["parse", "expand", "canonicalise", "hash", "verify", "read", "other"]
    assert all(seconds > 0 for seconds in spent.values())
    assert engine.timed([], {}, contexts)["verify"] == 0
