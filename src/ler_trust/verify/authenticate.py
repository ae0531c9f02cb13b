"""Wave one as one call: bytes of many items in, their authentications and the evidence used out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ler_trust.contracts import Engine, Resolver
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import DidDocument, PublicKey
from ler_trust.model.engine import Authentication, KeyNeed, Material, ProofOutcome, SecuringForm, Survey
from ler_trust.model.instant import SECOND, Instant
from ler_trust.verify.binding import Documents, controller_of, find_keys, identifiers
from ler_trust.verify.gather import gather_documents
from ler_trust.verify.period import outside_period

PinnedKeys = Callable[[str], Sequence[PublicKey]]

ENGINE_ITEMS: Final = (
    64  # items an engine call takes, so that a deadline and a cancellation are noticed between
)
LIST_CLOCK_SKEW: Final = 120 * SECOND  # what a list publisher's clock may be off
_STALE_KEY_CODES: Final = frozenset({"proof.signature", "proof.key_invalid", "proof.key_relationship"})


def no_pins(_issuer: str) -> Sequence[PublicKey]:
    """Return no pinned keys: for what is shared by all tenants and trusts no tenant's registry."""
    return ()


@dataclass(frozen=True, slots=True)
class Wave:
    """The authentications in the order of the items, and the controllers' documents they rest on."""

    outcomes: Sequence[Authentication]
    documents: Documents = field(repr=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one batch may take, in seconds: for resolving, and until no further item is begun."""

    resolve_seconds: float = 15.0
    total_seconds: float = 120.0


class Authenticator:
    """Finds the keys that items need and has the engine check every proof.

    ``contexts`` are JSON-LD contexts the operator allowed beside the pinned ones, by URL.
    """

    def __init__(
        self,
        engine: Engine,
        resolver: Resolver,
        contexts: Mapping[str, bytes] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._engine = engine
        self._resolver = resolver
        self._contexts = contexts or {}
        self._budget = budget or Budget()

    async def authenticate(
        self,
        items: Sequence[bytes],
        now: Instant,
        *,
        pins: PinnedKeys = no_pins,
        bind: bool = True,
        documents: bool = False,
    ) -> Wave:
        """Authenticate ``items`` at ``now``; one outcome an item, in order.

        A proof that fails against a document kept from earlier is tried once more with a fresh one: the
        issuer may have changed its keys since.
        """
        end = asyncio.get_running_loop().time() + self._budget.total_seconds
        surveys = await asyncio.to_thread(self._engine.survey, items)
        needs = list({need for survey in surveys for need in survey.keys})
        found = await gather_documents(
            self._resolver, identifiers(needs, bind=bind), self._budget.resolve_seconds
        )
        material = self._material(needs, found, pins, now, bind=bind)
        outcomes = await self._check(items, material, end, documents=documents)
        suspects = [i for i, outcome in enumerate(outcomes) if _may_be_stale(outcome)]
        renewed = await self._renewed([surveys[i] for i in suspects], found, now)
        if renewed:
            found = found | renewed
            material = self._material(needs, found, pins, now, bind=bind)
            again = [i for i in suspects if any(controller_of(need) in renewed for need in surveys[i].keys)]
            retried = await self._check([items[i] for i in again], material, end, documents=documents)
            for i, outcome in zip(again, retried, strict=True):
                outcomes[i] = outcome
        return Wave(outcomes, found)

    async def authenticate_lists(self, items: Sequence[bytes], now: Instant) -> Sequence[Authentication]:
        """Authenticate status list credentials, whole documents included and the proofs' periods judged.

        Lists are shared by all tenants, so no tenant's pinned keys are used.
        """
        wave = await self.authenticate(items, now, documents=True)
        return [
            replace(outcome, proofs=tuple(_at_its_time(proof, now) for proof in outcome.proofs))
            for outcome in wave.outcomes
        ]

    async def _check(
        self, items: Sequence[bytes], material: Material, end: float, *, documents: bool
    ) -> list[Authentication]:
        """Have the engine check ``items``; what has not begun by ``end`` is undecided."""
        loop = asyncio.get_running_loop()
        outcomes: list[Authentication] = []
        for start in range(0, len(items), ENGINE_ITEMS):
            if loop.time() >= end:
                break
            chunk = items[start : start + ENGINE_ITEMS]
            outcomes += await asyncio.to_thread(
                self._engine.authenticate, chunk, material, documents=documents
            )
        late = Authentication(
            SecuringForm.UNKNOWN, Failure(False, "batch.deadline", "the batch's time ran out", retryable=True)
        )
        return outcomes + [late] * (len(items) - len(outcomes))

    def _material(
        self, needs: Sequence[KeyNeed], found: Documents, pins: PinnedKeys, now: Instant, *, bind: bool
    ) -> Material:
        keys = {need: find_keys(need, found, pins(need.issuer), now, bind=bind) for need in needs}
        return Material(keys, self._contexts)

    async def _renewed(
        self, surveys: Sequence[Survey], found: Documents, now: Instant
    ) -> dict[str, DidDocument | Failure]:
        """Fetch again the documents that suspects rest on, if older than this batch; return what changed."""
        old = {
            document.id: document
            for survey in surveys
            for need in survey.keys
            if isinstance(document := found.get(controller_of(need)), DidDocument)
            and document.resolved_at < now
        }
        fresh = await asyncio.gather(*map(self._refresh, old))
        return {
            document.id: document
            for document in fresh
            if document is not None and document.digest != old[document.id].digest
        }

    async def _refresh(self, identifier: str) -> DidDocument | None:
        try:
            return await self._resolver.refresh(identifier)
        except (Rejected, Undecided):
            return None  # the document in hand stays the evidence


def _at_its_time(proof: ProofOutcome, now: Instant) -> ProofOutcome:
    return replace(proof, failure=proof.failure or outside_period(proof, now, LIST_CLOCK_SKEW))


def _may_be_stale(outcome: Authentication) -> bool:
    return any(proof.failure and proof.failure.code in _STALE_KEY_CODES for proof in outcome.proofs)
