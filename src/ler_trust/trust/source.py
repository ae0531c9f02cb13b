"""The service's registries as its API and command line use them: read, curated, imported."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ler_trust.contracts import Fetcher, FetchRequest
from ler_trust.errors import Conflict, Failure, Rejected, Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.trust import checks
from ler_trust.trust.decisions import Latest, StatementDraft, first_version, latest, next_version
from ler_trust.trust.importers import LIST_BYTES, read_known_registries, read_legacy_list
from ler_trust.trust.synchronise import NO_FORMAT, ImportOutcome, described, differences
from ler_trust.trust.views import TrustViews

_Decision = Callable[[Latest, Instant], Sequence[Statement]]

_ATTEMPTS: Final = 5  # decisions that meet another one recorded meanwhile are made anew, this often
_REGISTRY_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


class TrustService(TrustViews):
    """The views of :class:`TrustViews` and everything that changes what they show.

    A change made here is seen by the next view of this process. A change that was decided on what another
    process has changed meanwhile is decided anew.
    """

    async def registries(self, tenant: str) -> Sequence[Registry]:
        """Return a tenant's registries in order of precedence."""
        return await self._store.registries(tenant)

    async def registry(self, tenant: str, registry_id: str) -> Registry:
        """Return a registry; raises ``Conflict('request.not_found')`` when there is none of that id."""
        for each in await self._store.registries(tenant):
            if each.id == registry_id:
                return each
        raise Conflict("request.not_found", f"there is no registry {registry_id}")

    async def add_registry(
        self, tenant: str, registry_id: str, name: str, authority: str, *, governance_url: str | None = None
    ) -> Registry:
        """Add a registry, last in precedence.

        Raises ``Rejected('request.invalid')`` for a value that cannot be, ``Conflict('request.conflict')``
        when the id is taken.
        """
        if not _REGISTRY_ID.fullmatch(registry_id):
            raise Rejected("request.invalid", "an id has a-z, 0-9 and hyphens, 64 at most", "/id")
        checks.require_text(name, "/name")
        checks.require_entity(authority, "/authority")
        if governance_url is not None:
            checks.require_url(governance_url, "/governance_url")
        known = await self._store.registries(tenant)
        if any(each.id == registry_id for each in known):
            raise Conflict("request.conflict", f"there is a registry {registry_id} already")
        added = Registry(registry_id, name, authority, _next_position(known), governance_url)
        await self._put(tenant, added)
        return added

    async def statements(self, tenant: str, registry_id: str | None = None) -> Sequence[Statement]:
        """Return the last version of each statement, of one registry or all, in the order recorded."""
        known = latest(await self._versions(tenant)).values()
        wanted = [each for each in known if registry_id is None or each.registry == registry_id]
        return sorted(wanted, key=lambda statement: statement.sequence)

    async def history(self, tenant: str, entity: str) -> Sequence[Statement]:
        """Return every version of every statement about ``entity``, in the order they were recorded."""
        return (await self.view(tenant)).history(entity)

    async def add_statement(self, tenant: str, draft: StatementDraft) -> Statement:
        """Check, record and return a new active statement.

        Raises ``Rejected('request.invalid')`` with a pointer for a draft that does not hold together,
        ``Conflict('request.not_found')`` when its registry does not exist.
        """
        registry = await self.registry(tenant, draft.registry)
        now = self._clock.now()
        statement = first_version(draft, registry, now)
        sequence = await self._store.record(tenant, [statement])
        self.forget(tenant)
        return replace(statement, sequence=sequence)

    async def suspend(
        self, tenant: str, statement_id: str, *, at: Instant | None = None, reason: str = ""
    ) -> Statement:
        """Suspend an active statement from ``at`` (the present when ``None``) on; returns the new version.

        Raises ``Conflict`` with ``request.not_found``, or ``request.conflict`` from another status;
        ``Rejected('request.invalid')`` for a time or reason that cannot be stored.
        """
        return await self._decide(tenant, statement_id, StatementStatus.SUSPENDED, at, reason)

    async def withdraw(
        self, tenant: str, statement_id: str, *, at: Instant | None = None, reason: str = ""
    ) -> Statement:
        """Withdraw a statement for good from ``at`` on, also in the past; otherwise as ``suspend``."""
        return await self._decide(tenant, statement_id, StatementStatus.WITHDRAWN, at, reason)

    async def reinstate(
        self, tenant: str, statement_id: str, *, at: Instant | None = None, reason: str = ""
    ) -> Statement:
        """End a suspension at ``at``; a withdrawn statement needs a new one. Otherwise as ``suspend``."""
        return await self._decide(tenant, statement_id, StatementStatus.ACTIVE, at, reason)

    async def import_known_registries(self, tenant: str, data: bytes) -> Sequence[Registry]:
        """Add or update the registries of a ``known-did-registries.json``, in its order; returns them.

        Raises ``Rejected`` for a document that does not have the form; nothing is imported then.
        """
        imported = described(read_known_registries(data), await self._store.registries(tenant))
        for registry in imported:
            await self._put(tenant, registry)
        return imported

    async def import_list(self, tenant: str, registry_id: str, data: bytes) -> ImportOutcome:
        """Make a registry say what the legacy list in ``data`` says; the same list again changes nothing.

        Raises ``Rejected`` for a document that does not have the form, ``Conflict('request.not_found')``.
        """
        members = read_legacy_list(data)
        registry = await self.registry(tenant, registry_id)
        outcomes: list[ImportOutcome] = []

        def decide(known: Latest, now: Instant) -> Sequence[Statement]:
            own = {key: each for key, each in known.items() if each.registry == registry_id}
            versions, outcome = differences(registry, own, members, now)
            outcomes.append(outcome)
            return versions

        await self._record(tenant, decide)
        await self._put(tenant, replace(registry, refreshed_at=self._clock.now(), unchecked=None))
        return outcomes[-1]

    async def refresh(self, tenant: str, registry_id: str, fetcher: Fetcher) -> ImportOutcome | Failure:
        """Fetch a registry's source and import it.

        What goes wrong is returned and marks the registry unchecked; its statements stay and answer.
        Raises ``Conflict('request.not_found')``, or ``request.conflict`` for a registry without a source.
        """
        registry = await self.registry(tenant, registry_id)
        if registry.source is None:
            raise Conflict("request.conflict", f"the registry {registry_id} is not imported from anywhere")
        if registry.unchecked == NO_FORMAT:
            return NO_FORMAT
        try:
            fetched = await fetcher.fetch(FetchRequest(registry.source, "application/json", LIST_BYTES))
            return await self.import_list(tenant, registry_id, fetched.body)
        except (Rejected, Undecided) as finding:
            detail = f"{finding.code.name}: {finding.detail}"
            failure = Failure(False, "issuer.registry_unreachable", detail, finding.pointer, retryable=True)
            await self._put(tenant, replace(registry, unchecked=failure))
            return failure

    async def _put(self, tenant: str, registry: Registry) -> None:
        await self._store.put_registry(tenant, registry)
        self.forget(tenant)

    async def _decide(
        self, tenant: str, statement_id: str, status: StatementStatus, at: Instant | None, reason: str
    ) -> Statement:
        if reason:
            checks.require_text(reason, "/reason")

        def decide(known: Latest, now: Instant) -> Sequence[Statement]:
            if statement_id not in known:
                raise Conflict("request.not_found", f"there is no statement {statement_id}")
            return [next_version(known[statement_id], status, now if at is None else at, now, reason)]

        return (await self._record(tenant, decide))[0]

    async def _record(self, tenant: str, decide: _Decision) -> Sequence[Statement]:
        """Record what ``decide`` says of the last versions, provided they are the last ones still."""
        attempts = _ATTEMPTS
        while True:
            versions = await self._versions(tenant)
            known = versions[-1].sequence if versions else 0
            decided = decide(latest(versions), self._clock.now())
            if not decided:
                return ()
            try:
                last = await self._store.record(tenant, decided, expected=known)
            except Conflict as conflict:
                attempts -= 1
                if conflict.code.name != "request.conflict" or not attempts:
                    raise
                continue
            self.forget(tenant)
            first = last - len(decided) + 1
            return [replace(each, sequence=number) for number, each in enumerate(decided, first)]


def _next_position(registries: Sequence[Registry]) -> int:
    return max((each.position for each in registries), default=-1) + 1
