"""Batch verification: the same walk over the union of needs, each distinct thing fetched once."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ler_trust.contracts import Clock, StatusFormat, StatusListSource, TrustSource, TrustView
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.engine import Authentication, EmbeddedCredential
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.policy import Policy
from ler_trust.model.report import Report
from ler_trust.model.status import ListKey, StatusListEvidence
from ler_trust.status.judge import references
from ler_trust.verify.authenticate import Authenticator
from ler_trust.verify.binding import PinnedKeys, no_pins
from ler_trust.verify.checks.proof import check_proofs
from ler_trust.verify.evidence import Evidence
from ler_trust.verify.pipeline import authenticated, judge, report_failure

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

    async def verify(self, items: Sequence[bytes], question: Question) -> list[Report]:
        """Return one report for each item, in order."""
        end = self._authenticator.end_of_batch()
        context = _Context(question, self._clock.now(), await self._view(question.tenant), end)
        return await self._judge(items, context, NESTING)

    async def _view(self, tenant: str) -> TrustView | Failure:
        try:
            return await self._trust.view(tenant)
        except (Rejected, Undecided) as finding:
            return Failure(False, "issuer.registry_unreachable", finding.detail, retryable=True)

    async def _judge(self, items: Sequence[bytes], context: _Context, nesting: int) -> list[Report]:
        """Judge each of ``items`` once, however often it is there."""
        digests = [hashlib.sha256(item).digest() for item in items]
        distinct = dict(zip(digests, items, strict=True))
        found = await self._judge_distinct(list(distinct.values()), context, nesting)
        reports = dict(zip(distinct, found, strict=True))
        return [reports[digest] for digest in digests]

    async def _judge_distinct(self, items: Sequence[bytes], context: _Context, nesting: int) -> list[Report]:
        policy = context.question.policy
        wave = await self._authenticator.authenticate(
            items, context.now, pins=context.pins, bind=policy.key_binding, end=context.end
        )
        at = context.now if context.question.at is None else context.question.at
        evidence = Evidence(context.now, at, wave.documents, {}, context.trust, self._formats, self._limits)
        proofs = [check_proofs(outcome, evidence, policy) for outcome in wave.outcomes]
        judged = list(zip(wave.outcomes, proofs, strict=True))
        believed = [outcome for outcome, results in judged if authenticated(outcome, results)]
        evidence = replace(evidence, lists=await self._find_lists(believed, context))
        children = await self._judge_embedded(believed, context, nesting)

        def judge_all() -> list[Report]:
            return [
                judge(outcome, results, evidence, policy, children.get(id(outcome), ()))
                for outcome, results in judged
            ]

        return await asyncio.to_thread(judge_all)  # a thousand reports are not for the event loop

    async def _find_lists(
        self, believed: Sequence[Authentication], context: _Context
    ) -> Mapping[ListKey, StatusListEvidence | Failure]:
        """Wave two: the lists that believed items name, each once; none when the policy leaves status out."""
        policy = context.question.policy
        if not (policy.status or policy.report_unrequired):
            return {}
        wanted = Counter(
            key
            for outcome in believed
            if outcome.secured is not None
            for key in references(outcome.secured, self._formats, self._limits)
        )
        if not wanted or self._authenticator.is_over(context.end):
            return {}
        # Lists that many items name come first: one item's many lists cannot use up the others' time.
        return await self._lists.find([key for key, _ in wanted.most_common()], context.now)

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
