"""The status entries of a credential, read; and which lists must be had before they can be judged. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.policy import Policy
from ler_trust.model.status import ListKey, ListSecuring, StatusReference

Formats = Mapping[str, StatusFormat]

_MOST_SHOWN: Final = 64  # characters of a stranger's type that go into a message


def ended_before(policy: Policy, at: Instant) -> Instant | None:
    """Return when, at the latest, a record that is over at ``at`` ended; ``None`` where that does not decide.

    Of such a record no list is asked for that is a token: its issuer would learn of it for nothing (Token
    Status List §8.3).
    """
    return at - policy.clock_skew * SECOND if policy.validity else None


def references(
    secured: SecuredCredential,
    formats: Formats,
    limits: Limits = DEFAULT_LIMITS,
    ended: Instant | None = None,
) -> frozenset[ListKey]:
    """Return the lists to be found before ``secured`` can be judged.

    Entries that cannot be judged whatever their list says ask for none. ``ended`` is :func:`ended_before`.
    """
    return frozenset((found.list_url, found.type) for _, found in _wanted(secured, formats, limits, ended))


def past_references(
    secured: SecuredCredential,
    formats: Formats,
    at: Instant,
    limits: Limits = DEFAULT_LIMITS,
    ended: Instant | None = None,
) -> frozenset[ListKey]:
    """Return where the lists of :func:`references` are as they were at ``at``, if their format has that."""
    wanted = _wanted(secured, formats, limits, ended)
    keys = (past_key(status_format, found, at) for status_format, found in wanted)
    return frozenset(key for key in keys if key is not None)


def past_key(status_format: StatusFormat, reference: StatusReference, at: Instant) -> ListKey | None:
    """Return where the list of ``reference`` is as it was at ``at``, if the format has such a place."""
    url = status_format.at_time(reference.list_url, at)
    return None if url is None else (url, reference.type)


def is_skipped(status_format: StatusFormat, secured: SecuredCredential, ended: Instant | None) -> bool:
    """Return whether the record is over and its list one that is not asked for then."""
    if ended is None or secured.valid_until is None or status_format.secured_by is not ListSecuring.TOKEN:
        return False
    return secured.valid_until < ended


def read(
    entry: Mapping[str, Any], secured: SecuredCredential, formats: Formats
) -> tuple[StatusFormat, StatusReference]:
    """Return an entry as its format reads it; raises ``Undecided`` when it cannot be judged."""
    status_format = _format_of(entry, formats)
    reference = status_format.read_entry(entry)
    if secured.id is not None and secured.id.partition("#")[0] == reference.list_url:
        raise Undecided("status.list_self", pointer="/statusListCredential")
    if status_format.secured_by is ListSecuring.TRANSPORT:
        reference = replace(reference, listed_as=secured.id)
    return status_format, reference


def _wanted(
    secured: SecuredCredential, formats: Formats, limits: Limits, ended: Instant | None
) -> Iterator[tuple[StatusFormat, StatusReference]]:
    if len(secured.status) > limits.status_entries:
        return
    for _, entry in secured.status:
        try:
            status_format, reference = read(entry, secured, formats)
        except Undecided:
            continue
        if not is_skipped(status_format, secured, ended):
            yield status_format, reference


def _format_of(entry: Mapping[str, Any], formats: Formats) -> StatusFormat:
    named = entry.get("type")
    types = [kind for kind in (named if isinstance(named, list) else [named]) if isinstance(kind, str)]
    known = [kind for kind in types if kind in formats]
    if len(known) == 1:
        return formats[known[0]]
    if known:
        raise Undecided("status.entry_malformed", "the entry is of two kinds at once", "/type")
    shown = ", ".join(types)[:_MOST_SHOWN] or "no type"
    raise Undecided("status.type_unsupported", f"{shown!r} is not supported", "/type")
