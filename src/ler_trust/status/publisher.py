"""The issuer's side: create a list, allocate entries, change them, publish in every form."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from ler_trust.contracts import Clock, Engine, StatusFormat, StatusStore
from ler_trust.errors import Conflict
from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.records import ListRecord, PublishedList, StatusChange
from ler_trust.status.allocation import Allocation, Digests
from ler_trust.status.book import ListBook, in_thread
from ler_trust.status.changes import ChangeAnswer, ChangeOrder, Changes
from ler_trust.status.forms import DEFAULT_FORM, Form, forms
from ler_trust.status.issuer_signed import IssuerSigned, address_of
from ler_trust.status.publication import Publication
from ler_trust.status.render import CRYPTOSUITES, Renderer
from ler_trust.status.renderings import Rendering, Renderings
from ler_trust.status.version import IssuersKey, ListSigner, SignerSource, signing
from ler_trust.status.vouch import Authenticate, FindKeys, no_keys, nothing_authentic

PURPOSES: Final = ("revocation", "suspension")
MIN_LENGTH: Final = DEFAULT_LIMITS.status_list_bits
MAX_LENGTH: Final = 2**22  # entries: even without compression the credential stays below a record's cap
DEFAULT_TTL: Final = 5 * MINUTE
MIN_TTL: Final = 1 * SECOND
MAX_TTL: Final = 7 * DAY
_OFFERED: Final = 1_024  # signing keys: their kind, which never changes, says which forms a list comes in


class StatusPublisher:
    """Keeps an issuer's status lists and publishes them as signed credentials.

    ``signers`` gives a tenant's signing key by its id, or raises ``Conflict('request.not_found')``. Lists are
    published under ``base_url``. ``digests`` turns a tenant's references into what the store keeps of them.
    What was published is kept in memory for ``look_again`` microseconds before the store is asked whether
    another replica has changed it. ``list_2021`` is the format of StatusList2021, if lists are to be had in
    it. ``tell`` tells other replicas that a list has changed. ``authenticate`` and ``find_keys`` check what
    issuers that sign for themselves have signed, by the keys in their own documents; ``issuer_signed`` is
    where they do. Every method may raise ``Undecided('request.unavailable')``.
    """

    def __init__(
        self,
        store: StatusStore,
        signers: SignerSource,
        status_format: StatusFormat,
        engine: Engine,
        clock: Clock,
        base_url: str,
        *,
        digests: Digests,
        look_again: int = 0,
        open_lists: int = 1,
        list_2021: StatusFormat | None = None,
        tell: Callable[[str], None] | None = None,
        authenticate: Authenticate = nothing_authentic,
        find_keys: FindKeys = no_keys,
    ) -> None:
        self._store = store
        self._tell = tell or (lambda list_id: None)
        self._signers = signers
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self.book = ListBook(store)
        self._allocation = Allocation(store, self.book, status_format, clock, digests, self._url, open_lists)
        self._changes = Changes(store, self.book, clock)
        self._publication = Publication(
            store, self.book, signers, Renderer(status_format, engine), clock, look_again
        )
        every_form = forms(status_format, list_2021, engine)
        self._forms = {form.name: form for form in every_form}
        self._renderings = Renderings(every_form, status_format)
        self.issuer_signed = IssuerSigned(
            store,
            self.book,
            signers,
            every_form,
            clock,
            authenticate,
            find_keys,
            self.aggregation_url,
            look_again,
            self._tell,
        )
        self._offered: OrderedDict[tuple[str, str], Mapping[str, str]] = OrderedDict()

    async def create_list(
        self,
        tenant: str,
        purpose: str,
        signing_key: str,
        *,
        length: int = MIN_LENGTH,
        ttl: int = DEFAULT_TTL,
    ) -> ListRecord:
        """Create a list of ``length`` entries for one purpose; ``ttl`` in microseconds.

        With a key that its issuer keeps, the list is signed by the issuer and never here.
        Raises ``Conflict`` with ``request.invalid`` for a list that cannot be, ``request.not_found`` without
        such a key.
        """
        _check_list(purpose, length, ttl)
        key = await self._usable(tenant, signing_key)
        list_id = secrets.token_hex(16)
        record = ListRecord(
            id=list_id,
            tenant=tenant,
            url=self._url(list_id),
            purpose=purpose,
            length=length,
            signing_key=signing_key,
            ttl=ttl,
            secret=secrets.token_bytes(32),
            created_at=self._clock.now(),
            issuer_signs=isinstance(key, IssuersKey),
        )
        await self._store.create_list(record)
        return record

    async def rekey(self, tenant: str, list_id: str, signing_key: str) -> ListRecord:
        """Have a list signed by another key of the tenant, at once and from now on; return its record.

        What an issuer signs itself stays what it has signed until it signs by that key. Raises ``Conflict``
        with ``request.not_found``, or ``request.invalid`` also where not the same would sign.
        """
        record = await self.book.known(tenant, list_id)
        key = await self._usable(tenant, signing_key)
        if isinstance(key, IssuersKey) != record.issuer_signs:
            raise Conflict("request.invalid", "whether its issuer signs a list or this service never changes")
        await self._store.rekey_list(list_id, signing_key)
        self._publication.shown.forget(list_id)
        self._tell(list_id)
        return await self.book.present(list_id)

    async def _usable(self, tenant: str, signing_key: str) -> ListSigner | IssuersKey:
        key = await self._signers(tenant, signing_key)
        if key.kind not in CRYPTOSUITES:
            raise Conflict("request.invalid", f"a {key.kind} key does not sign status lists")
        return key

    def _url(self, list_id: str) -> str:
        return f"{self._base_url}/status-lists/{list_id}"

    async def allocate(
        self,
        tenant: str,
        list_id: str,
        count: int = 1,
        *,
        references: Sequence[str] = (),
        key: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of one list, as ``credentialStatus`` objects to be put into credentials.

        ``references`` are the issuer's own names for the credentials, one an entry; ``key`` an idempotency
        key. Raises ``Conflict`` with ``request.not_found``, ``request.invalid``, ``request.list_full``,
        ``request.conflict`` for a reference that has an entry of this purpose, ``request.key_reused``.
        """
        return await self._allocation.of_list(tenant, list_id, count, references, key)

    async def allocate_open(
        self,
        tenant: str,
        purpose: str,
        count: int = 1,
        *,
        references: Sequence[str] = (),
        key: str | None = None,
    ) -> tuple[Mapping[str, Any], ...]:
        """Hand out ``count`` entries of lists for ``purpose``, chosen at random among those that are open.

        The next list is opened, like the last, before there is no room. Raises as ``allocate`` does, and
        ``request.not_found`` while there is no list for that purpose.
        """
        return await self._allocation.of_purpose(tenant, purpose, count, references, key)

    async def referenced(
        self, tenant: str, purpose: str, references: Sequence[str]
    ) -> Sequence[tuple[str, int] | None]:
        """Return the list and index that each reference has for a purpose, ``None`` for one that has none."""
        return await self._allocation.referenced(tenant, purpose, references)

    async def change(self, tenant: str, list_id: str, changes: Sequence[StatusChange], *, actor: str) -> int:
        """Apply all changes or none, durably, and return the list's new sequence.

        Raises as ``change_each`` does.
        """
        answer = await self.change_each(tenant, ChangeOrder({list_id: changes}, actor))
        return answer.sequences[list_id]

    async def change_each(self, tenant: str, order: ChangeOrder) -> ChangeAnswer:
        """Carry out ``order`` on all its lists or on none, durably.

        Raises ``Conflict`` with ``request.not_found``, ``request.invalid``, ``request.not_allocated`` for an
        entry never handed out, ``request.final`` for taking back a revocation, ``request.key_reused``.
        """
        try:
            answer = await self._changes.make(tenant, order)
        except BaseException:
            self._forget(order)  # what is reported failed may have been done
            raise
        for list_id, sequence in answer.sequences.items():
            self._publication.shown.acknowledge(list_id, sequence)
        if order.effective_at is not None:
            self._forget(order)  # a list may have been kept past the time when this takes effect
        if not order.dry_run:
            for list_id in order.batches:
                self._tell(list_id)
        return answer

    def _forget(self, order: ChangeOrder) -> None:
        for list_id in order.batches:
            self._publication.shown.forget(list_id)

    async def call_off(self, tenant: str, list_id: str, numbers: Sequence[int], *, actor: str) -> int:
        """Call off scheduled changes by their numbers; return how many had not taken effect.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        await self.book.known(tenant, list_id)
        return await self._store.call_off(list_id, numbers, actor=actor, at=self._clock.now())

    def look_again(self, list_id: str) -> None:
        """Have the store asked again for a list, because another replica has changed it."""
        self._publication.shown.forget(list_id)
        self.issuer_signed.forget(list_id)

    async def published(self, list_id: str) -> PublishedList:
        """Return the list as a signed credential that holds every change acknowledged before this call.

        Of changes made through another replica, the last ``look_again`` may be missing. ``etag`` is a strong
        entity tag, quotes included. A list that its issuer signs is as it was signed last. Raises
        ``Conflict`` with ``request.not_found`` or ``request.not_signed``.
        """
        record = await self.book.known(None, list_id)
        if not record.issuer_signs:
            return await self._publication.present(list_id)
        await self._store.make_due(list_id, self._clock.now())
        return await self.issuer_signed.present(list_id, DEFAULT_FORM)

    async def offered(self, list_id: str) -> Mapping[str, str]:
        """Return each media type that a list can be asked for by, and the name of the form it means.

        Raises ``Conflict('request.not_found')``.
        """
        record = await self.book.known(None, list_id)
        if record.issuer_signs:  # every other form has an address of its own
            return dict.fromkeys(self._forms[DEFAULT_FORM].accepted, DEFAULT_FORM)
        key = (record.tenant, record.signing_key)
        if key not in self._offered:
            self._offered[key] = dict(self._renderings.offered(signing(await self._signers(*key))))
            if len(self._offered) > _OFFERED:
                self._offered.popitem(last=False)
        return self._offered[key]

    def at_hand(
        self, list_id: str, form: str, *, own: bool, now: Instant
    ) -> tuple[Rendering, PublishedList] | None:
        """Return what ``rendering`` would of the present list, if that takes no more than a look."""
        published = self._publication.shown.get(list_id, now)
        if published is None:
            return None
        found = self._renderings.find(published, form, own)
        return None if found is None else (found, published)

    async def rendering(
        self, list_id: str, form: str = DEFAULT_FORM, *, own: bool = False, at: Instant | None = None
    ) -> tuple[Rendering, PublishedList]:
        """Return the list in a form, as it is now or was ``at`` a time, and the publication it is of.

        All forms are of the same bits. With ``own`` it says that it is served at the address of that form
        alone. Raises as ``published`` does, ``request.not_found`` for no such form, ``request.no_such_time``.
        """
        # What was shown from here was signed here, and is most of what is asked for.
        is_known = list_id in self._publication.shown
        if not is_known and (await self.book.known(None, list_id)).issuer_signs:
            return await self._issuers_rendering(list_id, form, own, at)
        publication = self._publication
        published = await (publication.present(list_id) if at is None else publication.at(list_id, at))
        found = self._renderings.find(published, form, own)
        if found is None:
            record = await self.book.known(None, list_id)
            signer = signing(await self._signers(record.tenant, published.signing_key))
            aggregation = self.aggregation_url(record.tenant)
            found = await self._renderings.make(published, record, signer, form, own, aggregation)
        return found, published

    async def _issuers_rendering(
        self, list_id: str, form: str, own: bool, at: Instant | None
    ) -> tuple[Rendering, PublishedList]:
        """Return what the issuer has signed for the address asked at, and nothing else."""
        if own == (form == DEFAULT_FORM):
            raise Conflict("request.not_signed", "the list's issuer signs this form for another address")
        issuer_signed = self.issuer_signed
        signed = await (
            issuer_signed.present(list_id, form) if at is None else issuer_signed.at(list_id, form, at)
        )
        found = self._renderings.find(signed, form, own)
        return found or await self._renderings.signed(signed, form, own), signed

    async def in_form(self, form: str, entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return allocated ``entries`` as records refer to lists in ``form``, at the address of that form.

        Raises ``Conflict('request.invalid')`` without such a form.
        """
        said = self.require_form(form).entry
        return await in_thread(
            len(entries),
            lambda: [
                said(
                    address_of(each["statusListCredential"], form),
                    int(each["statusListIndex"]),
                    each["statusPurpose"],
                )
                for each in entries
            ],
        )

    def require_form(self, form: str) -> Form:
        """Return the form called ``form``; raises ``Conflict('request.invalid')`` without one."""
        if form not in self._forms:
            raise Conflict("request.invalid", f"lists come as {', '.join(self._forms)}")
        return self._forms[form]

    async def is_reference(self, tenant: str, record: ListRecord, index: int, reference: str) -> bool | None:
        """Return whether an entry was allocated for ``reference``, ``None`` when it was for none."""
        return await self._allocation.is_reference(tenant, record, index, reference)

    def aggregation_url(self, tenant: str) -> str:
        """Return where a tenant's lists are named."""
        return f"{self._base_url}/status-list-aggregations/{quote(tenant, safe='')}"

    async def aggregated(self, tenant: str) -> Sequence[str]:
        """Return the addresses of all of a tenant's lists, oldest first."""
        return [record.url for record in await self._store.list_records(tenant)]

    async def close(self) -> None:
        """Give up what is being published; what the store has is published again when asked for."""
        await self._publication.close()
        await self._renderings.close()


def _check_list(purpose: str, length: int, ttl: int) -> None:
    if purpose not in PURPOSES:
        raise Conflict("request.invalid", f"a list is for {' or '.join(PURPOSES)}")
    if not MIN_LENGTH <= length <= MAX_LENGTH or length % 8:
        raise Conflict("request.invalid", f"a list has {MIN_LENGTH} to {MAX_LENGTH} entries, in eights")
    if not MIN_TTL <= ttl <= MAX_TTL:
        raise Conflict("request.invalid", f"ttl is from {MIN_TTL} to {MAX_TTL} microseconds")
