"""1EdTech Revocation List of Open Badges 3.0: records named one by one, in a document without proof.

Only the connection to its host vouches for such a list, and many issuers give each record an address of its
own, which tells the host whose record is being checked. Results say both.
"""

from collections.abc import Mapping
from typing import Any, Final

from ler_trust.errors import Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.status import ListSecuring, Status, StatusEffect, StatusList, StatusReference
from status_lists import _bits, _members

ENTRY: Final = "1EdTechRevocationList"
PURPOSE: Final = "revocation"
_BARE: Final = frozenset({"@context", "id", "type", "issuer"})  # what a list that names no record has
MAX_REASON: Final = 200  # characters of a stranger's reason that are kept


class OneEdTechRevocationList:
    """Lists that name the records revoked. Keeps the promises of ``contracts.StatusFormat``."""

    @property
    def entry_type(self) -> str:
        """Return ``1EdTechRevocationList``."""
        return ENTRY

    @property
    def list_credential_type(self) -> str:
        """Return ``1EdTechRevocationList``: the document has no type of its own."""
        return ENTRY

    @property
    def secured_by(self) -> ListSecuring:
        """Return that nothing but the connection secures these lists."""
        return ListSecuring.TRANSPORT

    @property
    def is_plain(self) -> bool:
        """Return ``False``: a list of names has no bits."""
        return False

    @property
    def accept(self) -> str:
        """Return plain JSON."""
        return "application/json"

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return nothing: this format has no lists of another time."""
        del url, at
        return None

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read an entry, whose ``id`` is the list's address.

        Raises ``Undecided('status.entry_malformed')`` with the member's pointer.
        """
        if not _members.is_type(entry.get("type"), ENTRY):
            _members.malformed_entry(f"not of type {ENTRY}", "type")
        url = entry.get("id")
        if not _members.is_url(url):
            _members.malformed_entry("not a URL", "id")
        return StatusReference(ENTRY, url.partition("#")[0], 0, PURPOSE)

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Read which records the document names as revoked, of ``max_bytes`` altogether at most.

        A list that names none may leave ``revokedCredential`` out. It is then known by its ``issuer``, and
        says nothing else: one that names its records under another name must not pass for an empty one.
        Raises ``Undecided`` with ``status.list_malformed`` or ``status.list_too_large``.
        """
        is_bare = bool(credential.get("issuer")) and credential.keys() <= _BARE
        revoked = credential.get("revokedCredential", [] if is_bare else None)
        if not isinstance(revoked, list):
            _members.malformed_list("the document has no revokedCredential array")
        read = [_read_revoked(item) for item in revoked]
        found = StatusList(ENTRY, (PURPOSE,), b"", named=dict(one for one in read if one is not None))
        if found.weight > max_bytes:
            raise Undecided("status.list_too_large", f"the list takes {found.weight} bytes")
        return found

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return whether the list names the record, in constant time; ids are compared byte for byte.

        Raises ``Undecided`` with ``status.list_malformed`` (another kind of list), or
        ``status.entry_malformed`` for a record without an id to be found by.
        """
        del min_entries
        if status_list.type != ENTRY or status_list.named is None:
            raise Undecided("status.list_malformed", f"a list for {status_list.type}, not for {ENTRY}")
        if reference.listed_as is None:
            _members.malformed_entry("the record has no id that a list could name")
        reason = status_list.named.get(reference.listed_as)
        if reason is None:
            return Status(PURPOSE, 0, None)
        return Status(PURPOSE, 1, StatusEffect.REVOKED, reason or None)

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the member of the document that names the records."""
        named = status_list.named or {}
        return {
            "revokedCredential": [
                {"id": name, "revoked": True, **({"revocationReason": reason} if reason else {})}
                for name, reason in named.items()
            ]
        }

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``credentialStatus`` object for ``reference``."""
        return {"id": reference.list_url, "type": ENTRY}

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict."""
        return _bits.effect(purpose)


def _read_revoked(item: object) -> tuple[str, str] | None:
    """Return a record's id and why it is revoked; ``None`` for one said not to be revoked any more."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        _members.malformed_list("a member of revokedCredential has no id")
    revoked, reason = item.get("revoked", True), item.get("revocationReason", "")
    if not isinstance(revoked, bool):
        _members.malformed_list("revoked is neither true nor false")
    if not revoked:
        return None
    return item["id"], reason[:MAX_REASON] if isinstance(reason, str) else ""
