"""Lists that their issuers sign themselves: what is to be signed, what was uploaded, and nothing else served.

A version is named by the list's sequence and its period of validity, so nothing is kept of what was given
out: what an upload must say is made again from its version, which must still be the list's.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from ler_trust.contracts import Clock, StatusStore
from ler_trust.errors import Conflict, Rejected, Undecided
from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant
from ler_trust.model.limits import DEFAULT_LIMITS, MIB
from ler_trust.model.records import ListRecord, ListState, PublishedList, PublishedVersion
from ler_trust.model.status import ListSecuring
from ler_trust.status.book import ListBook
from ler_trust.status.forms import DEFAULT_FORM, Form
from ler_trust.status.render import entity_tag
from ler_trust.status.shown import ShownLists
from ler_trust.status.turns import Turns
from ler_trust.status.unsigned import Unsigned
from ler_trust.status.version import IssuersKey, ListVersion, SignerSource, bits_of
from ler_trust.status.vouch import Authenticate, FindKeys, vouch_credential, vouch_token

MIN_VALID: Final = 1 * DAY
USUAL_VALID: Final = 7 * DAY
MAX_VALID: Final = 92 * DAY  # whoever keeps an old list can show it for so long

_AHEAD: Final = 1 * MINUTE  # what the clocks of two replicas may differ
_VERSION: Final = re.compile(r"(0|[1-9]\d{0,14})\.([1-9]\d{0,11})\.([1-9]\d{0,11})", re.ASCII)
_AT_ONCE: Final = 2  # made to be signed, or to be compared with what was
_WAITING: Final = 64
_SHOWN_BYTES: Final = 16 * MIB  # of uploads at hand, all forms together


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """A version of a list as it is signed: its sequence, and its validity in whole seconds."""

    sequence: int
    published_at: Instant
    valid_until: Instant

    def __str__(self) -> str:
        return f"{self.sequence}.{self.published_at // SECOND}.{self.valid_until // SECOND}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the version that ``text`` names; raises ``Rejected('request.invalid')``."""
        found = _VERSION.fullmatch(text)
        if found is None:
            raise Rejected("request.invalid", "the version is not one that was given out")
        sequence, published_at, valid_until = map(int, found.groups())
        return cls(sequence, published_at * SECOND, valid_until * SECOND)

    def require_period(self, now: Instant, ttl: int) -> None:
        """Raise ``Conflict('request.stale_version')`` unless it may be served now, and for ``ttl``."""
        shortest = max(MIN_VALID, 2 * ttl)
        if self.published_at > now + _AHEAD or self.valid_until <= now:
            raise Conflict("request.stale_version", "the version's period of validity is not running")
        if not shortest <= self.valid_until - self.published_at <= max(MAX_VALID, shortest):
            raise Conflict("request.stale_version", "the version's period of validity is not one given out")


@dataclass(frozen=True, slots=True)
class ToSign:
    """What an issuer is given: the form, the version, and what is to be signed."""

    form: Form
    version: SignedVersion
    address: str
    unsigned: Unsigned


class IssuerSigned:
    """Gives out what issuers are to sign, takes what they signed, and says what is served.

    ``authenticate`` and ``find_keys`` check signatures by the keys in the issuer's own document; what is
    served is remembered for ``look_again`` microseconds; ``tell`` tells other replicas that it is another.
    """

    def __init__(
        self,
        store: StatusStore,
        book: ListBook,
        signers: SignerSource,
        forms: Sequence[Form],
        clock: Clock,
        authenticate: Authenticate,
        find_keys: FindKeys,
        aggregation_url: Callable[[str], str],
        look_again: int,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._book = book
        self._signers = signers
        self._forms = {form.name: form for form in forms}
        self._clock = clock
        self._authenticate = authenticate
        self._find_keys = find_keys
        self._aggregation_url = aggregation_url
        self._tell = tell
        self._turns = Turns(_AT_ONCE, _WAITING)
        # Half of its validity over, a list is not made anew here: it is served until its issuer does so.
        self._shown = {
            name: ShownLists(look_again, _SHOWN_BYTES // len(forms), lambda signed: signed.valid_until)
            for name in self._forms
        }

    async def to_sign(self, tenant: str, list_id: str, form: str, valid: int = USUAL_VALID) -> ToSign:
        """Return the list as it is now, to be signed in ``form`` and valid for ``valid`` microseconds.

        Raises ``Conflict`` with ``request.not_found``, or ``request.invalid`` for a list signed here and a
        validity that cannot be.
        """
        if not MIN_VALID <= valid <= MAX_VALID:
            raise Conflict(
                "request.invalid", f"a list is valid for {MIN_VALID // DAY} to {MAX_VALID // DAY} days"
            )
        async with self._turns.turn():  # the state has every set entry: few are read at a time
            record, state = await self._present(tenant, list_id)
            now = self._clock.now() // SECOND * SECOND
            until = now + max(valid, 2 * record.ttl) // SECOND * SECOND
            return await self._made(record, state, form, SignedVersion(state.sequence, now, until))

    async def upload(self, tenant: str, list_id: str, form: str, version: str, body: bytes) -> PublishedList:
        """Serve ``body`` if it is ``version`` of the list to the letter, signed by its key.

        Raises ``Conflict`` with ``request.not_found``, ``request.invalid`` or ``request.stale_version``;
        ``Rejected`` with ``request.too_large``, ``request.other_rendering`` or ``request.signature``;
        ``Undecided('request.unavailable')`` when the issuer's document could not be had. What was served
        before is served on then.
        """
        named = SignedVersion.read(version)
        async with self._turns.turn():
            record, unsigned = await self._expected(tenant, list_id, form, named)
            if len(body) > unsigned.most:
                raise Rejected("request.too_large", f"this rendering has at most {unsigned.most} bytes")
            await asyncio.to_thread(unsigned.require, body)
        now = self._clock.now()
        await self._require_signed(unsigned, body, now)
        new = PublishedList(
            list_id,
            named.sequence,
            body,
            entity_tag(body),
            named.published_at,
            named.valid_until,
            record.ttl,
            record.signing_key,
        )
        await self._store.put_signed(form, new, now)
        self._renew(list_id)
        return new

    async def withdraw(self, tenant: str, list_id: str, form: str) -> None:
        """Serve the list in a form no more, which then waits for no signature.

        Raises ``Conflict`` with ``request.not_found`` or ``request.not_signed``.
        """
        await self._book.known(tenant, list_id)
        withdrawn = await self._store.withdraw_signed(list_id, form)
        self._renew(list_id)
        if not withdrawn:
            raise Conflict("request.not_signed", "the issuer has not signed the list in this form")

    async def signatures(self, tenant: str, list_id: str) -> Mapping[str, tuple[PublishedVersion, bool]]:
        """Return the version that the issuer of a list has signed last, and whether it is behind, by form.

        It is behind when the list or its key is another since, or its validity is over.

        Raises ``Conflict('request.not_found')``.
        """
        record, now = await self._book.own(tenant, list_id), self._clock.now()
        return {
            form: (signed, _is_behind(signed, record, now))
            for form, signed in (await self._store.signed_forms(list_id)).items()
        }

    async def present(self, list_id: str, form: str) -> PublishedList:
        """Return what the issuer has signed of a list in a form.

        Raises ``Conflict('request.not_signed')`` when there is nothing, or its validity is over.
        """
        now, at_hand = self._clock.now(), self._of_form(form)
        shown = at_hand.get(list_id, now)
        if shown is None:
            forgotten = at_hand.forgotten(list_id)
            shown = await self._store.signed(list_id, form)
            if shown is None:
                raise Conflict("request.not_signed", "the issuer has not signed the list in this form")
            at_hand.put(shown, now, forgotten)
        if shown.valid_until <= now:
            raise Conflict("request.not_signed", "what the issuer has signed is valid no longer")
        return shown

    async def at(self, list_id: str, form: str, moment: Instant) -> PublishedList:
        """Return what was served at ``moment``; raises ``Conflict('request.no_such_time')``."""
        self._of_form(form)
        found = await self._store.signed_at(list_id, form, moment)
        if found is None or found.valid_until <= moment or moment > self._clock.now():
            raise Conflict("request.no_such_time", "no list of that time is remembered")
        return found

    def _renew(self, list_id: str) -> None:
        self.forget(list_id)
        self._tell(list_id)

    def forget(self, list_id: str) -> None:
        """Have the store asked again before the list is shown."""
        for shown in self._shown.values():
            shown.forget(list_id)

    def _of_form(self, form: str) -> ShownLists:
        if form not in self._shown:
            raise Conflict("request.not_found", "lists have no such form")
        return self._shown[form]

    async def _present(self, tenant: str, list_id: str) -> tuple[ListRecord, ListState]:
        """Return a list that its issuer signs, once what is due has taken effect."""
        record = await self._book.known(tenant, list_id)
        if not record.issuer_signs:
            raise Conflict("request.invalid", "this list is signed here")
        await self._store.make_due(list_id, self._clock.now())
        # The key as it is now, and the state after it: what a change meanwhile makes stale is refused later.
        return await self._book.present(list_id), await self._store.state(list_id)

    async def _expected(
        self, tenant: str, list_id: str, form: str, named: SignedVersion
    ) -> tuple[ListRecord, Unsigned]:
        """Return the list, and what an upload of a version must say, which is still the list's."""
        record, state = await self._present(tenant, list_id)
        if named.sequence != state.sequence:
            raise Conflict("request.stale_version", f"the list is at sequence {state.sequence}")
        named.require_period(self._clock.now(), record.ttl)
        return record, (await self._made(record, state, form, named)).unsigned

    async def _made(self, record: ListRecord, state: ListState, name: str, version: SignedVersion) -> ToSign:
        form = self._forms.get(name)
        if form is None:
            raise Conflict("request.not_found", "lists have no such form")
        key = await self._signers(record.tenant, record.signing_key)
        if not isinstance(key, IssuersKey):
            raise Conflict("request.invalid", "this list is signed here")
        address = address_of(record.url, name)

        def make() -> Unsigned:
            said = ListVersion(
                address,
                record.purpose,
                bits_of(record.length, state.values),
                version.published_at,
                version.valid_until,
                record.ttl,
                self._aggregation_url(record.tenant),
            )
            return form.unsigned(said, key)

        return ToSign(form, version, address, await asyncio.to_thread(make))

    async def _require_signed(self, unsigned: Unsigned, body: bytes, now: Instant) -> None:
        try:
            if unsigned.secured_by is ListSecuring.TOKEN:
                limits = replace(DEFAULT_LIMITS, item_bytes=unsigned.most)
                await vouch_token(body, self._find_keys, now, limits)
            else:
                await vouch_credential(body, self._authenticate, now)
        except Undecided as finding:
            if finding.retryable:  # the issuer's document could not be had
                raise Undecided("request.unavailable", finding.detail, retryable=True) from finding
            raise Rejected("request.signature", finding.detail) from finding


def _is_behind(signed: PublishedVersion, record: ListRecord, now: Instant) -> bool:
    is_of = signed.sequence >= record.sequence and signed.signing_key == record.signing_key
    return not is_of or signed.valid_until <= now


def address_of(url: str, form: str) -> str:
    """Return where a list signed by its issuer is served in ``form``: each is signed for one address."""
    return url if form == DEFAULT_FORM else f"{url}?as={form}"
