"""Batch verification: the same walk over the union of needs, each distinct thing fetched once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ler_trust.contracts import (
    Clock,
    Outcomes,
    PlainRecords,
    StatusFormat,
    StatusListSource,
    TrustSource,
    TrustView,
)
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.engine import Authentication, EmbeddedCredential
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.plain import Answer
from ler_trust.model.policy import Policy
from ler_trust.model.report import Report
from ler_trust.model.status import ListKey, StatusListEvidence
from ler_trust.status.entries import ended_before, past_references, references
from ler_trust.verify.answer import answer_of
from ler_trust.verify.authenticate import Authenticator, Wave
from ler_trust.verify.binding import Documents, PinnedKeys, no_pins
from ler_trust.verify.checks.proof import check_proofs
from ler_trust.verify.evidence import Evidence
from ler_trust.verify.pipeline import authenticated, judge, report_failure
from ler_trust.verify.plain import lists_named, plain_parts, plain_terms, turns_of
from ler_trust.verify.sayings import Sayings

NESTING: Final = 3  # credentials inside credentials: an endorsement of an endorsement is the deepest in use


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks: whose registries, under which policy, about which time (``None``: now)."""

    tenant: str
    policy: Policy
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class _Context:
    """What stays the same while a batch and the credentials inside it are judged.

    ``end`` (event loop time) is one for all of them: nesting does not buy a batch more time.
    """

    question: Question
    now: Instant
    trust: TrustView | Failure = field(repr=False)
    end: float

    @property
    def pins(self) -> PinnedKeys:
        return no_pins if isinstance(self.trust, Failure) else self.trust.pinned_keys


@dataclass(frozen=True, slots=True)
class _Judged:
    """Reports, and the evidence they rest on with everything gathered."""

    evidence: Evidence
    reports: Sequence[Report]


@dataclass(frozen=True, slots=True)
class _Plain:
    """The plain records of a batch with the lists they name, and the outcomes of the other items."""

    records: PlainRecords
    rest: Sequence[Authentication]
    named: Counter[ListKey]


class BatchVerifier:
    """Verifies credentials by the thousand.

    Items with equal bytes are judged once. One bad item never affects another. Reports come in the order
    of the items.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        lists: StatusListSource,
        trust: TrustSource,
        formats: Mapping[str, StatusFormat],
        clock: Clock,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._authenticator = authenticator
        self._lists = lists
        self._trust = trust
        self._formats = formats
        self._clock = clock
        self._limits = limits
        self._sayings = Sayings()

    async def verify(self, items: Sequence[bytes], question: Question) -> list[Report]:
        """Return one report for each item, in order."""
        return await self._judge(items, await self._context(question), NESTING)

    async def answers(self, items: Sequence[bytes], question: Question) -> list[Answer]:
        """Return the report on each item ready to be sent, in order: the quick way for many records.

        It says what :meth:`verify` says.
        """
        context = await self._context(question)
        distinct = list(dict.fromkeys(items))
        found = dict(zip(distinct, await self._answer_distinct(distinct, context), strict=True))
        return [found[item] for item in items]

    async def _context(self, question: Question) -> _Context:
        end = self._authenticator.end_of_batch()
        return _Context(question, self._clock.now(), await self._view(question.tenant), end)

    async def _view(self, tenant: str) -> TrustView | Failure:
        try:
            return await self._trust.view(tenant)
        except (Rejected, Undecided) as finding:
            return Failure(False, "issuer.registry_unreachable", finding.detail, retryable=True)

    async def _answer_distinct(self, items: Sequence[bytes], context: _Context) -> list[Answer]:
        """Answer for plain records by their parts, for the others by the whole pipeline."""
        policy = context.question.policy
        wave = await self._authenticate(items, context)
        evidence = self._evidence(wave.documents, context)
        plain = await asyncio.to_thread(self._sort_out, wave.outcomes, evidence, policy)
        if plain is None:
            judge_all = await self._gather(list(wave.outcomes), evidence, Counter(), context, NESTING)
            return await asyncio.to_thread(lambda: [answer_of(report) for report in judge_all().reports])
        judge_rest = await self._gather(plain.rest, evidence, plain.named, context, NESTING)

        def judge_alone(outcome: Authentication, complete: Evidence) -> Report:
            return judge(outcome, check_proofs(outcome, complete, policy), complete, policy)

        def answer_all() -> list[Answer]:
            judged = judge_rest()
            reports = dict(zip(plain.records.rest, judged.reports, strict=True))
            answers = plain.records.judge(plain_parts(plain.records, judged.evidence, policy, self._sayings))
            return [
                answer
                if answer is not None
                else answer_of(reports.get(place) or judge_alone(wave.outcomes[place], judged.evidence))
                for place, answer in enumerate(answers)
            ]

        return await asyncio.to_thread(answer_all)

    def _sort_out(self, outcomes: Outcomes, evidence: Evidence, policy: Policy) -> _Plain | None:
        """Return the plain records and the other outcomes; ``None`` when the engine has no part in it."""
        turns = turns_of(evidence.trust, policy)
        records = outcomes.plain(plain_terms(evidence, policy), turns)
        if records is None:
            return None
        rest = [outcomes[place] for place in records.rest]
        return _Plain(records, rest, lists_named(records, evidence, self._sayings))

    async def _judge(self, items: Sequence[bytes], context: _Context, nesting: int) -> list[Report]:
        """Judge each of ``items`` once, however often it is there."""
        distinct = list(dict.fromkeys(items))
        wave = await self._authenticate(distinct, context)
        evidence = self._evidence(wave.documents, context)
        judge_all = await self._gather(list(wave.outcomes), evidence, Counter(), context, nesting)
        judged = await asyncio.to_thread(judge_all)  # a thousand reports are not for the event loop
        reports = dict(zip(distinct, judged.reports, strict=True))
        return [reports[item] for item in items]

    async def _authenticate(self, items: Sequence[bytes], context: _Context) -> Wave:
        return await self._authenticator.authenticate(
            items,
            context.now,
            pins=context.pins,
            bind=context.question.policy.key_binding,
            end=context.end,
            scope=context.question.tenant,
        )

    def _evidence(self, documents: Documents, context: _Context) -> Evidence:
        at = context.now if context.question.at is None else context.question.at
        return Evidence(context.now, at, documents, {}, context.trust, self._formats, self._limits)

    async def _gather(
        self,
        outcomes: Sequence[Authentication],
        evidence: Evidence,
        named: Counter[ListKey],
        context: _Context,
        nesting: int,
    ) -> Callable[[], _Judged]:
        """Gather wave two: the lists that ``outcomes`` and others (``named``) want, and what is inside them.

        Returns the rest of the work on ``outcomes``, which is pure.
        """
        policy = context.question.policy
        judged = [(outcome, check_proofs(outcome, evidence, policy)) for outcome in outcomes]
        believed = [outcome for outcome, results in judged if authenticated(outcome, results)]
        complete = replace(evidence, lists=await self._find_lists(believed, named, context))
        children = await self._judge_embedded(believed, context, nesting)

        def judge_all() -> _Judged:
            reports = [
                judge(outcome, results, complete, policy, children.get(id(outcome), ()))
                for outcome, results in judged
            ]
            return _Judged(complete, reports)

        return judge_all

    async def _find_lists(
        self, believed: Sequence[Authentication], named: Counter[ListKey], context: _Context
    ) -> Mapping[ListKey, StatusListEvidence | Failure]:
        """Return the lists that believed items name, each once; none when the policy leaves status out."""
        policy = context.question.policy
        if not (policy.status or policy.report_unrequired):
            return {}
        at, now = context.question.at, context.now
        ended = ended_before(policy, now if at is None else at)
        records = [outcome.secured for outcome in believed if outcome.secured is not None]
        wanted = named + Counter(
            key for secured in records for key in references(secured, self._formats, self._limits, ended)
        )
        found = await self._find_most_wanted(wanted, now, context)
        if at is None or at >= now:
            return found
        wanted = Counter(
            key
            for secured in records
            for key in past_references(secured, self._formats, at, self._limits, ended)
        )
        return {**found, **await self._find_most_wanted(wanted, at, context)}

    async def _find_most_wanted(
        self, wanted: Counter[ListKey], now: Instant, context: _Context
    ) -> Mapping[ListKey, StatusListEvidence | Failure]:
        """Find lists, valid at ``now``, each once.

        Those that many records name come first: one item's many lists cannot use up the others' time.
        """
        if not wanted or self._authenticator.is_over(context.end):
            return {}
        return await self._lists.find([key for key, _ in wanted.most_common()], now)

    async def _judge_embedded(
        self, believed: Sequence[Authentication], context: _Context, nesting: int
    ) -> dict[int, tuple[Report, ...]]:
        """Judge the credentials inside the believed ones as one further batch; keyed by ``id(outcome)``."""
        places: list[tuple[int, EmbeddedCredential]] = [
            (id(outcome), embedded)
            for outcome in believed
            if outcome.secured is not None
            for embedded in outcome.secured.embedded
        ]
        if not places:
            return {}
        if nesting == 0:
            too_deep = Failure(False, "format.too_deep", "credentials are nested too deeply to be checked")
            reports = [report_failure(too_deep)] * len(places)
        else:
            reports = await self._judge([embedded.content for _, embedded in places], context, nesting - 1)
        children: dict[int, tuple[Report, ...]] = {}
        for (owner, embedded), report in zip(places, reports, strict=True):
            children[owner] = (*children.get(owner, ()), replace(report, pointer=embedded.pointer))
        return children
