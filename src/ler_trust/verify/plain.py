"""What is said of plain records, cell by cell: the pipeline's own words, said once for many records.

For each cell a record is made up that has nothing but what the cell is about, and the pipeline is asked what
it says of that. See :mod:`ler_trust.model.plain`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final
from weakref import ref

import orjson

from ler_trust.contracts import PlainRecords, TrustView
from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument
from ler_trust.model.engine import ProofOutcome, SecuredCredential
from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.limits import Limits
from ler_trust.model.plain import (
    ActCell,
    ActPart,
    DatesPart,
    Part,
    PlainParts,
    PlainTerms,
    ProofCell,
    StatusCell,
    StatusPart,
    Warnings,
)
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult, Outcome
from ler_trust.model.status import ListKey, StatusListEvidence
from ler_trust.status.entries import references
from ler_trust.verify.answer import check_json, head_json, issuer_json
from ler_trust.verify.binding import controller_of_method
from ler_trust.verify.checks.proof import check_proof
from ler_trust.verify.evidence import Evidence
from ler_trust.verify.pipeline import say_form, say_issuer, say_named, say_status, say_validity
from ler_trust.verify.sayings import Said, Sayings

PLAIN_ENTRIES: Final = 4  # status entries: few enough that a record does not make many cells of its own
_CLEAR: Final = "0"  # indexes in the list that ``_sample_bits`` makes
_SET: Final = "1"
_ISSUED_AT: Final = b'"issued_at":"'
_SAMPLE: Final = SecuredCredential("2.0", None, (), "")
_NOTHING_CHECKED: Final = (Outcome.INDETERMINATE, "check.not_run")

Turns = Callable[[str], Sequence[Instant]]


def plain_terms(evidence: Evidence, policy: Policy) -> PlainTerms:
    """Return what makes a record plain under ``policy``."""
    judges_status = policy.status or policy.report_unrequired
    return PlainTerms(
        evidence.at,
        policy.clock_skew * SECOND,
        periods=policy.validity,
        dates=policy.validity or policy.report_unrequired,
        kinds=_plain_kinds(evidence) if judges_status else None,
        status_entries=PLAIN_ENTRIES,
    )


def turns_of(trust: TrustView | Failure, policy: Policy) -> Turns:
    """Return the instants of issuance at which what is said of an issuer changes, as a function of it."""
    if isinstance(trust, Failure) or not (policy.issuer or policy.report_unrequired):
        return _no_turns
    return trust.turns


def plain_parts(plain: PlainRecords, evidence: Evidence, policy: Policy, sayings: Sayings) -> PlainParts:
    """Return what the pipeline says of each cell of ``plain``, taken from ``sayings`` where it is known."""
    said = sayings.under(policy, evidence.trust)
    proofs = [_known_proof(cell, evidence, policy, said) for cell in plain.proofs]
    warnings = [_of_warnings(cell) for cell in plain.warnings]
    dates = _of_dates(evidence, policy)
    statuses = _of_statuses([cell for cell, _ in plain.statuses], evidence, policy, said)
    no_status = _part(say_status(_SAMPLE, evidence, policy))
    turns = turns_of(evidence.trust, policy)
    acts = [_known_act(cell, turns(cell.issuer), evidence, policy, said) for cell in plain.acts]
    schemas = [_part(say_named(replace(_SAMPLE, schemas=cell))) for cell in plain.schemas]
    parts = [*proofs, *warnings, dates.part, no_status, *schemas]
    parts += [part for status in statuses for part in (status.clear, status.set)]
    parts += [act.part for act in acts]
    return PlainParts(proofs, warnings, dates, statuses, no_status, acts, schemas, _heads(parts))


def _plain_kinds(evidence: Evidence) -> frozenset[str]:
    if evidence.at < evidence.now:
        return frozenset()  # a past time has lists of its own
    return frozenset(name for name, status_format in evidence.formats.items() if status_format.is_plain)


def _no_turns(_issuer: str) -> Sequence[Instant]:
    return ()


def _known_proof(cell: ProofCell, evidence: Evidence, policy: Policy, said: Said) -> Part:
    document = evidence.documents.get(controller_of_method(cell.method)) if cell.method is not None else None
    age = document.resolved_at if isinstance(document, DidDocument) else None
    return said.proofs.recall((cell, age), lambda: _of_proof(cell, evidence, policy), _length)


def _of_proof(cell: ProofCell, evidence: Evidence, policy: Policy) -> Part:
    proof = ProofOutcome(cell.pointer, cell.suite, cell.method, None)
    return _part([check_proof(proof, evidence, policy)])


def _of_warnings(cell: Warnings) -> Part:
    return _part(say_form(replace(_SAMPLE, warnings=cell)))


def _of_dates(evidence: Evidence, policy: Policy) -> DatesPart:
    """Return what is said of dates that hold; the time of interest is told first, the dates follow it."""
    results = say_validity(_SAMPLE, evidence, policy)
    part = _part(results)
    if not results[0].evidence:
        return DatesPart(part, None)
    end = b"}}"  # of the evidence, and of the check
    return DatesPart(part._replace(checks=part.checks.removesuffix(end)), end)


def _of_statuses(
    cells: Sequence[StatusCell], evidence: Evidence, policy: Policy, said: Said
) -> list[StatusPart]:
    """Return what is said of each cell; those with lists of one size together (see ``_sample_bits``)."""

    def size(place: int) -> int:
        found = evidence.lists.get((cells[place].list_url, cells[place].type))
        return len(found.list.bits) if isinstance(found, StatusListEvidence) else 0

    places = sorted(range(len(cells)), key=size)
    parts = {place: _known_status(cells[place], evidence, policy, said) for place in places}
    return [parts[place] for place in range(len(cells))]


def _known_status(cell: StatusCell, evidence: Evidence, policy: Policy, said: Said) -> StatusPart:
    found = evidence.lists.get((cell.list_url, cell.type))
    if not isinstance(found, StatusListEvidence) or not _is_lasting(found, cell, evidence.now):
        return _of_status(cell, evidence, policy)
    bits = found.list.bits
    of_list, part = said.statuses.get(cell) or (None, None)
    if part is None or of_list is None or of_list() is not found:
        part = _of_status(cell, evidence, policy)
        # Without its bits, and not holding the list itself: how many lists are kept is decided elsewhere.
        kept = part._replace(bits=part.bits and b"")
        said.statuses.keep(cell, (ref(found), kept), _length(part.clear) + _length(part.set))
    return part._replace(bits=None if part.bits is None else bits)


def _is_lasting(found: StatusListEvidence, cell: StatusCell, now: Instant) -> bool:
    """Return whether what is said of the list does not depend on the time, as somebody's recognition does."""
    is_young = not found.stale and (found.usable_until is None or now <= found.usable_until)
    return is_young and found.issuer == cell.issuer


def lists_named(plain: PlainRecords, evidence: Evidence, sayings: Sayings) -> Counter[ListKey]:
    """Return the lists that must be found before the status entries can be judged, by how many name each."""
    named: Counter[ListKey] = Counter()
    for cell, count in plain.statuses:
        for key in sayings.lists.recall(cell, partial(_lists_of, cell, evidence), _keys_length):
            named[key] += count
    return named


def _lists_of(cell: StatusCell, evidence: Evidence) -> frozenset[ListKey]:
    return references(_record_with(cell, "0"), evidence.formats, evidence.limits)


def _keys_length(keys: Collection[ListKey]) -> int:
    return sum(len(url) + len(kind) for url, kind in keys)


def _record_with(cell: StatusCell, *indexes: str) -> SecuredCredential:
    """Return a record with an entry for each of ``indexes``."""
    entry = {
        "type": cell.type,
        "statusPurpose": cell.purpose,
        "statusListCredential": cell.list_url,
    }
    entries = tuple((cell.pointer, entry | {"statusListIndex": index}) for index in indexes)
    return replace(_SAMPLE, issuer=cell.issuer, status=entries)


def _of_status(cell: StatusCell, evidence: Evidence, policy: Policy) -> StatusPart:
    """Return what is said of an entry that is clear and of one that is set, by the list that was found."""
    key = cell.list_url, cell.type
    found = evidence.lists.get(key)
    if not isinstance(found, StatusListEvidence):
        part = _part(say_status(_record_with(cell, _CLEAR), evidence, policy))
        return StatusPart(part, part, None)
    sample = replace(found, list=replace(found.list, bits=_sample_bits(len(found.list.bits))))
    among = replace(evidence, lists={key: sample}, limits=_for_two(evidence.limits))
    clear, is_set = say_status(_record_with(cell, _CLEAR, _SET), among, policy)
    is_read = clear.outcome is not CheckOutcome.UNKNOWN
    return StatusPart(_part([clear]), _part([is_set]), found.list.bits if is_read else None)


@lru_cache(2)  # of one size: what is taken is no more than the lists themselves take
def _sample_bits(size: int) -> bytes:
    """Return a list of ``size`` bytes that has one entry set."""
    return b"\x40".ljust(size, b"\0")[:size]


@lru_cache(2)
def _for_two(limits: Limits) -> Limits:
    """Return ``limits`` under which a record may have two status entries."""
    return replace(limits, status_entries=max(2, limits.status_entries))


def _known_act(
    cell: ActCell, turns: Sequence[Instant], evidence: Evidence, policy: Policy, said: Said
) -> ActPart:
    issued = None if cell.issued_at is None else bisect_right(turns, cell.issued_at)
    slot = cell.issuer, cell.types, cell.issued_at_source, issued, bisect_right(turns, evidence.at)
    return said.acts.recall(slot, lambda: _of_act(cell, evidence, policy), lambda act: _length(act.part))


def _of_act(cell: ActCell, evidence: Evidence, policy: Policy) -> ActPart:
    """Return what is said of an act of issuing, cut open where its stated time is told."""
    record = replace(
        _SAMPLE,
        issuer=cell.issuer,
        types=cell.types,
        issued_at=cell.issued_at,
        issued_at_source=cell.issued_at_source,
    )
    results, issuer = say_issuer(record, evidence, policy)
    part, named = _part(results), orjson.dumps(issuer_json(issuer))
    # Inside a JSON text quotation marks have a backslash before them: this can only be a member's name.
    before, told, after = part.checks.partition(_ISSUED_AT)
    if not told:
        return ActPart(part, None, named)
    return ActPart(part._replace(checks=before + told), after[after.index(b'"') :], named)


def _part(results: Sequence[CheckResult]) -> Part:
    deciding = [result for result in results if result.decides]
    return Part(
        b",".join(orjson.dumps(check_json(result)) for result in results),
        _first(deciding, CheckOutcome.FAIL),
        _first(deciding, CheckOutcome.UNKNOWN),
        any(result.outcome is CheckOutcome.PASS for result in deciding),
    )


def _length(part: Part) -> int:
    return len(part.checks)


def _first(deciding: Sequence[CheckResult], outcome: CheckOutcome) -> str | None:
    return next((result.code for result in deciding if result.outcome is outcome), None)


def _heads(said: Sequence[Part]) -> dict[tuple[Outcome, str | None], bytes]:
    """Return how a report begins, for every code that one of the parts can make the deciding one."""
    decided: list[tuple[Outcome, str | None]] = [(Outcome.VALID, None), _NOTHING_CHECKED]
    decided += [(Outcome.INVALID, part.failed) for part in said if part.failed is not None]
    decided += [(Outcome.INDETERMINATE, part.unknown) for part in said if part.unknown is not None]
    return {key: _head(*key) for key in dict.fromkeys(decided)}


def _head(outcome: Outcome, reason: str | None) -> bytes:
    head: dict[str, Any] = head_json(outcome, reason) | {"checks": []}
    return orjson.dumps(head)[: -len(b"]}")]
