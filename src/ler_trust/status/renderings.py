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
from ler_trust.model.instant import Instant
from ler_trust.model.limits import MIB
from ler_trust.model.records import ListRecord, PublishedList
from ler_trust.status.flight import SingleFlight
from ler_trust.status.forms import DEFAULT_FORM, Form, ways
from ler_trust.status.render import entity_tag
from ler_trust.status.version import ListSigner, ListVersion

MAX_BYTES: Final = 32 * MIB  # of renderings kept, plain and packed
_OVERHEAD: Final = 1_024  # bytes one takes beside, about
_WORTH: Final = 0.95  # packed to this, or less: else it is sent plain


@dataclass(frozen=True, slots=True)
class Rendering:
    """A list in one form as it is served: its bytes, plain and (where that is shorter) by GZIP.

    ``etag`` is a strong entity tag, quotes included, of the plain bytes. ``fresh_until`` is the latest until
    which a copy may be kept.
    """

    media_type: str
    body: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    etag: str
    ttl: int
    fresh_until: Instant

    @property
    def packed_etag(self) -> str:
        """Return the strong entity tag of the packed bytes."""
        return f'{self.etag[:-1]}-gzip"'


class Renderings:
    """Makes and keeps renderings of published lists in ``forms``."""

    def __init__(
        self, forms: Sequence[Form], status_format: StatusFormat, max_bytes: int = MAX_BYTES
    ) -> None:
        self._forms = {form.name: form for form in forms}
        self._format = status_format
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[str, str, str], tuple[bytes, bytes | None]] = OrderedDict()
        self._bytes = 0
        self._flights: SingleFlight[tuple[str, str, str], tuple[bytes, bytes | None]] = SingleFlight()

    def offered(self, signer: ListSigner) -> Sequence[tuple[str, str]]:
        """Return each media type that a list by ``signer`` can be asked for by, and the form it means."""
        return [(way, form.name) for form in self._forms.values() for way in ways(form, signer.kind)]

    async def get(
        self,
        published: PublishedList,
        record: ListRecord,
        signer: ListSigner,
        name: str = DEFAULT_FORM,
        address: str | None = None,
        aggregation: str | None = None,
    ) -> Rendering:
        """Return ``published`` in the form ``name``, as served at ``address`` (the list's own by default).

        Raises ``Conflict('request.not_found')`` without such a form, ``Undecided`` when
        what was made does not say what was published.
        """
        form = self._forms.get(name)
        if form is None:
            raise Conflict("request.not_found", "lists have no such form")
        key = (published.etag, name, address or record.url)
        kept = self._kept.get(key)
        if kept is None:
            address = address or record.url
            kept = await self._flights.join(
                key,
                lambda: asyncio.to_thread(self._make, form, published, record, signer, address, aggregation),
            )
            self._keep(key, kept)
        else:
            self._kept.move_to_end(key)
        return _rendering(published, form, *kept)

    def _make(
        self,
        form: Form,
        published: PublishedList,
        record: ListRecord,
        signer: ListSigner,
        address: str,
        aggregation: str | None,
    ) -> tuple[bytes, bytes | None]:
        if form.name == DEFAULT_FORM and address == record.url:
            return published.body, _packed(published.body)
        version = ListVersion(
            address,
            record.purpose,
            published_bits(self._format, published, record.length),
            published.published_at,
            published.valid_until,
            published.ttl,
            aggregation,
        )
        body = form.make(version, signer)
        return body, _packed(body)

    def _keep(self, key: tuple[str, str, str], made: tuple[bytes, bytes | None]) -> None:
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


def _rendering(published: PublishedList, form: Form, body: bytes, packed: bytes | None) -> Rendering:
    ends = [published.valid_until, *([] if published.next_due is None else [published.next_due])]
    is_own = form.name == DEFAULT_FORM and body is published.body
    etag = published.etag if is_own else entity_tag(body)
    return Rendering(form.media_type, body, packed, etag, published.ttl, min(ends))


def _packed(body: bytes) -> bytes | None:
    packed = gzip.compress(body, 6, mtime=0)
    return packed if len(packed) <= _WORTH * len(body) else None


def _size(made: tuple[bytes, bytes | None]) -> int:
    body, packed = made
    return len(body) + len(packed or b"") + _OVERHEAD
