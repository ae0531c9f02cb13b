"""What each status entry of a credential means for it. Pure: the lists are gathered already.

Every entry is judged by itself (law 5) and gives one result: ``pass`` (nothing set), ``fail`` (revoked or
suspended), ``warning`` (something that does not decide) or ``unknown`` (could not be checked, and why).
Results name the list and its age; they never hold the entry's index, which together with the list would
name the credential.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import Instant, format_instant
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.model.status import (
    ListKey,
    ListSecuring,
    Status,
    StatusEffect,
    StatusListEvidence,
    StatusReference,
)
from ler_trust.status.entries import Formats, is_skipped, past_key, read
from ler_trust.status.rules import StatusRules, nobody

Lists = Mapping[ListKey, StatusListEvidence | Failure]
Doubt = tuple[str, str]  # a code and what is meant by it here

_NAME_ENDS: Final = re.compile(r"[/:=?&]")
_SHORTEST_NAME: Final = 6  # characters of what names a record and is not met in an address by chance
_MOST_SHOWN: Final = 64  # characters of a stranger's type or purpose that go into a message
_OVER: Final = "the record is over; its list was not asked for"
_ANOTHER: Final = "the list says that it belongs at another address"
_DECIDING: Final = {
    StatusEffect.REVOKED: "status.revoked",
    StatusEffect.SUSPENDED: "status.suspended",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One credential to be judged, what it is judged by, and the past time asked about if it is one."""

    secured: SecuredCredential
    lists: Lists
    formats: Formats
    rules: StatusRules
    now: Instant
    at: Instant | None
    ended: Instant | None


def judge_status(
    secured: SecuredCredential,
    lists: Lists,
    formats: Formats,
    rules: StatusRules,
    now: Instant,
    *,
    at: Instant | None = None,
    ended: Instant | None = None,
) -> tuple[CheckResult, ...]:
    """Return one result for each status entry of ``secured``, in order; none when it has none.

    ``lists`` holds what was found for ``references``; ``now`` is when the lists are relied on. With ``at``, a
    time in the past, an entry is judged by its list as it was then, as found for ``past_references``; where
    that could not be had, by the present one, which is said. ``ended`` is what ``ended_before`` gives.
    """
    if len(secured.status) > rules.max_references:
        failure = Failure(False, "status.too_many", f"more than {rules.max_references} status entries")
        return (_unknown(failure, "/credentialStatus", {}),)
    case = _Case(secured, lists, formats, rules, now, at, ended)
    return tuple(_judge_entry(entry, pointer, case) for pointer, entry in secured.status)


def _judge_entry(entry: Mapping[str, Any], pointer: str, case: _Case) -> CheckResult:
    shown: dict[str, Any] = {}
    try:
        status_format, reference = read(entry, case.secured, case.formats)
        shown |= {"list": reference.list_url, "purpose": reference.purpose}
        if is_skipped(status_format, case.secured, case.ended):
            return CheckResult(
                "status", CheckOutcome.SKIPPED, "check.not_run", pointer, _OVER, evidence=shown
            )
        status, doubts = _status(status_format, reference, case, shown)
    except Undecided as finding:
        return _unknown(Failure.of(finding), pointer + finding.pointer, shown)
    shown["value"] = status.value
    if status.message is not None:
        shown["message"] = status.message
    if status.value and reference.explanations:
        shown["references"] = list(reference.explanations)
    outcome, code, detail = _meaning(status, doubts)
    return CheckResult("status", outcome, code, pointer, detail, evidence=shown)


def _status(
    status_format: StatusFormat, reference: StatusReference, case: _Case, shown: dict[str, Any]
) -> tuple[Status, Sequence[Doubt]]:
    """Return what the entry says at the time asked about, and what is unusual about how that is known."""
    if case.at is None:
        return _present(status_format, reference, case, shown)
    past = _past(status_format, reference, case, case.at)
    if past is None:
        status, doubts = _present(status_format, reference, case, shown)
        return status, [*doubts, ("status.not_at_time", "the list is as it is now")]
    shown |= _shown(past, case) | {"state_at": format_instant(case.at)}
    status = status_format.look_up(past.list, reference, min_entries=case.rules.min_entries)
    doubts = _doubts(past, reference, case)
    if status.effect not in _DECIDING and _is_set_now(status_format, reference, case):
        doubts = [("status.set_since", "the present list has it set"), *doubts]
    return status, doubts


def _present(
    status_format: StatusFormat, reference: StatusReference, case: _Case, shown: dict[str, Any]
) -> tuple[Status, Sequence[Doubt]]:
    evidence = _found(reference, case.lists)
    shown |= _shown(evidence, case)
    _require_current(evidence, case)
    _require_trusted(evidence, reference, case)
    status = status_format.look_up(evidence.list, reference, min_entries=case.rules.min_entries)
    return status, _doubts(evidence, reference, case)


def _past(
    status_format: StatusFormat, reference: StatusReference, case: _Case, at: Instant
) -> StatusListEvidence | None:
    """Return the list as it was at ``at``, if there is one that says of itself that it is of that time."""
    key = past_key(status_format, reference, at)
    evidence = None if key is None else case.lists.get(key)
    if not isinstance(evidence, StatusListEvidence):
        return None
    first, last, skew = evidence.valid_from, evidence.usable_until, case.rules.skew
    if first is None or first > at + skew or (last is not None and last < at - skew):
        return None
    try:
        _require_trusted(evidence, reference, case)
    except Undecided:
        return None
    return evidence


def _is_set_now(status_format: StatusFormat, reference: StatusReference, case: _Case) -> bool:
    try:
        status, _ = _present(status_format, reference, case, {})
    except Undecided:
        return False
    return status.effect in _DECIDING


def _found(reference: StatusReference, lists: Lists) -> StatusListEvidence:
    found = lists.get((reference.list_url, reference.type))
    if found is None:
        raise Undecided("status.list_unreachable", "the list was not looked for", retryable=True)
    if isinstance(found, Failure):
        # Where in the list something is wrong says nothing about a place in this record.
        raise Undecided(found.code, found.detail, retryable=found.retryable)
    return found


def _require_current(evidence: StatusListEvidence, case: _Case) -> None:
    """Raise ``Undecided`` unless the list is young enough."""
    if evidence.usable_until is not None and case.now > evidence.usable_until + case.rules.skew:
        raise Undecided("status.list_expired", retryable=True)
    if evidence.stale and case.now > evidence.fresh_until + case.rules.grace:
        raise Undecided("status.list_unreachable", "the list could not be renewed in time", retryable=True)


def _require_trusted(evidence: StatusListEvidence, reference: StatusReference, case: _Case) -> None:
    """Raise ``Undecided`` unless the list is of somebody whose word counts here, and the one meant."""
    is_strict = case.rules.keeps_lists is not None
    if is_strict and _is_strangers(evidence, case):
        raise Undecided("status.list_issuer", "the list's issuer is neither the record's nor recognised")
    is_bound = is_strict or evidence.secured_by is ListSecuring.TOKEN
    if is_bound and evidence.is_another_than(reference.list_url):
        # Whoever keeps the files could exchange the issuer's lists for each other.
        raise Undecided("status.list_malformed", _ANOTHER)


def _shown(evidence: StatusListEvidence, case: _Case) -> dict[str, Any]:
    """Return whose list was relied on, what vouches for it, and how old it is."""
    shown: dict[str, Any] = {
        "list_issuer": evidence.issuer,
        "fetched_at": format_instant(evidence.fetched_at),
        "fresh_until": format_instant(evidence.fresh_until),
        "stale": evidence.stale,
    }
    if evidence.stale:
        shown["grace_until"] = format_instant(evidence.fresh_until + case.rules.grace)
    if evidence.secured_by is not ListSecuring.CREDENTIAL:
        shown["secured_by"] = evidence.secured_by.value
    is_signed = evidence.secured_by is not ListSecuring.TRANSPORT
    if is_signed and evidence.issuer != case.secured.issuer and not _is_strangers(evidence, case):
        shown["delegated"] = True
    return shown


def _doubts(evidence: StatusListEvidence, reference: StatusReference, case: _Case) -> Sequence[Doubt]:
    """Return what is unusual about a list that the rules let count."""
    doubts: list[Doubt] = []
    if evidence.stale:
        doubts.append(("status.list_stale", "the list could not be renewed"))
    if _is_strangers(evidence, case):
        doubts.append(("status.list_issuer", "the list's issuer is not the record's"))
    if evidence.is_another_than(reference.list_url):
        doubts.append(("status.list_malformed", _ANOTHER))
    doubts += _crowd_doubts(evidence, reference, case)
    if evidence.secured_by is ListSecuring.TRANSPORT:
        doubts.append(("status.list_unsigned", f"only TLS to {evidence.issuer} vouches for the list"))
    return doubts


def _is_strangers(evidence: StatusListEvidence, case: _Case) -> bool:
    """Return whether the list is of neither the record's issuer nor anybody recognised to keep lists.

    A list that only TLS vouches for is its host's, and the signed record itself names the host.
    """
    if evidence.secured_by is ListSecuring.TRANSPORT or evidence.issuer == case.secured.issuer:
        return False
    keeps_lists = case.rules.keeps_lists or nobody
    return not keeps_lists(evidence.issuer, case.formats[evidence.list.type].list_credential_type)


def _crowd_doubts(evidence: StatusListEvidence, reference: StatusReference, case: _Case) -> Iterator[Doubt]:
    """Yield whether the record hides among too few others when its list is asked for."""
    if evidence.list.named is not None:
        if _is_its_own_list(reference):
            yield "status.list_tracking", "the list's address is one for this record alone"
        return
    entries = evidence.list.entries(reference.size)
    if _is_named_by(reference.list_url, case.secured.id):
        yield "status.list_tracking", "the list's address has what names the record in it"
    if entries <= 1:
        yield "status.list_tracking", "the list has one entry"
    elif entries < case.rules.usual_entries:
        yield "status.list_too_short", f"the list has only {entries} entries"


def _is_its_own_list(reference: StatusReference) -> bool:
    """Return whether the list's address contains the part of the record's own id that names it."""
    name = (reference.listed_as or "").rstrip("/").rpartition("/")[2].rpartition(":")[2]
    return len(name) >= _SHORTEST_NAME and name in reference.list_url


def _is_named_by(url: str, record_id: str | None) -> bool:
    """Return whether the list at ``url``, whatever its length, is by its address one for this record alone.

    What names the record, the last part of its id, must stand in the address by itself and have a digit:
    words such as a programme's name are in many addresses.
    """
    base = (record_id or "").partition("#")[0].rstrip("/")
    name = _NAME_ENDS.split(base)[-1]
    if len(name) < _SHORTEST_NAME or not any(map(str.isdigit, name)):
        return False
    return _stands_alone(name, url.partition("://")[2].partition("/")[2])


def _stands_alone(name: str, text: str) -> bool:
    """Return whether ``name`` is somewhere in ``text`` with neither letter nor digit before or behind it."""
    before, found, rest = text.partition(name)
    while found:
        if not before[-1:].isalnum() and not rest[:1].isalnum():
            return True
        before, found, rest = rest.partition(name)
        before = before or name
    return False


def _meaning(status: Status, doubts: Sequence[Doubt]) -> tuple[CheckOutcome, str | None, str | None]:
    """Return outcome, code and detail: what decides comes first, then what is set, then doubts."""
    told = [detail for _, detail in doubts]
    if status.effect in _DECIDING:
        return CheckOutcome.FAIL, _DECIDING[status.effect], "; ".join(told) or None
    if status.value:
        code = "status.refresh" if status.purpose == "refresh" else "status.message"
        told.insert(0, f"the status for {status.purpose[:_MOST_SHOWN]!r} is {status.value}")
        return CheckOutcome.WARNING, code, "; ".join(told)
    if doubts:
        return CheckOutcome.WARNING, doubts[0][0], "; ".join(told)
    return CheckOutcome.PASS, None, None


def _unknown(failure: Failure, pointer: str, shown: Mapping[str, Any]) -> CheckResult:
    return CheckResult(
        "status",
        CheckOutcome.UNKNOWN,
        failure.code,
        pointer,
        failure.detail,
        failure.retryable,
        evidence=shown,
    )
