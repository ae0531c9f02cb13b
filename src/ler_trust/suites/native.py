"""The native engine: the crate in ``native/``, which says of every record what the reference engine says.

Importing this module raises ``ImportError`` where the extension was not built.
"""

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Final

from ler_trust._native import Contexts, Engine, Outcomes, Surveys
from ler_trust.codec.contexts import PINNED, with_added
from ler_trust.errors import ConfigurationError, Failure
from ler_trust.model.engine import Material
from ler_trust.model.limits import DEFAULT_LIMITS, Limits

_KEPT_ADDITIONS: Final = 8  # sets of contexts an operator added; a service has one


class NativeEngine:
    """Implements :class:`ler_trust.contracts.Engine` on cores of its own, without the interpreter lock."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, threads: int = 0, remembered: int = 0) -> None:
        """Keep every record within ``limits``; use so many ``threads``, 0 for one a core.

        Of so many records (``remembered``) it keeps what became of their proofs, by a keyed digest of scope,
        bytes and keys; what they say is not kept.
        """
        self._engine = Engine(limits, threads, remembered)
        self._pinned = Contexts(dict(PINNED))
        self._added: dict[frozenset[tuple[str, bytes]], Contexts] = {}

    @property
    def name(self) -> str:
        """Return ``native``."""
        return "native"

    def survey(self, items: Sequence[bytes]) -> Surveys:
        """Say for each item which keys it needs (see the contract)."""
        return self._engine.survey(items)

    def authenticate(
        self,
        items: Sequence[bytes],
        material: Material,
        *,
        documents: bool = False,
        stop: Event | None = None,
        scope: str | None = None,
    ) -> Outcomes:
        """Check every proof of each item (see the contract).

        Raises ``ConfigurationError`` when ``material.contexts`` holds what is not a JSON-LD context, or would
        replace a pinned one.
        """
        contexts = self._contexts(material.contexts)
        return self._engine.authenticate(items, material.keys, contexts, documents, stop, scope)

    def canonical(self, document: bytes, added: Mapping[str, bytes]) -> bytes | Failure:
        """Return the canonical N-Quads of a JSON document, or what stands in the way: for comparing engines.

        ``added`` contexts are as in ``Material``; raises as :meth:`authenticate`.
        """
        return self._engine.canonical(document, self._contexts(added), sha384=False)

    def _contexts(self, added: Mapping[str, bytes]) -> Contexts:
        """Return the pinned contexts with those ``added``, processed once for the same ones."""
        if not added:
            return self._pinned
        key = frozenset(added.items())
        if key not in self._added:
            if len(self._added) == _KEPT_ADDITIONS:
                self._added.clear()
            self._added[key] = _processed(with_added(added))
        return self._added[key]


def _processed(contexts: Mapping[str, bytes]) -> Contexts:
    try:
        return Contexts(dict(contexts))
    except ValueError as error:
        raise ConfigurationError(f"a JSON-LD context cannot be used: {error}") from None
