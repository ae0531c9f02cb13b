"""The secret order of a list's entries: every entry once, back again, and no pattern to see."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.status.permutation import Permutation

SECRET = bytes(range(32))


@pytest.mark.parametrize("length", [1, 2, 3, 8, 9, 100, 1_000, 4_095, 131_072])
def test_every_index_once(length: int) -> None:
    order = Permutation(SECRET, length)
    indexes = [order.index(ordinal) for ordinal in range(length)]
    assert sorted(indexes) == list(range(length))
    assert [order.ordinal(index) for index in indexes] == list(range(length))


@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**22), st.data())
def test_there_and_back(secret: bytes, length: int, data: st.DataObject) -> None:
    order = Permutation(secret, length)
    number = data.draw(st.integers(0, length - 1))
    assert 0 <= order.index(number) < length
    assert order.ordinal(order.index(number)) == number
    assert order.index(order.ordinal(number)) == number


def test_depends_on_the_secret_and_the_length() -> None:
    first = [Permutation(SECRET, 131_072).index(ordinal) for ordinal in range(100)]
    assert [Permutation(SECRET, 131_072).index(ordinal) for ordinal in range(100)] == first
    assert [Permutation(SECRET[::-1], 131_072).index(ordinal) for ordinal in range(100)] != first
    assert [Permutation(SECRET, 131_080).index(ordinal) for ordinal in range(100)] != first


def chi_squared(counts: Counter[int], cells: int) -> float:
    expected = counts.total() / cells
    return sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))


def test_looks_like_chance() -> None:
    """Where entries fall, and how far from the one before: no likelier anywhere than elsewhere.

    With 63 degrees of freedom a fair order exceeds 120 once in a hundred thousand times; ten orders are
    fixed by their secrets, so this does not fail by chance.
    """
    length, cells = 131_072, 64
    for number in range(10):
        order = Permutation(bytes([number]) * 32, length)
        indexes = [order.index(ordinal) for ordinal in range(8_192)]
        places = Counter(index * cells // length for index in indexes)
        low_bits = Counter(index % cells for index in indexes)
        steps = Counter((after - before) % length * cells // length for before, after in pairwise(indexes))
        assert max(chi_squared(counts, cells) for counts in (places, low_bits, steps)) < 120
