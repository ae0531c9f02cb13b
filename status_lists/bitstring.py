"""Bitstring Status List 1.0, https://www.w3.org/TR/vc-bitstring-status-list/."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ler_trust.codec import multibase
from ler_trust.model.instant import Instant, format_instant
from ler_trust.model.status import ListSecuring, Status, StatusEffect, StatusList, StatusReference
from status_lists import _bits, _gzip, _members

ENTRY: Final = "BitstringStatusListEntry"
LIST_CREDENTIAL: Final = "BitstringStatusListCredential"
LIST: Final = "BitstringStatusList"

MAX_REFERENCES: Final = 8  # of one entry: one a language and then some

_MICROSECONDS: Final = 1_000  # in a millisecond, the unit of ``ttl``
_STATUS: Final = re.compile(r"0x[0-9A-Fa-f]{1,8}", re.ASCII)


class BitstringStatusList:
    """Entries of any purpose and of 1 to 32 bits, with the issuer's words for their values.

    Keeps the promises of ``contracts.StatusFormat``.
    """

    @property
    def entry_type(self) -> str:
        """Return ``BitstringStatusListEntry``."""
        return ENTRY

    @property
    def list_credential_type(self) -> str:
        """Return ``BitstringStatusListCredential``."""
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
        """Return the media types of verifiable credentials."""
        return _members.CREDENTIAL_MEDIA_TYPES

    def at_time(self, url: str, at: Instant) -> str | None:
        """Return ``url`` with the query parameter ``timestamp`` (§3.2, retrieval for a point in time)."""
        return _members.with_parameter(url, "timestamp", format_instant(at))

    def read_entry(self, entry: Mapping[str, Any]) -> StatusReference:
        """Read an entry (§2.1); raises ``Undecided('status.entry_malformed')`` with the member's pointer."""
        if not _members.is_type(entry.get("type"), ENTRY):
            _members.malformed_entry(f"not of type {ENTRY}", "type")
        size = _read_size(entry)
        return StatusReference(
            ENTRY,
            _members.read_list_url(entry),
            _members.read_index(entry),
            _members.read_purpose(entry),
            size,
            _read_messages(entry, size),
            _read_references(entry),
        )

    def decode(self, credential: Mapping[str, Any], *, max_bytes: int) -> StatusList:
        """Decode the list of a list credential (§2.2, §3.4), expanding ``max_bytes`` at most.

        Raises ``Undecided`` with ``status.list_malformed`` or ``status.list_too_large``.
        """
        subject = _members.read_subject(credential, LIST_CREDENTIAL, LIST)
        purposes = _members.read_purposes(subject)
        ttl = _read_ttl(subject)
        encoded = _members.read_encoded_list(subject, max_bytes)
        try:
            compressed = multibase.decode_base64url_nopad(encoded)
        except ValueError:
            _members.malformed_list("encodedList is not multibase base64url ('u' and no padding)")
        return StatusList(ENTRY, purposes, _gzip.decompress(compressed, max_bytes), ttl)

    def look_up(self, status_list: StatusList, reference: StatusReference, *, min_entries: int) -> Status:
        """Return what the entry says (§3.2), in constant time.

        Raises ``Undecided`` with ``status.list_malformed`` (another kind of list), ``status.list_purpose``,
        ``status.list_too_short`` or ``status.index_out_of_range``.
        """
        return _bits.look_up(status_list, reference, min_entries)

    def encode(self, status_list: StatusList) -> Mapping[str, Any]:
        """Return the ``credentialSubject`` members of a list (§2.2, §3.3); ``ttl`` in whole milliseconds."""
        purposes = status_list.purposes
        subject: dict[str, Any] = {
            "type": LIST,
            "statusPurpose": purposes[0] if len(purposes) == 1 else list(purposes),
            "encodedList": multibase.encode_base64url_nopad(_gzip.compress(status_list.bits)),
        }
        if status_list.ttl is not None:
            subject["ttl"] = status_list.ttl // _MICROSECONDS
        return subject

    def entry(self, reference: StatusReference) -> Mapping[str, Any]:
        """Return the ``credentialStatus`` object for ``reference``.

        ``statusSize`` and ``statusMessage`` are written only where they say something.
        """
        entry: dict[str, Any] = {
            "id": f"{reference.list_url}#{reference.index}",
            "type": ENTRY,
            "statusPurpose": reference.purpose,
            "statusListIndex": str(reference.index),
            "statusListCredential": reference.list_url,
        }
        if reference.size != 1:
            entry["statusSize"] = reference.size
        if reference.messages:
            entry["statusMessage"] = [
                {"status": hex(value), "message": message}
                for value, message in sorted(reference.messages.items())
            ]
        if reference.explanations:
            entry["statusReference"] = list(reference.explanations)
        return entry

    def effect(self, purpose: str) -> StatusEffect:
        """Return what a set status of ``purpose`` does to a verdict; an unknown purpose informs."""
        return _bits.effect(purpose)


def _read_size(entry: Mapping[str, Any]) -> int:
    size = entry.get("statusSize", 1)
    # Exactly int: JSON's true is an int to Python and not a number to anybody else.
    if type(size) is not int or not 0 < size <= _members.MAX_SIZE:
        _members.malformed_entry(f"not a whole number from 1 to {_members.MAX_SIZE}", "statusSize")
    return size


def _read_messages(entry: Mapping[str, Any], size: int) -> Mapping[int, str]:
    """Return the issuer's words by value; the array, where there is one, names every value once."""
    if "statusMessage" not in entry:
        return {}
    items = entry["statusMessage"]
    if not isinstance(items, list) or len(items) != 1 << size:
        _members.malformed_entry(f"not an array of {1 << size} messages", "statusMessage")
    messages = dict(map(_read_message, items))
    if messages.keys() != set(range(len(items))):
        _members.malformed_entry("does not name each value once", "statusMessage")
    return messages


def _read_references(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where the issuer explains its statuses: one URL or an array of them."""
    references = entry.get("statusReference", [])
    found = references if isinstance(references, list) else [references]
    if len(found) > MAX_REFERENCES or not all(map(_members.is_url, found)):
        _members.malformed_entry("not one or a few URLs", "statusReference")
    return tuple(found)


def _read_message(item: object) -> tuple[int, str]:
    status = item.get("status") if isinstance(item, dict) else None
    message = item.get("message") if isinstance(item, dict) else None
    if not isinstance(status, str) or not isinstance(message, str) or _STATUS.fullmatch(status) is None:
        _members.malformed_entry('not of the form {"status": "0x…", "message": "…"}', "statusMessage")
    return int(status, 16), message


def _read_ttl(subject: Mapping[str, Any]) -> int | None:
    if "ttl" not in subject:
        return None
    ttl = subject["ttl"]
    if type(ttl) is not int or ttl < 0:
        _members.malformed_list("ttl is not a whole number of milliseconds")
    return ttl * _MICROSECONDS
