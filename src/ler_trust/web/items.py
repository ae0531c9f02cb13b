"""The envelope of a verification request: taken apart, with the credentials' own bytes left as they came."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from ler_trust.errors import Failure
from ler_trust.model.limits import KIB
from ler_trust.web.problems import Problem

ID_LENGTH: Final = 256  # characters of a caller's own id, echoed with its result
_POLICY_LENGTH: Final = 64
_TIME_LENGTH: Final = 64
_PATH: Final = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>[0-9]+)\]")
_ID: Final = rb'(?P<id>"id"[ \t\r\n]*:[ \t\r\n]*"[^"\\]*"[ \t\r\n]*)'
_BEFORE: Final = re.compile(
    rb"[ \t\r\n]*\{[ \t\r\n]*(?:" + _ID + rb',[ \t\r\n]*)?"credential"[ \t\r\n]*:[ \t\r\n]*'
)
_AFTER: Final = re.compile(rb"[ \t\r\n]*(?:,[ \t\r\n]*" + _ID + rb")?\}[ \t\r\n]*")
_LIST: Final = re.compile(rb'"items"[ \t\r\n]*:[ \t\r\n]*\[')
_MOST_AROUND: Final = 8 * KIB  # bytes: an id, a policy's name, a time, and white space
_LONG: Final = re.compile(rb'"(?:items|credential)"[ \t\r\n]*:[ \t\r\n]*')
_IMAGES: Final = re.compile(rb'"(?:data:image\\?/|iVBORw0KGgo|PHN2Zy|PD94bWwg)')


class Item(NamedTuple):
    """One record to verify, under the caller's own ``id`` if any; ``credential`` is JSON as received."""

    id: str | None
    credential: bytes

    def __repr__(self) -> str:
        """Name the item without what the record says."""
        return f"Item(id={self.id!r})"


class _Item(msgspec.Struct, forbid_unknown_fields=True):
    credential: msgspec.Raw
    id: Annotated[str, msgspec.Meta(max_length=ID_LENGTH)] | None = None


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    items: msgspec.Raw
    policy: Annotated[str, msgspec.Meta(max_length=_POLICY_LENGTH)] = "default"
    as_of: Annotated[str, msgspec.Meta(max_length=_TIME_LENGTH)] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A JSON request taken apart; ``as_of`` is not read yet."""

    items: list[Item]
    policy: str
    as_of: str | None


class UnreadableError(Exception):
    """The envelope is not what it must be: ``detail`` says why, ``pointer`` where, ``code`` of which kind."""

    def __init__(self, detail: str, pointer: str = "", code: str = "request.malformed") -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.code = code

    def problem(self, pointer: str = "") -> Problem:
        """Return the problem that says this of what stands at ``pointer``."""
        return Problem(self.code, self.detail, pointer + self.pointer, status=400)


_Value = TypeVar("_Value")
_ITEM: Final = msgspec.json.Decoder(_Item)
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


def read_item(line: bytes) -> Item:
    """Return the item in ``line``; raises :class:`UnreadableError`."""
    item = _read(_ITEM.decode, line)
    credential = bytes(item.credential)
    if not _is_plain_item(line, credential):
        _require_single_names(line, credential)
    return Item(item.id, credential)


class BatchReader:
    """Reads JSON requests of at most ``most`` items; a longer list is given up at the item after them.

    Requests as nearly everybody writes them are read in one go. What that cannot vouch for is taken apart
    step by step, which also says what is wrong.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # An array-like structure is the one form whose length is bounded while it is read: a list of eight
        # million zeros would take a gigabyte before its length could be asked.
        fields = [(f"item_{n}", msgspec.Raw, msgspec.field(default_factory=msgspec.Raw)) for n in range(most)]
        array: Any = msgspec.defstruct("Items", fields, array_like=True, forbid_unknown_fields=True)
        self._items = msgspec.json.Decoder(array)
        self._usual = msgspec.json.Decoder(_usual_envelope(most))

    def read(self, body: bytes) -> Batch:
        """Return the batch in ``body``; raises :class:`Problem` with a pointer to what is wrong."""
        return self._read_usual(body) or self._read_any(body)

    def _read_usual(self, body: bytes) -> Batch | None:
        """Return the batch if its list is one of plain items, and no name in the envelope is given twice."""
        try:
            envelope = self._usual.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        found = [item for item in msgspec.structs.astuple(envelope.items) if item is not None]
        items = [Item(item.id, bytes(item.credential)) for item in found]
        span = _plain_list(body, items)
        if span is None:
            return None
        try:
            _require_single(body[: span[0]] + b"0" + body[span[1] :])
        except UnreadableError:
            return None
        return Batch(items, envelope.policy, envelope.as_of)

    def _read_any(self, body: bytes) -> Batch:
        try:
            envelope = _read(_ENVELOPE.decode, body)
            _require_single_names(body, bytes(envelope.items))
        except UnreadableError as error:
            raise error.problem() from None
        try:
            array = _read(self._items.decode, envelope.items)
        except UnreadableError as error:
            if error.detail.startswith("Expected `array` of at most"):
                detail = f"at most {self._most} items in one request; send more as application/x-ndjson"
                raise Problem("request.too_large", detail, "/items") from None
            raise error.problem("/items") from None
        given = (item for item in map(bytes, msgspec.structs.astuple(array)) if item)
        items = [_item_at(position, item) for position, item in enumerate(given)]
        return Batch(items, envelope.policy, envelope.as_of)


def _usual_envelope(most: int) -> Any:
    """Return the structure of a request that has ``most`` items at most."""
    fields: Any = [(f"item_{n}", _Item, None) for n in range(most)]
    array = msgspec.defstruct("UsualItems", fields, array_like=True, forbid_unknown_fields=True)
    others: Any = [
        ("policy", Annotated[str, msgspec.Meta(max_length=_POLICY_LENGTH)], "default"),
        ("as_of", Annotated[str, msgspec.Meta(max_length=_TIME_LENGTH)] | None, None),
    ]
    return msgspec.defstruct("UsualEnvelope", [("items", array), *others], forbid_unknown_fields=True)


def _item_at(position: int, item: bytes) -> Item:
    try:
        return read_item(item)
    except UnreadableError as error:
        raise error.problem(f"/items/{position}") from None


def image_failure(credential: bytes) -> Failure | None:
    """Return why a baked image is not verified, ``None`` for anything else."""
    if _IMAGES.match(credential) is None:
        return None
    detail = "a baked PNG or SVG image; send the credential that is inside it"
    return Failure(False, "format.unsupported", detail)


def _read(decode: Callable[[Any], _Value], data: bytes | msgspec.Raw) -> _Value:
    try:
        return decode(data)
    except msgspec.ValidationError as error:
        message = str(error)
        found = _PATH.search(message)
        pointer = "" if found is None else _pointer(found["path"])
        raise UnreadableError(_PATH.sub("", message), pointer) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(str(error).replace("JSON is malformed: ", "not JSON: ")) from None
    except RecursionError:
        raise UnreadableError("nested too deeply to be read", code="format.too_deep") from None


def _pointer(path: str) -> str:
    return "".join("/" + (step["name"] or step["index"]) for step in _STEP.finditer(path))


def _is_plain_item(envelope: bytes, value: bytes) -> bool:
    """Return whether ``envelope`` is ``value`` as its ``credential``, an ``id`` at most, and nothing else."""
    return _end_of_plain_item(envelope, 0, value) == len(envelope)


def _end_of_plain_item(text: bytes, start: int, value: bytes) -> int | None:
    """Return where a plain item around ``value`` that begins at ``start`` ends, white space included."""
    before = _BEFORE.match(text, start)
    if before is None or not text.startswith(value, before.end()):
        return None
    after = _AFTER.match(text, before.end() + len(value))
    return after.end() if after is not None and (before["id"] is None or after["id"] is None) else None


def _plain_list(body: bytes, items: Sequence[Item]) -> tuple[int, int] | None:
    """Return where in ``body`` the list lies that is ``items``, if all of them are plain."""
    opening = _LIST.search(body)
    if opening is None or not items:
        return None
    place = opening.end()
    for item in items:
        end = _end_of_plain_item(body, place, item.credential)
        if end is None or body[end : end + 1] not in (b",", b"]"):
            return None
        place = end + 1
    return (opening.end() - 1, place) if body[place - 1 : place] == b"]" else None


def _require_single_names(envelope: bytes, value: bytes) -> None:
    """Refuse an envelope that gives one name twice, which the fast reader does not notice.

    Its one long value, if it is an object or array, is cut out first: what is left is some ten bytes.
    """
    is_cut = value[:1] in (b"{", b"[") or len(value) > _MOST_AROUND
    _require_single(_without(value, envelope) if is_cut else envelope)


def _require_single(envelope: bytes) -> None:
    """Refuse names given twice in what is left of an envelope, which is little unless one is."""
    if len(envelope) > 2 * _MOST_AROUND:
        raise UnreadableError("something else than the one list or credential is long")
    try:
        json.loads(envelope, object_pairs_hook=_require_distinct)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not JSON: {type(error).__name__}") from None


def _without(value: bytes, envelope: bytes) -> bytes:
    """Return ``envelope`` with a zero where ``value`` is in it."""
    name = _LONG.search(envelope)
    if name is not None and envelope.startswith(value, name.end()):  # megabytes need not be searched
        return envelope[: name.end()] + b"0" + envelope[name.end() + len(value) :]
    before, found, after = envelope.rpartition(value)
    return before + (b"0" if found else b"") + after


def _require_distinct(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise UnreadableError("a name is given twice", code="format.duplicate_key")
