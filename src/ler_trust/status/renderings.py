"""Published lists in all their forms: each made once from the version that is published, and kept at hand.

Anybody can ask for any form of any version: few are made at once, and those who come when many wait are sent
away.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Conflict
from ler_trust.model.limits import MIB
from ler_trust.model.records import ListRecord, PublishedList
from ler_trust.status.flight import SingleFlight
from ler_trust.status.forms import DEFAULT_FORM, Form, ways
from ler_trust.status.render import entity_tag
from ler_trust.status.turns import Turns
from ler_trust.status.version import ListSigner, ListVersion, beside

AT_ONCE: Final = 2  # made at a time: each has a core, and other work of the pool of threads goes on
WAITING: Final = 64  # each takes some milliseconds, so that the last waits a second or so
_SERVED_AT_ONCE: Final = 4  # of what is signed already and only packed: never behind the forms that are not
_LISTS_WAITING: Final = 1_000
MAX_BYTES: Final = 32 * MIB  # of renderings kept, plain and packed
_OVERHEAD: Final = 1_024  # bytes one takes beside, about
_WORTH: Final = 0.95  # packed to this, or less: else it is sent plain


@dataclass(frozen=True, slots=True)
class Rendering:
    """A list in one form as it is served: its bytes, plain and (where that is shorter) by GZIP.

    Each has a strong entity tag of its own, quotes included.
    """

    media_type: str
    body: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    etag: str
    packed_etag: str


_Key = tuple[str, str, str, bool]


class Renderings:
    """Makes and keeps renderings in ``forms``; ``turns`` bounds how many are made at once."""

    def __init__(
        self,
        forms: Sequence[Form],
        status_format: StatusFormat,
        max_bytes: int = MAX_BYTES,
        turns: Turns | None = None,
    ) -> None:
        self._forms = {form.name: form for form in forms}
        self._format = status_format
        self._max_bytes = max_bytes
        self._kept: OrderedDict[_Key, Rendering] = OrderedDict()
        self._bytes = 0
        self._flights: SingleFlight[_Key, Rendering] = SingleFlight()
        self._turns = turns or Turns(AT_ONCE, WAITING)
        self._serving = Turns(_SERVED_AT_ONCE, _LISTS_WAITING)

    def offered(self, signer: ListSigner) -> Sequence[tuple[str, str]]:
        """Return each media type that a list by ``signer`` can be asked for by, and the form it means."""
        return [(way, form.name) for form in self._forms.values() for way in ways(form, signer.kind)]

    def find(self, published: PublishedList, name: str, own: bool) -> Rendering | None:
        """Return what is at hand of ``published`` in the form ``name``."""
        key = (published.list_id, published.etag, name, own)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    async def make(
        self,
        published: PublishedList,
        record: ListRecord,
        signer: ListSigner,
        name: str,
        own: bool,
        aggregation: str,
    ) -> Rendering:
        """Return ``published`` in the form ``name``, with ``own`` as served at the address of that form.

        Raises ``Conflict('request.not_found')`` without such a form, ``Undecided('request.unavailable')``
        when what was made does not say what was published, or too many others wait.
        """
        form = self._form(name)

        def made() -> Rendering:
            bits = published_bits(self._format, published, record.length)
            address = f"{record.url}?as={name}" if own else record.url
            times = published.published_at, published.valid_until, published.ttl
            version = ListVersion(address, record.purpose, bits, *times, aggregation)
            return _packed(form, form.make(version, signer))

        if name == DEFAULT_FORM and not own:
            return await self.signed(published, name, own)
        key = (published.list_id, published.etag, name, own)
        return await self._made(key, lambda: beside(signer, made, self._turns))

    async def signed(self, published: PublishedList, name: str, own: bool) -> Rendering:
        """Return ``published``, whose bytes are those of the form ``name``, as it is served."""
        form = self._form(name)
        key = (published.list_id, published.etag, name, own)

        async def in_turn() -> Rendering:
            async with self._serving.turn():
                return await asyncio.to_thread(_packed, form, published.body)

        return await self._made(key, in_turn)

    async def _made(self, key: _Key, make: Callable[[], Awaitable[Rendering]]) -> Rendering:
        """Return what ``make`` returns, made once for all who ask meanwhile, and keep it."""
        made = await self._flights.join(key, make)
        self._keep(key, made)
        return made

    def _form(self, name: str) -> Form:
        form = self._forms.get(name)
        if form is None:
            raise Conflict("request.not_found", "lists have no such form")
        return form

    def _keep(self, key: _Key, made: Rendering) -> None:
        if key in self._kept:
            return
        self._kept[key] = made
        self._bytes += _size(made)
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _size(dropped)

    async def close(self) -> None:
        """Give up what is being made."""
        await self._flights.close()


def published_bits(status_format: StatusFormat, published: PublishedList, length: int) -> bytes:
    """Return the bits that the published credential says: what all other forms are made of."""
    return status_format.decode(orjson.loads(published.body), max_bytes=length // 8).bits


def _packed(form: Form, body: bytes) -> Rendering:
    packed = gzip.compress(body, 6, mtime=0)
    etag = entity_tag(body)
    worth = packed if len(packed) <= _WORTH * len(body) else None
    return Rendering(form.media_type, body, worth, etag, f'{etag[:-1]}-gzip"')


def _size(made: Rendering) -> int:
    return len(made.body) + len(made.packed or b"") + _OVERHEAD
