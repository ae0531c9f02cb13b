"""JSON from outside, read so that it can be read in one way only (RFC 8259, RFC 7493).

What two honest parsers could understand differently is refused: duplicate names, numbers beyond a
double's precision, text that is not Unicode. So is what could exhaust the reader.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from math import isinf
from typing import Any, Final

from ler_trust.codec.pointer import child
from ler_trust.errors import Rejected
from ler_trust.model.limits import DEFAULT_LIMITS, Limits

_MAX_SAFE_INTEGER: Final = 2**53 - 1  # RFC 7493 §2.2
_MAX_NUMBER: Final = 400  # characters: the largest double, written out, has 309 digits
_IDENTIFYING_DIGITS: Final = 17  # as many significant digits name any double

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING_TEXT: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_STRING: Final = re.compile(_STRING_TEXT, re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")
# A long text is looked through in parts: between two of them other threads have their turn.
_PART: Final = re.compile(rf'(?:[^"]++|{_STRING_TEXT}){{1,5000}}+', re.DOTALL)


class _DuplicateNameError(Exception):
    """Stops the parser at an object that names a member twice."""


def loads(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Return the JSON value in ``data``; integers past 2⁵³ − 1 that a double holds exactly become floats.

    Raises ``Rejected`` with a ``format.*`` code: ``too_large``, ``encoding``, ``too_deep``, ``json``,
    ``duplicate_key``, ``number`` or ``surrogate``.
    """
    if len(data) > limits.item_bytes:
        raise Rejected("format.too_large", f"{len(data)} bytes, more than {limits.item_bytes}")
    text = _decoded(data)
    _require_depth(text, limits.json_depth)
    try:
        value = _DECODER.decode(text)
    except _DuplicateNameError:
        raise Rejected("format.duplicate_key", pointer=_duplicate(text)) from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise Rejected("format.json", str(error)) from None
    if _SURROGATE_ESCAPE.search(data) is not None:
        _require_unicode(value)
    return value


def _decoded(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise Rejected("format.encoding", "the text begins with a byte order mark")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected("format.encoding", f"not UTF-8 at byte {error.start}") from None


def _require_depth(text: str, most: int) -> None:
    """Refuse nesting deeper than ``most`` before the parser, which recurses, meets it."""
    if text.count("[") + text.count("{") <= most:
        return
    depth = 0
    for part in _PART.finditer(text):
        for bracket in _BRACKET.findall(_STRING.sub("", part.group())):
            depth += 1 if bracket in "[{" else -1
            if depth > most:
                raise Rejected("format.too_deep", f"nested more than {most} deep")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateNameError
    return members


def _integer(text: str) -> int | float:
    if len(text) <= 16:  # at most 9,999,999,999,999,999: cheap, and no way to a number that is huge
        number = int(text)
        if -_MAX_SAFE_INTEGER <= number <= _MAX_SAFE_INTEGER:
            return number
    if len(text) > _MAX_NUMBER:
        raise Rejected("format.number", f"a number of {len(text)} digits")
    nearest = float(text)
    if isinf(nearest) or int(nearest) != int(text):
        raise Rejected("format.number", "an integer that a double cannot hold")
    return nearest


def _decimal(text: str) -> float:
    if len(text) > _MAX_NUMBER:
        raise Rejected("format.number", f"a number of {len(text)} characters")
    number = float(text)
    if number == 0 and _is_zero(text):
        return number
    if number == 0 or isinf(number):
        raise Rejected("format.number", "a number outside the range of a double")
    if len(text) > _IDENTIFYING_DIGITS:
        _require_precision(text, number)
    return number


def _is_zero(text: str) -> bool:
    return not text.lower().partition("e")[0].strip("-0.")


def _require_precision(text: str, number: float) -> None:
    exact = Decimal(text)
    digits = "".join(map(str, exact.as_tuple().digits)).strip("0")
    if len(digits) > _IDENTIFYING_DIGITS and exact != Decimal(number):
        raise Rejected("format.number", "a number with more digits than a double holds")


def _constant(text: str) -> float:
    raise Rejected("format.json", f"{text} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)


class _Pairs(list[tuple[str, Any]]):
    """The members of an object as they were written, repeated ones included."""


def _duplicate(text: str) -> str:
    """Return the JSON pointer of the first repeated member; reads ``text`` again, off the fast path.

    There is none in a text that is broken further on.
    """
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    except (json.JSONDecodeError, RecursionError):
        return ""
    for pointer, node in _walk("", value):
        if isinstance(node, _Pairs):
            seen: set[str] = set()
            for name, _ in node:
                if name in seen:
                    return child(pointer, name)
                seen.add(name)
    return ""


def _require_unicode(value: Any) -> None:
    for pointer, node in _walk("", value):
        texts = node if isinstance(node, dict) else (node,) if isinstance(node, str) else ()
        for text in texts:
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise Rejected("format.surrogate", "a lone surrogate", _printable(pointer))


def _printable(pointer: str) -> str:
    return pointer.encode("utf-8", "replace").decode("utf-8")


def _walk(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value with its pointer, a container before what is in it; depth is already bounded."""
    yield pointer, value
    if isinstance(value, dict | _Pairs):
        for name, member in value.items() if isinstance(value, dict) else value:
            yield from _walk(child(pointer, name), member)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _walk(child(pointer, index), member)
