"""JSON-LD expansion (JSON-LD 1.1 API §5.1) that drops nothing, by the PyLD library.

PyLD processes a document's contexts anew each time, which is most of its work. Here the result of
applying a context to another is kept with the contexts it came from and used for every later document.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from frozendict import frozendict
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdProcessor, _is_absolute_iri, _is_keyword

from ler_trust.codec import json_safe
from ler_trust.codec.budget import Budget
from ler_trust.codec.contexts import uses_import
from ler_trust.errors import Undecided
from ler_trust.model.limits import Limits

MAX_CONTEXTS: Final = 32  # entries of one @context: real ones have at most ten, each costs milliseconds
_KEPT_SEQUENCES: Final = 32  # distinct @context values whose results are kept; real traffic has about ten
_KEPT_RESULTS: Final = 64  # results kept for each; a badge has about twenty, each some ten kilobytes

_Active = Mapping[str, Any]
_Key = tuple[int, Hashable, bool, bool]


class DataLossError(Exception):
    """A part of the document would not reach the dataset; ``term`` is the name it stands under."""

    def __init__(self, reason: str, term: str) -> None:
        super().__init__(f"{reason}: {term}" if term else reason)
        self.term = term


def expand(document: Mapping[str, Any], contexts: Mapping[str, bytes], limits: Limits) -> list[Any]:
    """Return the expanded form of ``document``.

    Raises ``DataLossError``, ``JsonLdError`` (its cause may be ``Undecided('context.unknown')``) or
    ``Undecided('graph.too_complex')``.
    """
    known = _known(frozenset(contexts.items()))
    urls = _urls(document.get("@context"))
    results = _Results() if urls is None else _results(known, urls)
    budget = Budget(limits.rdf_quads, limits.rdf_seconds, "the record takes too long to expand")
    return _Expansion(known, results, budget).run(document)


class _Known:
    """The contexts that may be used, read once and never changed."""

    def __init__(self, contexts: frozenset[tuple[str, bytes]]) -> None:
        self._documents = {url: json_safe.loads(content) for url, content in contexts}
        # A scoped context is recognised by being the very object that stands in one of the documents.
        self.scoped = {id(scoped) for document in self._documents.values() for scoped in _scoped(document)}

    def load(self, url: str, _options: object) -> dict[str, Any]:
        """Return the context at ``url`` in the form PyLD's document loaders have."""
        if url not in self._documents:
            raise Undecided("context.unknown", f"the context {url} is not known here")
        _refuse_import(self._documents[url], url)
        return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": self._documents[url]}


class _Results:
    """Active contexts by what was applied to what; what they came from is kept alive with them."""

    def __init__(self) -> None:
        self._entries: dict[_Key, tuple[_Active, _Active]] = {}

    def get(self, key: _Key) -> _Active | None:
        """Return the active context kept under ``key``."""
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def keep(self, key: _Key, applied_to: _Active, result: _Active) -> None:
        """Keep ``result`` while there is room."""
        if len(self._entries) < _KEPT_RESULTS:
            self._entries[key] = (applied_to, result)


_known = lru_cache(maxsize=8)(_Known)  # the pinned set, and one for each operator's additions


@lru_cache(maxsize=_KEPT_SEQUENCES)
def _results(_of: _Known, _urls: tuple[str, ...]) -> _Results:
    return _Results()


class _Expansion(JsonLdProcessor):  # type: ignore[misc]  # PyLD publishes no types
    """One expansion; refuses what PyLD would drop at the place where it would drop it."""

    def __init__(self, known: _Known, results: _Results, budget: Budget) -> None:
        super().__init__()
        self._known = known
        self._results = results
        self._budget = budget

    def run(self, document: Mapping[str, Any]) -> list[Any]:
        """Return the expanded document."""
        options = {
            "base": None,
            "isFrame": False,
            "keepFreeFloatingNodes": False,
            "processingMode": "json-ld-1.1",
            "contextResolver": ContextResolver({}, self._known.load),
        }
        expanded = self._expand(self._get_initial_context(options), None, document, options)
        if isinstance(expanded, dict) and len(expanded) == 1 and "@graph" in expanded:
            expanded = expanded["@graph"]
        return expanded if isinstance(expanded, list) else [expanded]

    def _expand(
        self, active_ctx: _Active, active_property: str | None, element: Any, *args: Any, **kwargs: Any
    ) -> Any:
        self._budget.spend()
        term = active_property or ""
        if element is None:
            raise DataLossError("null is dropped", term)
        expanded = super()._expand(active_ctx, active_property, element, *args, **kwargs)
        if expanded is None:
            raise DataLossError("a value without meaning of its own is dropped", term)
        return expanded

    def _expand_object(
        self,
        active_ctx: _Active,
        active_property: str | None,
        expanded_active_property: str | None,
        element: Mapping[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        for term, value in element.items():
            if term == "@context":
                continue
            name = self._expand_iri(active_ctx, term, vocab=True)
            if not (_is_keyword(name) or _is_absolute_iri(name)):  # when PyLD drops it
                raise DataLossError("a term that no context defines", term)
            if name == "@language" and value is None:
                raise DataLossError("null is dropped", term)
        super()._expand_object(
            active_ctx, active_property, expanded_active_property, element, *args, **kwargs
        )

    def _expand_language_map(
        self, active_ctx: _Active, language_map: Mapping[str, Any], direction: Any
    ) -> Any:
        for language, values in language_map.items():
            if values is None or (isinstance(values, list) and None in values):
                raise DataLossError("null is dropped", language)
        return super()._expand_language_map(active_ctx, language_map, direction)

    def _expand_index_map(
        self, active_ctx: _Active, active_property: str, value: Mapping[str, Any], *args: Any
    ) -> Any:
        # Indexes have no counterpart in RDF, and an id in a value silently wins over one in the map.
        raise DataLossError("a map whose names are dropped", active_property)

    def _process_context(
        self,
        active_ctx: _Active,
        local_ctx: Any,
        options: Mapping[str, Any],
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: set[str] | None = None,
    ) -> _Active:
        """Apply a context to another, or return what that gave before."""
        if isinstance(local_ctx, list) and len(local_ctx) > MAX_CONTEXTS:
            raise Undecided("graph.too_complex", f"more than {MAX_CONTEXTS} contexts in one place")
        identity = self._identity(local_ctx) if cycles is None else None
        if identity is None:
            _refuse_import(local_ctx, "of the record itself")
        key = (id(active_ctx), identity, override_protected, propagate)
        if identity is not None and (kept := self._results.get(key)) is not None:
            return kept
        self._budget.spend()
        result: _Active = super()._process_context(
            active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
        )
        if identity is not None and isinstance(result, frozendict):
            self._results.keep(key, active_ctx, result)
        return result

    def _identity(self, context: Any) -> Hashable | None:
        """Return what tells ``context`` from others in every document; nothing for one of this document."""
        if context is False or id(context) in self._known.scoped:
            return id(context)
        return _urls(context)


def _refuse_import(context: Any, whose: str) -> None:
    # PyLD writes the importing context into the imported one, which here belongs to all documents.
    if uses_import(context):
        raise Undecided("context.unknown", f"the context {whose} uses @import, which is not supported")


def _scoped(document: Any) -> Iterator[Any]:
    """Yield every ``@context`` value in a context document, scoped ones included."""
    nodes: Sequence[Any] = document if isinstance(document, list) else []
    if isinstance(document, dict):
        nodes = list(document.values())
        if isinstance(document.get("@context"), dict | list):
            yield document["@context"]
    for node in nodes:
        yield from _scoped(node)


def _urls(context: Any) -> tuple[str, ...] | None:
    """Return the URLs of a context that consists of nothing else."""
    entries = context if isinstance(context, list) else [context]
    if len(entries) <= MAX_CONTEXTS and all(isinstance(entry, str) for entry in entries):
        return tuple(entries)
    return None
