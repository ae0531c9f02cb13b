"""What each status entry of a credential means for it. Pure: the lists are gathered already.

Every entry is judged by itself (law 5) and gives one result: ``pass`` (nothing set), ``fail`` (revoked or
suspended), ``warning`` (something that does not decide) or ``unknown`` (could not be checked, and why).
Results name the list and its age; they never hold the entry's index, which together with the list would
name the credential.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import SECOND, Instant, format_instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.model.status import ListKey, Status, StatusEffect, StatusListEvidence, StatusReference

Lists = Mapping[ListKey, StatusListEvidence | Failure]
Formats = Mapping[str, StatusFormat]
Doubt = tuple[str, str]  # a code and what is meant by it here

_MOST_SHOWN: Final = 64  # characters of a stranger's type or purpose that go into a message
_ANOTHER: Final = "the list says that it belongs at another address"
_DECIDING: Final = {
    StatusEffect.REVOKED: "status.revoked",
    StatusEffect.SUSPENDED: "status.suspended",
}


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What a policy asks of status lists.

    ``grace`` (microseconds) is how long past its freshness a list that could not be renewed still counts,
    ``skew`` (microseconds) how far the issuer's clock may be behind at the end of the list's validity;
    ``min_entries`` the fewest entries it may have, ``usual_entries`` the fewest that go without a warning;
    ``list_issuers`` whose lists count beside the credential
    issuer's own, ``None`` for anybody's: those are then reported with a warning, and so is a list that names
    another address as its own.
    """

    grace: int = 0
    skew: int = 0
    min_entries: int = DEFAULT_LIMITS.status_list_bits
    usual_entries: int = DEFAULT_LIMITS.status_list_bits
    max_references: int = DEFAULT_LIMITS.status_entries
    list_issuers: frozenset[str] | None = frozenset()

    @classmethod
    def of(cls, policy: Policy, limits: Limits, list_issuers: frozenset[str] = frozenset()) -> Self:
        """Return the rules of ``policy``.

        Whose word counts is a matter of recognition: a policy that does not require it for issuers does not
        for the issuers of lists. ``list_issuers`` are those recognised to keep lists for others.
        """
        return cls(
            policy.stale_list_grace * SECOND,
            policy.clock_skew * SECOND,
            policy.min_list_entries,
            limits.status_list_bits,
            limits.status_entries,
            list_issuers if policy.issuer else None,
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """One credential to be judged, and what it is judged by."""

    secured: SecuredCredential
    lists: Lists
    formats: Formats
    rules: StatusRules
    now: Instant


def references(
    secured: SecuredCredential, formats: Formats, limits: Limits = DEFAULT_LIMITS
) -> frozenset[ListKey]:
    """Return the lists to be found before ``secured`` can be judged.

    Entries that cannot be judged whatever their list says ask for none.
    """
    if len(secured.status) > limits.status_entries:
        return frozenset()
    return frozenset(_wanted(secured, formats))


def _wanted(secured: SecuredCredential, formats: Formats) -> Iterator[ListKey]:
    for _, entry in secured.status:
        try:
            _, reference = _read(entry, secured, formats)
        except Undecided:
            continue
        yield reference.list_url, reference.type


def judge_status(
    secured: SecuredCredential, lists: Lists, formats: Formats, rules: StatusRules, now: Instant
) -> tuple[CheckResult, ...]:
    """Return one result for each status entry of ``secured``, in order; none when it has none.

    ``lists`` holds what was found for :func:`references`; ``now`` is when the lists are relied on.
    """
    if len(secured.status) > rules.max_references:
        failure = Failure(False, "status.too_many", f"more than {rules.max_references} status entries")
        return (_unknown(failure, "/credentialStatus", {}),)
    case = _Case(secured, lists, formats, rules, now)
    return tuple(_judge_entry(entry, pointer, case) for pointer, entry in secured.status)


def _judge_entry(entry: Mapping[str, Any], pointer: str, case: _Case) -> CheckResult:
    shown: dict[str, Any] = {}
    try:
        status_format, reference = _read(entry, case.secured, case.formats)
        shown |= {"list": reference.list_url, "purpose": reference.purpose}
        evidence = _found(reference, case.lists)
        shown |= _age(evidence)
        _require_usable(evidence, case)
        status = status_format.look_up(evidence.list, reference, min_entries=case.rules.min_entries)
    except Undecided as finding:
        return _unknown(Failure.of(finding), pointer + finding.pointer, shown)
    shown["value"] = status.value
    if status.message is not None:
        shown["message"] = status.message
    outcome, code, detail = _meaning(status, _doubts(evidence, reference, case))
    return CheckResult("status", outcome, code, pointer, detail, evidence=shown)


def _read(
    entry: Mapping[str, Any], secured: SecuredCredential, formats: Formats
) -> tuple[StatusFormat, StatusReference]:
    """Return an entry as its format reads it; raises ``Undecided`` when it cannot be judged."""
    status_format = _format_of(entry, formats)
    reference = status_format.read_entry(entry)
    if secured.id is not None and secured.id.partition("#")[0] == reference.list_url:
        raise Undecided("status.list_self", pointer="/statusListCredential")
    return status_format, reference


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


def _found(reference: StatusReference, lists: Lists) -> StatusListEvidence:
    found = lists.get((reference.list_url, reference.type))
    if found is None:
        raise Undecided("status.list_unreachable", "the list was not looked for", retryable=True)
    if isinstance(found, Failure):
        # Where in the list something is wrong says nothing about a place in this record.
        raise Undecided(found.code, found.detail, retryable=found.retryable)
    return found


def _require_usable(evidence: StatusListEvidence, case: _Case) -> None:
    """Raise ``Undecided`` unless the list is young enough and of somebody whose word counts here."""
    rules = case.rules
    if evidence.usable_until is not None and case.now > evidence.usable_until + rules.skew:
        raise Undecided("status.list_expired", retryable=True)
    if evidence.stale and case.now > evidence.fresh_until + rules.grace:
        raise Undecided("status.list_unreachable", "the list could not be renewed in time", retryable=True)
    own = evidence.issuer == case.secured.issuer
    if not own and rules.list_issuers is not None and evidence.issuer not in rules.list_issuers:
        raise Undecided("status.list_issuer", "the list's issuer is neither the record's nor recognised")
    if evidence.is_another and rules.list_issuers is not None:
        # Whoever keeps the files could exchange the issuer's lists for each other.
        raise Undecided("status.list_malformed", _ANOTHER)


def _age(evidence: StatusListEvidence) -> dict[str, Any]:
    return {
        "list_issuer": evidence.issuer,
        "fetched_at": format_instant(evidence.fetched_at),
        "fresh_until": format_instant(evidence.fresh_until),
        "stale": evidence.stale,
    }


def _doubts(evidence: StatusListEvidence, reference: StatusReference, case: _Case) -> Sequence[Doubt]:
    """Return what is unusual about a list that the rules let count."""
    doubts: list[Doubt] = []
    if evidence.stale:
        doubts.append(("status.list_stale", "the list could not be renewed"))
    if evidence.issuer != case.secured.issuer:
        doubts.append(("status.list_issuer", "the list's issuer is not the record's"))
    if evidence.is_another:
        doubts.append(("status.list_malformed", _ANOTHER))
    entries = len(evidence.list.bits) * 8 // reference.size
    if entries < case.rules.usual_entries:
        doubts.append(("status.list_too_short", f"the list has only {entries} entries"))
    return doubts


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
