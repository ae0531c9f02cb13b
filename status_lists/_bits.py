"""Reading one status out of a decoded list, in time that does not depend on the list's size."""

from types import MappingProxyType
from typing import Final

from ler_trust.errors import Undecided
from ler_trust.model.status import Status, StatusEffect, StatusList, StatusReference

_EFFECTS: Final = MappingProxyType({"revocation": StatusEffect.REVOKED, "suspension": StatusEffect.SUSPENDED})


def effect(purpose: str) -> StatusEffect:
    """Return what a set status does: ``revocation`` and ``suspension`` decide, everything else informs.

    Bitstring Status List §2.1 has ``refresh`` and ``message`` leave the credential valid; a purpose nobody
    defined must not do more than those.
    """
    return _EFFECTS.get(purpose, StatusEffect.INFORMS)


def look_up(status_list: StatusList, reference: StatusReference, min_entries: int) -> Status:
    """Return what ``reference`` says (Bitstring Status List §3.2, Validate Algorithm).

    Raises ``Undecided`` with ``status.list_malformed`` (another kind of list), ``status.list_purpose``,
    ``status.list_too_short`` or ``status.index_out_of_range``.
    """
    _require_match(status_list, reference)
    entries = status_list.entries(reference.size)
    if entries < min_entries:
        raise Undecided("status.list_too_short", f"{entries} entries, fewer than {min_entries}")
    if not 0 <= reference.index < entries:
        raise Undecided("status.index_out_of_range", f"the list has {entries} entries")
    value = read_bits(status_list.bits, reference.index * reference.size, reference.size)
    return Status(
        reference.purpose,
        value,
        effect(reference.purpose) if value else None,
        reference.messages.get(value),
    )


def _require_match(status_list: StatusList, reference: StatusReference) -> None:
    if status_list.type != reference.type:
        raise Undecided("status.list_malformed", f"a list for {status_list.type}, not for {reference.type}")
    if reference.purpose not in status_list.purposes:
        raise Undecided("status.list_purpose", "the entry's statusPurpose is not one of the list's")


def read_bits(bits: bytes, position: int, size: int) -> int:
    """Return ``size`` bits from bit ``position`` as a number, the first bit the most significant.

    Bit 0 is the most significant bit of byte 0. How the bits of a larger entry are ordered is not specified;
    they are read left to right, as the list itself is.
    """
    end = position + size
    window = int.from_bytes(bits[position // 8 : (end + 7) // 8], "big")
    return window >> (-end % 8) & ((1 << size) - 1)
