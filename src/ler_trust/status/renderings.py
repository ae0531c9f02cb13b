"""Published lists in all their forms: each made once from the version that is published, and kept at hand."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Sequence
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
from ler_trust.status.version import ListSigner, ListVersion, beside

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
    """Makes and keeps renderings of published lists in ``forms``."""

    def __init__(
        self, forms: Sequence[Form], status_format: StatusFormat, max_bytes: int = MAX_BYTES
    ) -> None:
        self._forms = {form.name: form for form in forms}
        self._format = status_format
        self._max_bytes = max_bytes
        self._kept: OrderedDict[_Key, Rendering] = OrderedDict()
        self._bytes = 0
        self._flights: SingleFlight[_Key, Rendering] = SingleFlight()

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
        when what was made does not say what was published.
        """
        form = self._forms.get(name)
        if form is None:
            raise Conflict("request.not_found", "lists have no such form")
        address = f"{record.url}?as={name}" if own else record.url
        version = ListVersion(
            address,
            record.purpose,
            await asyncio.to_thread(published_bits, self._format, published, record.length),
            published.published_at,
            published.valid_until,
            published.ttl,
            aggregation,
        )
        is_published = name == DEFAULT_FORM and not own
        body = published.body if is_published else None
        key = (published.list_id, published.etag, name, own)
        made = await self._flights.join(
            key, lambda: beside(signer, lambda: _rendering(form, version, signer, body))
        )
        self._keep(key, made)
        return made

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


def _rendering(form: Form, version: ListVersion, signer: ListSigner, published: bytes | None) -> Rendering:
    """Return ``version`` in a form; ``published`` is what was made of it before, if it was."""
    body = form.make(version, signer) if published is None else published
    packed = gzip.compress(body, 6, mtime=0)
    etag = entity_tag(body)
    worth = packed if len(packed) <= _WORTH * len(body) else None
    return Rendering(form.media_type, body, worth, etag, f'{etag[:-1]}-gzip"')


def _size(made: Rendering) -> int:
    return len(made.body) + len(made.packed or b"") + _OVERHEAD
