"""The registries as they stood at one sequence number, indexed by the entities they speak of."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from ler_trust.codec.multikey import decode_multikey
from ler_trust.errors import Failure
from ler_trust.model.did import PublicKey
from ler_trust.model.instant import Instant
from ler_trust.model.statement import Registry, RegistryMatch, Statement, StatementStatus, TrustAnswer
from ler_trust.trust.evaluate import Act, History, match
from ler_trust.trust.timeline import standing, timeline

Versions = dict[str, dict[str, list[Statement]]]  # by registry, then by statement


class StatementIndex:
    """All versions of all statements, found by entity; ids are compared byte for byte."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._versions: dict[str, Versions] = {}
        self._histories: dict[str, Mapping[str, Sequence[History]]] = {}
        self._turns: dict[str, tuple[Instant, ...]] = {}
        self.sequence = 0
        self.mark = object()  # equal to no other index's: the same number can stand for another tenant's
        for statement in statements:
            by_registry = self._versions.setdefault(statement.entity, {})
            by_registry.setdefault(statement.registry, {}).setdefault(statement.id, []).append(statement)
            self.sequence = max(self.sequence, statement.sequence)

    def histories(self, entity: str) -> Mapping[str, Sequence[History]]:
        """Return what each registry that knows ``entity`` says of it, by registry."""
        if entity not in self._versions:
            return {}
        if entity not in self._histories:
            self._histories[entity] = {
                registry: [_history(versions) for versions in by_id.values()]
                for registry, by_id in self._versions[entity].items()
            }
        return self._histories[entity]

    def turns(self, entity: str) -> tuple[Instant, ...]:
        """Return, in order, the instants at which a span of a statement about ``entity`` begins or ends."""
        if entity not in self._versions:
            return ()
        if entity not in self._turns:
            spans = [
                span
                for histories in self.histories(entity).values()
                for history in histories
                for span in history.spans
            ]
            ends = (end for span in spans for end in (span.start, span.end) if end is not None)
            self._turns[entity] = tuple(sorted(set(ends)))
        return self._turns[entity]

    def versions(self, entity: str) -> Sequence[Statement]:
        """Return every version of every statement about ``entity``, in the order they were recorded."""
        nested = self._versions.get(entity, {}).values()
        found = [version for by_id in nested for versions in by_id.values() for version in versions]
        return sorted(found, key=lambda version: version.sequence)


class RegistryView:
    """Implements :class:`ler_trust.contracts.TrustView`: a pure value.

    ``statements`` are versions in the order they were recorded. ``now`` is the present, for which pinned
    keys count; a view made without it trusts only the pins of statements that have no end.
    """

    def __init__(
        self, registries: Iterable[Registry], statements: Iterable[Statement], now: Instant | None = None
    ) -> None:
        self._registries = tuple(sorted(registries, key=lambda registry: (registry.position, registry.id)))
        self._index = StatementIndex(statements)
        self._now = now

    @classmethod
    def over(cls, index: StatementIndex, registries: Iterable[Registry], now: Instant) -> "RegistryView":
        """Return a view over an index that is built already."""
        view = cls(registries, (), now)
        view._index = index
        return view

    @property
    def sequence(self) -> int:
        """Return the number of the last statement this view knows."""
        return self._index.sequence

    @property
    def state(self) -> Hashable:
        """Return a value that is equal for views which answer alike, for times between the same turns."""
        return self._index.mark, self._registries

    def history(self, entity: str) -> Sequence[Statement]:
        """Return every version of every statement about ``entity``, in the order they were recorded."""
        return self._index.versions(entity)

    def pinned_keys(self, issuer: str) -> tuple[PublicKey, ...]:
        """Return the keys that statements active and effective now bind to ``issuer``, each once."""
        nested = self._index.histories(issuer).values()
        active = [found for histories in nested for history in histories if (found := self._active(history))]
        texts = dict.fromkeys(text for statement in active for text in statement.pinned_keys)
        return tuple(decode_multikey(text) for text in texts)

    def _active(self, history: History) -> Statement | None:
        if self._now is not None:
            found = standing(history.spans, self._now)
        else:
            found = history.last if history.last.effective_until is None else None
        return found if found is not None and found.status is StatementStatus.ACTIVE else None

    def turns(self, issuer: str) -> tuple[Instant, ...]:
        """Return, in order, the instants from which on ``answer`` may say something else of an issuance."""
        return self._index.turns(issuer)

    def answer(
        self,
        issuer: str,
        types: Sequence[str],
        *,
        issued_at: Instant,
        now: Instant,
        jurisdiction: str | None,
        registries: Sequence[str] | None,
    ) -> TrustAnswer:
        """Return what the registries, or those named, say of ``issuer`` issuing ``types`` then and now.

        Registries whose content cannot be relied on are listed as unchecked whatever else is found, and so
        is a name that no registry has: "unknown to all" must never be said of some.
        """
        act = Act.of(types, jurisdiction, issued_at=issued_at, now=now)
        asked = [each for each in self._registries if registries is None or each.id in registries]
        histories = self._index.histories(issuer)
        matching: tuple[RegistryMatch, ...] = tuple(
            match(registry, histories[registry.id], act) for registry in asked if registry.id in histories
        )
        unchecked = [(each.id, each.unchecked) for each in asked if each.unchecked is not None]
        missing = set(registries or ()).difference(each.id for each in asked)
        unchecked += [(name, _NO_SUCH_REGISTRY) for name in sorted(missing)]
        return TrustAnswer(matching, tuple(unchecked), self.sequence)

    def keeps_lists(self, entity: str, kind: str, *, now: Instant, registries: Sequence[str] | None) -> bool:
        """Return whether a statement active now names ``kind``, what holds status lists, for ``entity``."""
        known = {each.id for each in self._registries if registries is None or each.id in registries}
        return any(
            _names(history, kind, now)
            for registry, histories in self._index.histories(entity).items()
            if registry in known
            for history in histories
        )


def _names(history: History, kind: str, now: Instant) -> bool:
    found = standing(history.spans, now)
    return found is not None and found.status is StatementStatus.ACTIVE and kind in found.types


_NO_SUCH_REGISTRY: Final = Failure(False, "issuer.registry_unreachable", "there is no registry of this name")


def _history(versions: Sequence[Statement]) -> History:
    return History(timeline(versions), versions[-1])
