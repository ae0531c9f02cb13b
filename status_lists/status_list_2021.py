"""Status List 2021, https://www.w3.org/TR/2023/WD-vc-status-list-20230427/: Bitstring's predecessor."""

from collections.abc import Mapping
from typing import Any, Final

from ler_trust.codec import base64url
from ler_trust.model.instant import Instant
from ler_trust.model.status import ListSecuring, Status, StatusEffect, StatusList, StatusReference
from status_lists import _bits, _gzip, _members

ENTRY: Final = "StatusList2021Entry"
LIST_CREDENTIAL: Final = "StatusList2021Credential"
LIST: Final = "StatusList2021"
ACCEPT: Final = (
    f"application/vc;type={LIST_CREDENTIAL}, application/vc;q=0.9, application/vc+jwt;q=0.9, "
    "application/vc+ld+json;q=0.9, application/jwt;q=0.8, application/ld+json;q=0.8, application/json;q=0.8, "
    "*/*;q=0.1"
)
PURPOSES: Final = ("revocation", "suspension")

_GZIP_AS_TEXT: Final = "H4sI"  # how base64 of any GZIP data begins


class StatusList2021:
    """Entries of one bit, for revocation or suspension. Keeps the promises of ``contracts.StatusFormat``."""

    @property
    def entry_type(self) -> str:
        """Return ``StatusList2021Entry``."""
        return ENTRY

    @property
    def list_credential_type(self) -> str:
        """Return ``StatusList2021Credential``."""
        return LIST_CREDENTIAL

    @property
    def is_plain(self) -> bool:
        """Return ``True``: an entry with the fewest members is one bit, read left to right."""
        return True

    @property
    def secured_by(self) -> ListSecuring:
        """Return that lists are verifiable credentials."""
        return ListSecuring.CREDENTIAL

    @property
    def accept(self) -> str:
        """Return the media types of verifiable credentials, as this kind where there are several."""
        return ACCEPT

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return nothing: this format has no lists of another time."""
        del url, at
        return None

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read an entry; raises ``Undecided('status.entry_malformed')`` with the member's pointer."""
        if not _members.is_type(entry.get("type"), ENTRY):
            _members.malformed_entry(f"not of type {ENTRY}", "type")
        purpose = _members.read_purpose(entry)
        if purpose not in PURPOSES:
            _members.malformed_entry("neither revocation nor suspension", "statusPurpose")
        if "statusSize" in entry:
            _members.malformed_entry(f"{ENTRY} has no entries of several bits", "statusSize")
        return StatusReference(ENTRY, _members.read_list_url(entry), _members.read_index(entry), purpose)

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Decode the list of a list credential, expanding ``max_bytes`` at most.

        Issuers write ``encodedList`` in either base64 alphabet, with or without padding; the last draft
        shows a multibase ``u`` before it, which cannot be mistaken because GZIP data always begins alike.
        Raises ``Undecided`` with ``status.list_malformed`` or ``status.list_too_large``.
        """
        subject = _members.read_subject(credential, LIST_CREDENTIAL, LIST)
        purposes = _members.read_purposes(subject)
        encoded = _members.read_encoded_list(subject, max_bytes)
        text = encoded.removeprefix("u")
        if not text.startswith(_GZIP_AS_TEXT):
            _members.malformed_list("encodedList is not base64 of GZIP data")
        compressed = _members.read_base64(text)
        return StatusList(ENTRY, purposes, _gzip.decompress(compressed, max_bytes))

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return what the entry says, in constant time.

        Raises ``Undecided`` with ``status.list_malformed`` (another kind of list), ``status.list_purpose``,
        ``status.list_too_short`` or ``status.index_out_of_range``.
        """
        return _bits.look_up(status_list, reference, min_entries)

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the ``credentialSubject`` members of a list; this format has no place for a ``ttl``."""
        purposes = status_list.purposes
        return {
            "type": LIST,
            "statusPurpose": purposes[0] if len(purposes) == 1 else list(purposes),
            "encodedList": base64url.encode(_gzip.compress(status_list.bits)),
        }

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``credentialStatus`` object for ``reference``."""
        return {
            "id": f"{reference.list_url}#{reference.index}",
            "type": ENTRY,
            "statusPurpose": reference.purpose,
            "statusListIndex": str(reference.index),
            "statusListCredential": reference.list_url,
        }

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict."""
        return _bits.effect(purpose)
