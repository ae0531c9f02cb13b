"""The seams of the system: what one room may ask of another, with the promises in prose.

Everything behind a contract can be replaced without a change around it: a second engine, another
database, a fetcher that reads files. A contract's promises are kept by every implementation and are
tested once, in ``tests/kit``, against each of them.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol, runtime_checkable

from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument, DidUrl, KeyKind, PublicKey
from ler_trust.model.engine import Authentication, KeyNeed, Material, Survey
from ler_trust.model.instant import Instant
from ler_trust.model.plain import ActCell, Answer, PlainParts, PlainTerms, ProofCell, StatusCell, Warnings
from ler_trust.model.policy import Policy
from ler_trust.model.records import (
    Allotment,
    ApiKey,
    AuditedChange,
    AwaitedSignatures,
    ListRecord,
    ListState,
    PublishedList,
    PublishedVersion,
    RequestKey,
    ScheduledChange,
    Share,
    SigningKey,
    StatusChange,
)
from ler_trust.model.statement import Registry, Statement, TrustAnswer
from ler_trust.model.status import (
    ListKey,
    ListSecuring,
    Status,
    StatusEffect,
    StatusList,
    StatusListEvidence,
    StatusReference,
)


class Clock(Protocol):
    """Tells the time; read at the edges only, once for each unit of work."""

    def now(self) -> Instant:
        """Return the present instant (UTC, microseconds since the epoch)."""
        ...


# ── Verification ────────────────────────────────────────────────────────────────────────────────────


class Surveys(Protocol):
    """The surveys of a batch, in the order of its items."""

    @property
    def needs(self) -> Sequence[KeyNeed]:
        """Return every need there is, once; what many items need comes first."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Survey: ...

    def __iter__(self) -> Iterator[Survey]: ...


class PlainRecords(Protocol):
    """The plain records of a batch (see :mod:`ler_trust.model.plain`), taken apart into cells.

    Cells are distinct.
    """

    @property
    def rest(self) -> Sequence[int]:
        """Return the places of the items that are not plain."""
        ...

    @property
    def proofs(self) -> Sequence[ProofCell]:
        """Return the cells of proofs."""
        ...

    @property
    def warnings(self) -> Sequence[Warnings]:
        """Return the cells of warnings, records without any left out."""
        ...

    @property
    def statuses(self) -> Sequence[tuple[StatusCell, int]]:
        """Return the cells of status entries, each with how many there are of it."""
        ...

    @property
    def acts(self) -> Sequence[ActCell]:
        """Return the cells of acts of issuing."""
        ...

    @property
    def schemas(self) -> Sequence[tuple[str, ...]]:
        """Return the cells of declared schemas, ``()`` among them for records without any."""
        ...

    def judge(self, parts: PlainParts) -> Sequence[Answer | None]:
        """Return an answer for each plain record, ``None`` for each of ``rest``, in the order of the items.

        A record whose status index is beyond its list's bits gets ``None`` too.
        """
        ...


class Outcomes(Protocol):
    """What an engine says of a batch, in the order of its items."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Authentication: ...

    def __iter__(self) -> Iterator[Authentication]: ...

    def failing(self, codes: Collection[str]) -> Sequence[int]:
        """Return the places of the items with a proof that failed with one of ``codes``."""
        ...

    def replaced(self, places: Sequence[int], by: "Outcomes") -> "Outcomes":
        """Return these outcomes, with those at ``places`` replaced by ``by``, which is of the same engine."""
        ...

    def plain(self, terms: PlainTerms, turns: Callable[[str], Sequence[Instant]]) -> PlainRecords | None:
        """Return the plain records, or ``None`` from an engine that leaves all of them to the pipeline.

        ``turns`` gives for an issuer, in order, the instants of issuance from which on the registries say
        something else of it.
        """
        ...


class Engine(Protocol):
    """Authenticates credentials in bulk. Pure: no I/O, no clock, no state that a caller can observe.

    Both calls take the bytes of many items, keep their order, and return one frozen value an item. A bad
    item never raises and never affects another; the same bytes with the same material give the same
    value, alone or in any company. Calls may come from any thread, several at a time; an engine may
    release the interpreter lock and use cores of its own.
    """

    @property
    def name(self) -> str:
        """Return the engine's name, as ``/readyz``, the log and ``ler-trust doctor`` show it."""
        ...

    def survey(self, items: Sequence[bytes]) -> Surveys:
        """Read each item far enough to say what must be gathered before it can be authenticated."""
        ...

    def authenticate(
        self,
        items: Sequence[bytes],
        material: Material,
        *,
        documents: bool = False,
        stop: Event | None = None,
        scope: str | None = None,
    ) -> Outcomes:
        """Check every proof of every item against ``material``.

        With ``documents`` the outcome also carries the whole secured document (for status lists). Once
        ``stop`` is set no further item is begun; those left are undecided, ``batch.deadline``. An engine may
        remember, for callers of the same ``scope``, what it found of the same bytes and keys; it remembers
        nothing without one.
        """
        ...


# ── Plugins: pure, no I/O ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """Something to be fetched: an https URL, the media types wanted, and the most bytes to accept.

    ``same_host`` is for what the host itself vouches for by serving it: redirects that leave the host and
    port are not followed, so that an open redirect there lends its name to nobody.
    """

    url: str
    accept: str
    max_bytes: int
    same_host: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought: the body after any content decoding, and how long it may be kept.

    ``fresh_until`` follows the answer's Cache-Control or Expires, ``None`` when it says nothing.
    """

    url: str
    body: bytes
    media_type: str
    fetched_at: Instant
    fresh_until: Instant | None = None
    etag: str | None = None


@runtime_checkable
class DidMethod(Protocol):
    """A DID method: where a DID's document is, and what it says. Pure and stateless."""

    @property
    def name(self) -> str:
        """Return the method's name, the second part of its DIDs."""
        ...

    def locate(self, did: DidUrl) -> tuple[FetchRequest, ...]:
        """Return what must be fetched to resolve ``did``; nothing for a DID that contains its key.

        Raises ``Rejected('did.invalid')`` for a DID this method does not allow.
        """
        ...

    def interpret(self, did: DidUrl, fetched: Sequence[Fetched]) -> Mapping[str, Any]:
        """Return the DID document (a JSON object whose ``id`` is the DID), given what ``locate`` asked for.

        Raises ``Rejected('did.invalid')`` for a DID that is not valid, ``Rejected('did.document')`` for a
        document that is not a DID document or speaks for another DID; for a kind of key or parameter that
        exists and is not supported ``Undecided('did.method_unsupported')``, which names it.
        """
        ...


@runtime_checkable
class StatusFormat(Protocol):
    """A kind of status list: how entries, lists and single statuses are read and written. Pure."""

    @property
    def entry_type(self) -> str:
        """Return the ``type`` of the entries this format reads."""
        ...

    @property
    def list_credential_type(self) -> str:
        """Return the ``type`` of what holds such a list; registries name keepers of lists by it."""
        ...

    @property
    def secured_by(self) -> ListSecuring:
        """Return how lists of this kind are secured."""
        ...

    @property
    def accept(self) -> str:
        """Return the media types of such lists, as an HTTP ``Accept`` field."""
        ...

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return where the list at ``url`` is as it was at ``at``; ``None`` where there is no such place."""
        ...

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read a ``credentialStatus`` entry; raises ``Undecided('status.entry_malformed')``."""
        ...

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Decode the list inside an authenticated list credential, a token's claims, or a JSON document.

        Raises ``Undecided`` with ``status.list_malformed`` or ``status.list_too_large``; never expands
        more than ``max_bytes``.
        """
        ...

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return what the entry says, in constant time.

        ``min_entries`` counts where the format's specification sets a least number of entries. Raises
        ``Undecided`` with ``status.list_purpose``, ``status.list_too_short``, ``status.value_unknown`` or
        ``status.index_out_of_range``.
        """
        ...

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the ``credentialSubject`` members, or claims, that ``decode`` reads; the same every time."""
        ...

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``credentialStatus`` object for ``reference``, that ``read_entry`` reads back."""
        ...

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict."""
        ...

    @property
    def is_plain(self) -> bool:
        """Return whether an entry with the fewest members is one bit of its list, read left to right.

        Those members are ``type``, ``statusPurpose``, ``statusListIndex`` (base 10, as a string),
        ``statusListCredential`` (without a fragment) and perhaps ``id``.
        """
        ...


# ── Evidence from outside ───────────────────────────────────────────────────────────────────────────


class Fetcher(Protocol):
    """The one way out.

    Connects only where it may; never returns more than ``max_bytes`` after content decoding; ends by a
    total deadline. Every way of failing, also half-way through a body, is one of ``Undecided`` with a
    ``fetch.*`` code; nothing else leaves ``fetch``.
    """

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch ``request.url`` by GET."""
        ...


class SharedCache(Protocol):
    """Bytes that the replicas share for speed. Never truth: others than they may be able to write to it.

    Nothing is raised: what cannot be had soon was not there, and what cannot be kept is not.
    """

    async def get(self, name: str) -> bytes | None:
        """Return what is kept under ``name``."""
        ...

    async def put(self, name: str, value: bytes, seconds: float) -> None:
        """Keep ``value`` under ``name`` for so many seconds."""
        ...


class Resolver(Protocol):
    """Finds DID documents and other controlled identifier documents.

    Each distinct identifier is fetched at most once at a time, whoever asks; documents are kept as long as
    they are fresh, failures only briefly.
    """

    def kept(self, identifier: str) -> DidDocument | None:
        """Return the document in hand, if ``resolve`` would return that one now; asks nobody."""
        ...

    async def resolve(self, identifier: str) -> DidDocument:
        """Return the document of a DID or an https controlled identifier.

        Raises ``Rejected`` for an identifier or document that is not valid, ``Undecided`` when it could
        not be had.
        """
        ...

    async def refresh(self, identifier: str) -> DidDocument:
        """Return the document fetched anew, or the one in hand if it was refreshed within the last minute.

        Raises like ``resolve``.
        """
        ...


class StatusListSource(Protocol):
    """Finds status lists, authenticated and decoded. One fetch in flight a list, whoever asks."""

    async def find(
        self, lists: Collection[ListKey], now: Instant
    ) -> Mapping[ListKey, StatusListEvidence | Failure]:
        """Return evidence or a failure for each list, within bounds of time and memory of its own."""
        ...


class TrustView(Protocol):
    """The issuer registries as they stood at one sequence number: a pure value to ask questions of."""

    @property
    def sequence(self) -> int:
        """Return the number of the last statement this view knows."""
        ...

    @property
    def state(self) -> Hashable:
        """Return a value that is equal for views which answer alike, for times between the same turns."""
        ...

    def pinned_keys(self, issuer: str) -> tuple[PublicKey, ...]:
        """Return keys that an active statement binds to ``issuer``."""
        ...

    def turns(self, issuer: str) -> Sequence[Instant]:
        """Return, in order, the instants from which on ``answer`` may say something else of an issuance."""
        ...

    def answer(
        self,
        issuer: str,
        types: Sequence[str],
        *,
        issued_at: Instant,
        now: Instant,
        jurisdiction: str | None,
        registries: Sequence[str] | None,
    ) -> TrustAnswer:
        """Return what the registries say of ``issuer`` issuing ``types`` then and now."""
        ...

    def keeps_lists(self, entity: str, kind: str, *, now: Instant, registries: Sequence[str] | None) -> bool:
        """Return whether ``entity`` may keep status lists for other issuers, in what has the type ``kind``.

        That takes a statement that is active now and names ``kind`` among its types: one for any type
        recognises an issuer, not somebody whose word revokes the records of others.
        """
        ...


class TrustSource(Protocol):
    """Gives the present view of a tenant's registries."""

    async def view(self, tenant: str) -> TrustView:
        """Return the view at the latest sequence; raises ``Undecided`` when the store cannot be asked."""
        ...


# ── Signing ─────────────────────────────────────────────────────────────────────────────────────────


class Signer(Protocol):
    """Signs bytes with one private key, which never leaves it."""

    @property
    def method(self) -> str:
        """Return the verification method's absolute URL that verifiers will resolve."""
        ...

    @property
    def issuer(self) -> str:
        """Return the identifier of the key's controller."""
        ...

    @property
    def kind(self) -> KeyKind:
        """Return the kind of key, and so the algorithm."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``: 64 bytes for Ed25519, r‖s for ECDSA, PKCS#1 v1.5 SHA-256 for RSA.

        ECDSA hashes with SHA-256 for P-256 and SHA-384 for P-384.
        """
        ...


# ── The store of record ─────────────────────────────────────────────────────────────────────────────
#
# Promises of every store: a method that returns has made its change durable (it survives kill -9 and a
# power cut); a method that raises has changed nothing; concurrent callers, in this process or another,
# see each change wholly or not at all. Every method may raise ``Undecided('request.unavailable')`` when
# the database cannot be reached.


class StatusStore(Protocol):
    """Status lists: which entries are handed out, what each says, what was published."""

    async def create_list(self, record: ListRecord) -> None:
        """Add a list; raises ``Conflict('request.conflict')`` when its id or URL is taken."""
        ...

    async def list_record(self, list_id: str) -> ListRecord | None:
        """Return a list's record, ``None`` when there is none."""
        ...

    async def rekey_list(self, list_id: str, signing_key: str) -> None:
        """Have the list signed by another key from now on; raises ``Conflict('request.not_found')``."""
        ...

    async def list_records(self, tenant: str) -> Sequence[ListRecord]:
        """Return a tenant's lists in order of creation."""
        ...

    async def allocate(self, list_id: str, count: int) -> int:
        """Hand out ``count`` entries and return the first ordinal; none is ever handed out twice.

        Raises ``Conflict('request.list_full')`` when fewer than ``count`` are left, ``request.not_found``,
        ``request.invalid`` for a count below 1.
        """
        ...

    async def allocate_each(
        self, shares: Sequence[Share], *, request: RequestKey | None = None
    ) -> Sequence[Allotment]:
        """Hand out entries of several lists, all or none; return what each share got, in order.

        With ``request``, the same one again gives the same answer and does nothing. Raises what ``allocate``
        does, ``request.conflict`` when a reference has an entry of that purpose already, and
        ``request.key_reused`` for a key that came with another request.
        """
        ...

    async def referenced(
        self, tenant: str, purpose: str, references: Collection[bytes]
    ) -> Mapping[bytes, tuple[str, int]]:
        """Return the list and the ordinal of each of ``references`` that has an entry of that purpose."""
        ...

    async def reference_of(self, list_id: str, ordinal: int) -> bytes | None:
        """Return the reference that an entry was handed out for, ``None`` without one."""
        ...

    async def change(self, list_id: str, changes: Sequence[StatusChange], *, actor: str, at: Instant) -> int:
        """Apply all changes or none, record each in the audit trail, return the new sequence.

        What is scheduled and due at ``at`` takes effect before them. A change that sets what is set already
        is recorded and harmless. Raises ``Conflict('request.final')`` when an entry of a revocation list
        would go back to 0, ``request.not_found`` without such a list, ``request.invalid`` for an entry the
        list does not have or a value other than 0 and 1.
        """
        ...

    async def change_each(
        self,
        batches: Mapping[str, Sequence[StatusChange]],
        *,
        actor: str,
        at: Instant,
        request: RequestKey | None = None,
    ) -> Mapping[str, int]:
        """Apply all changes of all lists or none, as ``change`` does; return each list's new sequence.

        With ``request``, the same one again gives the same answer and does nothing; raises
        ``Conflict('request.key_reused')`` for a key that came with another request.
        """
        ...

    async def schedule(
        self,
        batches: Mapping[str, Sequence[StatusChange]],
        *,
        actor: str,
        at: Instant,
        effective_at: Instant,
        request: RequestKey | None = None,
    ) -> Mapping[str, int]:
        """Record changes that take effect later, all or none; return how many for each list.

        Raises what ``change_each`` does, ``request.final`` for any change to 0 on a revocation list, and
        ``request.invalid`` when ``effective_at`` is not after ``at``, except for a request done before.
        """
        ...

    async def scheduled(
        self, list_id: str, *, after: int = 0, limit: int = 1000
    ) -> Sequence[ScheduledChange]:
        """Return scheduled changes after a number, in the order they were asked for, ended ones included."""
        ...

    async def call_off(self, list_id: str, numbers: Sequence[int], *, actor: str, at: Instant) -> int:
        """Call off scheduled changes that have not taken effect, and return how many there were."""
        ...

    async def make_due(self, list_id: str, at: Instant) -> int:
        """Make the scheduled changes that are due at ``at``; return the sequence after them.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        ...

    async def state(self, list_id: str) -> ListState:
        """Return the entries that are not 0, with the sequence they belong to.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        ...

    async def published(self, list_id: str) -> PublishedList | None:
        """Return what was last published."""
        ...

    async def publish(self, new: PublishedList, *, replaces: PublishedList | None) -> bool:
        """Publish ``new`` if what is published is still ``replaces`` and its sequence does not go back.

        Returns whether it was done; ``False`` means somebody else published first. Raises
        ``Conflict('request.not_found')`` without such a list.
        """
        ...

    async def version_at(self, list_id: str, at: Instant) -> PublishedVersion | None:
        """Return what was published last at ``at``; ``None`` when nothing was, or it is not remembered."""
        ...

    async def state_at(self, list_id: str, sequence: int) -> ListState:
        """Return the entries that were not 0 once the change ``sequence`` was made.

        Raises ``Conflict('request.not_found')`` without such a list.
        """
        ...

    async def changed(self, list_id: str, *, after: int, until: int) -> Collection[int]:
        """Return the indexes of the entries that changes after one sequence up to another were about."""
        ...

    async def outdated(self, at: Instant, *, after: str | None = None, limit: int = 1000) -> Sequence[str]:
        """Return lists that are to be published anew at ``at``: changed, due, half over, or of another key.

        A list that nobody has asked for and nothing has happened to is not among them, nor is one that its
        issuer signs, unless a change of it is due. They come in an order that stays; with ``after`` those
        that come after that list.
        """
        ...

    async def oldest_unpublished(self, at: Instant) -> Instant | None:
        """Return since when the oldest change that is not published has been in effect at ``at``.

        A change that waits for an issuer to sign is not meant.
        """
        ...

    async def signed(self, list_id: str, form: str) -> PublishedList | None:
        """Return what the issuer has signed last of a list in a form."""
        ...

    async def signed_at(self, list_id: str, form: str, at: Instant) -> PublishedList | None:
        """Return what was served of a list in a form at ``at``, if it is remembered."""
        ...

    async def signed_forms(self, list_id: str) -> Mapping[str, PublishedVersion]:
        """Return the version that the issuer has signed last, by form."""
        ...

    async def put_signed(self, form: str, new: PublishedList, at: Instant) -> None:
        """Serve ``new`` from now on, if its sequence and key are the list's and no newer one is served.

        The same once more is no change. Raises ``Conflict`` with ``request.stale_version`` or
        ``request.not_found``.
        """
        ...

    async def withdraw_signed(self, list_id: str, form: str) -> bool:
        """Serve nothing of a list in a form any more, nor of the past; return whether anything was.

        Raises ``Conflict('request.not_found')``.
        """
        ...

    async def awaited_signatures(self, at: Instant) -> AwaitedSignatures:
        """Return what waits at ``at`` for issuers to sign: first versions, changes, what is half over.

        So does what another key has signed than the list's, of which is not known since when.
        """
        ...

    async def take_lease(self, name: str, holder: str, at: Instant, until: Instant) -> bool:
        """Take or keep the lease ``name`` until then; returns whether ``holder`` has it.

        One that another holds is taken over once it has run out.
        """
        ...

    async def forget(self, *, published_before: Instant, requests_before: Instant) -> None:
        """Forget what was published, and answers to requests with a key, before those times.

        What was published last is kept; so is the audit trail, always.
        """
        ...

    async def changes(self, list_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[AuditedChange]:
        """Return the audit trail after a sequence number, oldest first."""
        ...


class RegistryStore(Protocol):
    """Issuer registries: append-only statements, each with its recorded and its effective time."""

    async def put_registry(self, tenant: str, registry: Registry) -> None:
        """Add a registry or replace its description; its statements stay."""
        ...

    async def registries(self, tenant: str) -> Sequence[Registry]:
        """Return a tenant's registries by position."""
        ...

    async def record(
        self, tenant: str, statements: Sequence[Statement], *, expected: int | None = None
    ) -> int:
        """Append new versions of statements, all or none, numbering them; return the last sequence.

        The ``sequence`` members given are ignored. A statement's id names it across its versions. Raises
        ``Conflict('request.not_found')`` when a statement names a registry that does not exist.
        With ``expected`` they are recorded only if that is still the last sequence, so that no decision is
        made on what is no longer so; else ``Conflict('request.conflict')``.
        """
        ...

    async def statements(self, tenant: str, *, after: int = 0) -> Sequence[Statement]:
        """Return all versions of a tenant's statements recorded after a sequence number, in that order."""
        ...

    async def sequence(self, tenant: str) -> int:
        """Return the sequence of the last version recorded, 0 when there is none."""
        ...


class AccountStore(Protocol):
    """Tenants, API keys, policies and sealed signing keys."""

    async def create_tenant(self, tenant: str, at: Instant) -> bool:
        """Add a tenant; returns whether it was new."""
        ...

    async def tenants(self) -> Sequence[str]:
        """Return all tenants."""
        ...

    async def put_api_key(self, key: ApiKey) -> None:
        """Add an API key."""
        ...

    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key, also a revoked one."""
        ...

    async def api_keys(self, tenant: str) -> Sequence[ApiKey]:
        """Return a tenant's API keys, revoked ones included."""
        ...

    async def revoke_api_key(self, tenant: str, key_id: str, at: Instant) -> bool:
        """Revoke an API key; returns whether there was one to revoke."""
        ...

    async def put_policy(self, tenant: str, policy: Policy, at: Instant) -> Policy:
        """Store a policy as the next version of its name and return it with that version."""
        ...

    async def policies(self, tenant: str) -> Sequence[Policy]:
        """Return the latest version of each of a tenant's policies."""
        ...

    async def keep_secret(self, tenant: str, name: str, sealed: bytes, at: Instant) -> bytes:
        """Keep a sealed secret of a tenant unless there is one of that name; return the one that is kept."""
        ...

    async def reseal(self, anew: Callable[[bytes], bytes]) -> int:
        """Replace every sealed secret of every tenant by what ``anew`` makes of it; return how many.

        All are replaced or none, so also when ``anew`` raises.
        """
        ...

    async def put_signing_key(self, key: SigningKey) -> None:
        """Add a sealed signing key; raises ``Conflict('request.conflict')`` when its id is taken."""
        ...

    async def signing_key(self, key_id: str) -> SigningKey | None:
        """Return a sealed signing key."""
        ...

    async def signing_keys(self, tenant: str) -> Sequence[SigningKey]:
        """Return a tenant's sealed signing keys."""
        ...


class Store(StatusStore, RegistryStore, AccountStore, Protocol):
    """The whole store of record."""

    async def ping(self) -> None:
        """Return when the database answers; raises ``Undecided('request.unavailable')``."""
        ...

    async def close(self) -> None:
        """Give up every connection."""
        ...
