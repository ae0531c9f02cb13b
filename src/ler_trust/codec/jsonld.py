"""JSON-LD 1.1 to RDF in safe mode: every part of a document reaches the dataset, or the document is refused.

A signature over RDF covers the dataset only. What JSON-LD processing would quietly leave out (an undefined
term, a relative identifier) could be changed by anybody, so it is refused (Data Integrity 1.0 §4.5.3 and
§5.1, Securing Data Losslessly). The base is null and no context is ever fetched.
"""

from collections.abc import Mapping
from typing import Any, Final

from pyld.jsonld import JsonLdError

from ler_trust.codec.context_findings import context_findings
from ler_trust.codec.deserialization import dataset_of
from ler_trust.codec.expansion import DataLossError, expand
from ler_trust.codec.pointer import child
from ler_trust.codec.rdf import Dataset
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.limits import DEFAULT_LIMITS, Limits

__all__ = ["context_findings", "to_dataset"]

# What the JSON-LD library raises on malformed documents beside its own error.
_STUMBLES: Final = (
    AttributeError,
    IndexError,
    KeyError,
    SyntaxWarning,
    TypeError,
    ValueError,
)


def to_dataset(
    document: Mapping[str, Any], contexts: Mapping[str, bytes], limits: Limits = DEFAULT_LIMITS
) -> Dataset:
    """Return the RDF dataset of ``document``, using ``contexts`` by URL and no other.

    Raises ``Rejected`` with ``jsonld.data_loss`` (naming the term) or ``jsonld.invalid``, ``Undecided``
    with ``context.unknown`` (naming the URL) or ``graph.too_complex``.
    """
    try:
        return dataset_of(expand(document, contexts, limits), limits.rdf_quads)
    except DataLossError as loss:
        raise Rejected("jsonld.data_loss", str(loss), _only_place(document, loss.term)) from None
    except JsonLdError as error:
        raise _finding(error) from None
    except RecursionError:
        raise Undecided("graph.too_complex", "the contexts are nested too deeply") from None
    except _STUMBLES as error:
        raise Rejected("jsonld.invalid", f"not valid JSON-LD ({type(error).__name__})") from None


def _finding(error: BaseException) -> Rejected | Undecided:
    """Return what ``error`` comes from: the library wraps one error in another."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
        if isinstance(cause, Rejected | Undecided):
            return cause
    return Rejected("jsonld.invalid", getattr(cause, "code", None) or "not valid JSON-LD")


def _only_place(document: Mapping[str, Any], term: str) -> str:
    """Return the pointer to the one member named ``term``, nothing when there is not exactly one."""
    found: list[str] = []
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, node = waiting.pop()
        members = (
            node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
        )
        for step, member in members:
            place = child(pointer, step)
            waiting.append((place, member))
            if step == term:
                found.append(place)
    return found[0] if len(found) == 1 else ""
