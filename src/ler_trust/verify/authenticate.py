"""Wave one as one call: bytes of many items in, their authentications and the evidence used out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Final

from ler_trust.contracts import Engine, Outcomes, Resolver
from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument, VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed, Material, ProofOutcome, Survey
from ler_trust.model.instant import SECOND, Instant
from ler_trust.verify.binding import (
    Documents,
    PinnedKeys,
    controller_of,
    find_keys,
    identifiers,
    no_pins,
)
from ler_trust.verify.gather import documents_at_hand, gather_documents, resolve_documents
from ler_trust.verify.period import outside_period

LIST_CLOCK_SKEW: Final = 120 * SECOND  # what a list publisher's clock may be off
_STALE_KEY_CODES: Final = frozenset({"proof.signature", "proof.key_invalid", "proof.key_relationship"})


@dataclass(frozen=True, slots=True)
class Wave:
    """The authentications in the order of the items, and the controllers' documents they rest on."""

    outcomes: Outcomes
    documents: Documents = field(repr=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one batch may take, in seconds: for resolving, and altogether."""

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

    def end_of_batch(self) -> float:
        """Return when a batch that begins now must be done, in event loop time."""
        return asyncio.get_running_loop().time() + self._budget.total_seconds

    def is_over(self, end: float) -> bool:
        """Return whether the batch that must be done by ``end`` has no time left."""
        return _seconds_to(end) == 0

    async def authenticate(
        self,
        items: Sequence[bytes],
        now: Instant,
        *,
        pins: PinnedKeys = no_pins,
        bind: bool = True,
        documents: bool = False,
        end: float | None = None,
        scope: str | None = None,
        asks: bool = True,
    ) -> Wave:
        """Authenticate ``items`` at ``now``; one outcome an item, in order.

        ``end`` (event loop time) is when the batch they belong to must be done, by default a batch of their
        own. ``scope`` is the engine's: in which company it may remember what it finds. A proof that fails
        against a document kept from earlier is tried once more with a fresh one: the issuer may have changed
        its keys since. Unless it ``asks``, nothing is fetched, and only documents in hand are used.
        """
        end = self.end_of_batch() if end is None else end
        surveys = await asyncio.to_thread(self._engine.survey, items)
        # What many items need comes first: one item's many needs cannot use up the others' time.
        needs = surveys.needs
        wanted = identifiers(needs, bind=bind, pins=pins)
        found = (
            await resolve_documents(self._resolver, wanted, self._seconds_to_resolve(end))
            if asks
            else documents_at_hand(self._resolver, wanted)
        )
        material = await self._material(needs, found, pins, now, bind=bind)
        outcomes = await self._check(items, material, end, documents=documents, scope=scope)
        suspects = outcomes.failing(_STALE_KEY_CODES) if asks else ()
        renewed = await self._renewed([surveys[i] for i in suspects], found, now, end)
        if renewed:
            found = found | renewed
            material = await self._material(needs, found, pins, now, bind=bind)
            again = [i for i in suspects if any(controller_of(need) in renewed for need in surveys[i].keys)]
            retried = [items[i] for i in again]
            outcomes = outcomes.replaced(
                again, await self._check(retried, material, end, documents=documents, scope=scope)
            )
        return Wave(outcomes, found)

    async def authenticate_lists(
        self, items: Sequence[bytes], now: Instant, *, asks: bool = True
    ) -> Sequence[Authentication]:
        """Authenticate status list credentials, whole documents included and the proofs' periods judged.

        Lists are shared by all tenants, so no tenant's pinned keys are used. Unless it ``asks``, nobody is
        waited for, and only issuers' documents in hand are used.
        """
        wave = await self.authenticate(items, now, documents=True, asks=asks)
        return [
            replace(outcome, proofs=tuple(_at_its_time(proof, now) for proof in outcome.proofs))
            for outcome in wave.outcomes
        ]

    async def list_keys(
        self, need: KeyNeed, now: Instant, renewed: bool
    ) -> tuple[VerificationMethod, ...] | Failure:
        """Return the keys that satisfy ``need``, or why there is none, for a status list that is a token.

        With ``renewed`` the issuer's document is fetched again. Like the lists the keys are for all tenants.
        """
        resolve = self._resolver.refresh if renewed else self._resolver.resolve
        found = await gather_documents(resolve, identifiers([need], bind=True), self._budget.resolve_seconds)
        return await asyncio.to_thread(find_keys, need, found, (), now, bind=True)

    async def _check(
        self, items: Sequence[bytes], material: Material, end: float, *, documents: bool, scope: str | None
    ) -> Outcomes:
        """Have the engine check ``items``; what has not begun by ``end`` is undecided."""
        stop = Event()
        if _seconds_to(end) == 0:
            stop.set()
        timer = asyncio.get_running_loop().call_at(end, stop.set)
        try:
            return await asyncio.to_thread(
                self._engine.authenticate, items, material, documents=documents, stop=stop, scope=scope
            )
        finally:
            timer.cancel()
            stop.set()

    def _seconds_to_resolve(self, end: float) -> float:
        return min(self._budget.resolve_seconds, _seconds_to(end))

    async def _material(
        self, needs: Sequence[KeyNeed], found: Documents, pins: PinnedKeys, now: Instant, *, bind: bool
    ) -> Material:
        def keys() -> dict[KeyNeed, tuple[VerificationMethod, ...] | Failure]:
            # Those of one document together: it is read once for all of them.
            together = sorted(needs, key=controller_of)
            return {need: find_keys(need, found, pins(need.issuer), now, bind=bind) for need in together}

        return Material(await asyncio.to_thread(keys), self._contexts)

    async def _renewed(
        self, surveys: Sequence[Survey], found: Documents, now: Instant, end: float
    ) -> dict[str, DidDocument | Failure]:
        """Fetch again the documents that suspects rest on, if older than this batch; return what changed."""
        controllers = dict.fromkeys(controller_of(need) for survey in surveys for need in survey.keys)
        old = {
            name: document
            for name in controllers
            if isinstance(document := found.get(name), DidDocument) and document.resolved_at < now
        }
        if not old:
            return {}
        fresh = await gather_documents(self._resolver.refresh, old, self._seconds_to_resolve(end))
        # A refresh that failed leaves the document in hand as the evidence.
        return {
            name: document
            for name, document in fresh.items()
            if isinstance(document, DidDocument) and document.digest != old[name].digest
        }


def _seconds_to(end: float) -> float:
    """Return how long it is until ``end`` (event loop time), nothing when it is past."""
    return max(0.0, end - asyncio.get_running_loop().time())


def _at_its_time(proof: ProofOutcome, now: Instant) -> ProofOutcome:
    return replace(proof, failure=proof.failure or outside_period(proof, now, LIST_CLOCK_SKEW))
