"""Which entry of a list comes next: a secret order of all of them, without a table of those used.

Entries must be handed out at random, or a reader of the list learns who was issued a credential when
(Bitstring Status List 1.0 §6). A keyed permutation of 0 … length − 1 gives every ordinal an index of its own,
and leads back from the index to the ordinal.

It is a Feistel network on pairs (left, right) with ``side``² ≥ ``length``: each round shifts one half by a
random function of the other. The functions are tables, drawn at once from SHAKE-256 of the key. An index
outside the list is sent through again until it falls inside (cycle walking), which is rare, since the square
is hardly larger than the list.
"""

from array import array
from hashlib import shake_256
from math import isqrt
from typing import Final

ROUNDS: Final = 10  # six would do with random functions; more cost little
_DRAW: Final = 8  # bytes a table value is reduced from, so many that none is noticeably likelier


class Permutation:
    """The order in which a list's entries are handed out: the same for the same ``secret`` and ``length``."""

    def __init__(self, secret: bytes, length: int) -> None:
        self._length = length
        self._side = isqrt(length - 1) + 1
        self._tables = _tables(secret, length, self._side)

    def index(self, ordinal: int) -> int:
        """Return the index of the entry handed out as number ``ordinal`` (from 0); both below the length."""
        place = self._forward(ordinal)
        while place >= self._length:
            place = self._forward(place)
        return place

    def ordinal(self, index: int) -> int:
        """Return as which number the entry ``index`` is handed out: the inverse of ``index``."""
        number = self._backward(index)
        while number >= self._length:
            number = self._backward(number)
        return number

    def _forward(self, number: int) -> int:
        left, right = divmod(number, self._side)
        for table in self._tables:
            left, right = right, (left + table[right]) % self._side
        return left * self._side + right

    def _backward(self, number: int) -> int:
        left, right = divmod(number, self._side)
        for table in reversed(self._tables):
            left, right = (right - table[left]) % self._side, left
        return left * self._side + right


def _tables(secret: bytes, length: int, side: int) -> list["array[int]"]:
    label = b"ler-trust status list order" + length.to_bytes(8, "big")
    stream = shake_256(label + secret).digest(ROUNDS * side * _DRAW)
    values = [int.from_bytes(stream[at : at + _DRAW], "big") % side for at in range(0, len(stream), _DRAW)]
    return [array("I", values[start : start + side]) for start in range(0, len(values), side)]
