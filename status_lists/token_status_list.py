"""Token Status List, https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/ (draft 20).

The list is in the claims of a signed token, a JWT or a CWT whose claims are given here by their JWT names.
What points into it is the member ``status_list`` of the claim ``status``.
"""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import Any, Final

from ler_trust.codec import base64url
from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY, SECOND, Instant
from ler_trust.model.status import ListSecuring, Status, StatusEffect, StatusList, StatusReference
from status_lists import _bits, _members, _zlib

ENTRY: Final = "status_list"
TOKEN: Final = "StatusListToken"  # noqa: S105 - the name of a kind of list
PURPOSE: Final = "status"  # entries name none: what a status means is in its value

SIZES: Final = (1, 2, 4, 8)  # bits an entry (§4.1)
INVALID: Final = 0x01
SUSPENDED: Final = 0x02
APPLICATION_SPECIFIC: Final = frozenset({0x03, 0x0C, 0x0D, 0x0E, 0x0F})  # §7.1
_DECIDING: Final = MappingProxyType({INVALID: StatusEffect.REVOKED, SUSPENDED: StatusEffect.SUSPENDED})
_LONGEST_TTL: Final = 3_650 * DAY


class TokenStatusList:
    """Entries of 1, 2, 4 or 8 bits whose values say what they mean.

    Keeps the promises of ``contracts.StatusFormat``. The specification sets no least number of entries.
    """

    @property
    def entry_type(self) -> str:
        """Return ``status_list``, the mechanism's name in the claim ``status``."""
        return ENTRY

    @property
    def list_credential_type(self) -> str:
        """Return ``StatusListToken``."""
        return TOKEN

    @property
    def secured_by(self) -> ListSecuring:
        """Return that lists are signed tokens."""
        return ListSecuring.TOKEN

    @property
    def is_plain(self) -> bool:
        """Return ``False``: an entry is not of the usual form."""
        return False

    @property
    def accept(self) -> str:
        """Return the two forms of a Status List Token (§8.1)."""
        return "application/statuslist+jwt, application/statuslist+cwt;q=0.9, */*;q=0.1"

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return ``url`` with the query parameter ``time`` in whole seconds (§8.4)."""
        return _members.with_parameter(url, "time", str(at // SECOND))

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read a ``status_list`` member (§6.2); raises ``Undecided('status.entry_malformed')``."""
        index, url = entry.get("idx"), entry.get("uri")
        # Exactly int: JSON's true is an int to Python and not a number to anybody else.
        if type(index) is not int or index < 0:
            _members.malformed_entry("not a whole number of 0 or more", "idx")
        if not _members.is_url(url) or "#" in url:
            _members.malformed_entry("not a URL without a fragment", "uri")
        return StatusReference(ENTRY, url, index, PURPOSE)

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Decode the list in a token's claims (§4.2, §4.3, §5), expanding ``max_bytes`` at most.

        ``lst`` is base64url text in a JWT and bytes in a CWT. Raises ``Undecided`` with
        ``status.list_malformed`` or ``status.list_too_large``.
        """
        members = credential.get("status_list")
        if not isinstance(members, dict):
            _members.malformed_list("the token has no status_list")
        size = members.get("bits")
        if type(size) is not int or size not in SIZES:
            _members.malformed_list("bits is not 1, 2, 4 or 8")
        packed = _read_packed(members.get("lst"), max_bytes)
        aggregation = members.get("aggregation_uri")
        return StatusList(
            ENTRY,
            (PURPOSE,),
            _zlib.decompress(packed, max_bytes),
            _read_ttl(credential),
            size,
            aggregation=aggregation if _members.is_url(aggregation) else None,
        )

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return what the entry says (§4.1, §7), in constant time; ``min_entries`` does not count here.

        Raises ``Undecided`` with ``status.list_malformed`` (another kind of list),
        ``status.index_out_of_range``, or ``status.value_unknown`` for a value that nobody has defined.
        """
        del min_entries
        if status_list.type != ENTRY or status_list.size is None:
            raise Undecided("status.list_malformed", f"a list for {status_list.type}, not for {ENTRY}")
        entries = status_list.entries(1)
        if not 0 <= reference.index < entries:
            raise Undecided("status.index_out_of_range", f"the list has {entries} entries")
        value = _read_bits(status_list.bits, reference.index, status_list.size)
        return Status(reference.purpose, value, _effect(value))

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the claims ``status_list`` and ``ttl`` (in whole seconds) of a list's JWT (§4.2, §5.1)."""
        members: dict[str, Any] = {
            "bits": status_list.size or 1,
            "lst": base64url.encode(_zlib.compress(status_list.bits)),
        }
        if status_list.aggregation is not None:
            members["aggregation_uri"] = status_list.aggregation
        ttl = {} if status_list.ttl is None else {"ttl": status_list.ttl // SECOND}
        return {"status_list": members, **ttl}

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``status_list`` member for ``reference``, with its name as ``type``."""
        return {"type": ENTRY, "idx": reference.index, "uri": reference.list_url}

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict; here the value says the purpose."""
        return _bits.effect(purpose)


def _effect(value: int) -> StatusEffect | None:
    if value == 0:
        return None
    if value in APPLICATION_SPECIFIC:
        return StatusEffect.INFORMS
    if value not in _DECIDING:
        raise Undecided("status.value_unknown", f"the status is {value:#04x}, which has no meaning yet")
    return _DECIDING[value]


def _read_bits(bits: bytes, index: int, size: int) -> int:
    """Return entry ``index``, the first entry of a byte being in its least significant bits (§4.1)."""
    byte, place = divmod(index * size, 8)
    return bits[byte] >> place & ((1 << size) - 1)


def _read_packed(lst: object, max_bytes: int) -> bytes:
    """Return the packed list, unless it is longer than what may be expanded from it can explain."""
    if not isinstance(lst, str | bytes):
        _members.malformed_list("lst is neither base64url text nor bytes")
    if len(lst) > 2 * max_bytes + 1_024:
        raise Undecided("status.list_too_large", f"the packed list has a length of {len(lst)}")
    if isinstance(lst, bytes):
        return lst
    try:
        return base64url.decode(lst)
    except ValueError:
        _members.malformed_list("lst is not base64url without padding")


def _read_ttl(claims: Mapping[str, Any]) -> int | None:
    """Return ``ttl`` in microseconds; the claim is in seconds, which may have a fraction."""
    ttl = claims.get("ttl")
    if ttl is None:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 0 <= ttl < inf:
        _members.malformed_list("ttl is not a number of seconds")
    return round(min(ttl, _LONGEST_TTL // SECOND) * SECOND)
