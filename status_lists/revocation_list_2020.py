"""Revocation List 2020, https://w3c-ccg.github.io/vc-status-rl-2020/: the first of the bitstring lists."""

from collections.abc import Mapping
from typing import Any, Final

from ler_trust.codec import base64url
from ler_trust.model.instant import Instant
from ler_trust.model.status import ListSecuring, Status, StatusEffect, StatusList, StatusReference
from status_lists import _bits, _gzip, _members, _zlib

ENTRY: Final = "RevocationList2020Status"
LIST_CREDENTIAL: Final = "RevocationList2020Credential"
LIST: Final = "RevocationList2020"
PURPOSE: Final = "revocation"  # the only one this format has, and so never written


class RevocationList2020:
    """Entries of one bit, for revocation alone. Keeps the promises of ``contracts.StatusFormat``."""

    @property
    def entry_type(self) -> str:
        """Return ``RevocationList2020Status``."""
        return ENTRY

    @property
    def list_credential_type(self) -> str:
        """Return ``RevocationList2020Credential``."""
        return LIST_CREDENTIAL

    @property
    def secured_by(self) -> ListSecuring:
        """Return that lists are verifiable credentials."""
        return ListSecuring.CREDENTIAL

    @property
    def is_plain(self) -> bool:
        """Return ``False``: its members have names of their own."""
        return False

    @property
    def accept(self) -> str:
        """Return the media types of verifiable credentials."""
        return _members.CREDENTIAL_MEDIA_TYPES

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return nothing: this format has no lists of another time."""
        del url, at
        return None

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read an entry; raises ``Undecided('status.entry_malformed')`` with the member's pointer."""
        if not _members.is_type(entry.get("type"), ENTRY):
            _members.malformed_entry(f"not of type {ENTRY}", "type")
        url = _members.read_list_url(entry, "revocationListCredential")
        return StatusReference(ENTRY, url, _members.read_index(entry, "revocationListIndex"), PURPOSE)

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Decode the list of a list credential, expanding ``max_bytes`` at most.

        The specification packs lists as ZLIB, its implementations as GZIP; the two cannot be mistaken for
        each other. Raises ``Undecided`` with ``status.list_malformed`` or ``status.list_too_large``.
        """
        subject = _members.read_subject(credential, LIST_CREDENTIAL, LIST)
        packed = _members.read_base64(_members.read_encoded_list(subject, max_bytes))
        unpack = _gzip.decompress if packed.startswith(_gzip.MAGIC) else _zlib.decompress
        return StatusList(ENTRY, (PURPOSE,), unpack(packed, max_bytes))

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return what the entry says, in constant time; the first entry is the left-most bit.

        Raises ``Undecided`` with ``status.list_malformed`` (another kind of list), ``status.list_too_short``
        or ``status.index_out_of_range``.
        """
        return _bits.look_up(status_list, reference, min_entries)

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the ``credentialSubject`` members of a list; this format has no place for more."""
        return {"type": LIST, "encodedList": base64url.encode(_gzip.compress(status_list.bits))}

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``credentialStatus`` object for ``reference``."""
        return {
            "id": f"{reference.list_url}#{reference.index}",
            "type": ENTRY,
            "revocationListIndex": str(reference.index),
            "revocationListCredential": reference.list_url,
        }

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict."""
        return _bits.effect(purpose)
