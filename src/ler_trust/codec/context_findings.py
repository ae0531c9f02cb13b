"""What a document's contexts say against relying on it (Data Integrity 1.0 §4.6, Context Validation).

A signature holds for what the terms were defined to mean. Contexts in the document itself, or in parts of
it, can give a term another meaning than the one a reader expects, with the signature still good.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ler_trust.codec.pointer import child
from ler_trust.errors import Failure

BASE_CONTEXTS: Final = frozenset(
    {"https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"}
)
_SECURED_TYPES: Final = frozenset({"VerifiableCredential", "VerifiablePresentation", "EndorsementCredential"})


def context_findings(document: Mapping[str, Any]) -> tuple[Failure, ...]:
    """Return an undecided finding for each context of ``document`` that is not a known one by URL.

    ``context.inline`` for a definition inside the top-level ``@context``; ``context.nested`` for an
    ``@context`` further down, except that of an embedded credential, which has one of its own by right.
    """
    return (*_inline(document), *_nested(document))


def _inline(document: Mapping[str, Any]) -> Iterator[Failure]:
    contexts = document.get("@context")
    if isinstance(contexts, Mapping):
        yield _finding("context.inline", "/@context")
    elif isinstance(contexts, list):
        for index, entry in enumerate(contexts):
            if not isinstance(entry, str):
                yield _finding("context.inline", f"/@context/{index}")


def _nested(document: Mapping[str, Any]) -> Iterator[Failure]:
    waiting = [("", value, name) for name, value in document.items() if name != "@context"]
    places: list[tuple[str, Any]] = [
        (child(pointer, name), value) for pointer, value, name in reversed(waiting)
    ]
    while places:
        pointer, node = places.pop()
        if isinstance(node, list):
            places.extend((child(pointer, index), node[index]) for index in reversed(range(len(node))))
        elif isinstance(node, Mapping):
            if "@context" in node and not _is_embedded_credential(node):
                yield _finding("context.nested", child(pointer, "@context"))
            places.extend((child(pointer, name), node[name]) for name in reversed(node) if name != "@context")


def _is_embedded_credential(node: Mapping[str, Any]) -> bool:
    contexts = node["@context"] if isinstance(node["@context"], list) else [node["@context"]]
    urls_only = all(isinstance(entry, str) for entry in contexts)
    types = node.get("type", node.get("@type"))
    names = {name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)}
    return urls_only and contexts[:1] != [] and contexts[0] in BASE_CONTEXTS and bool(names & _SECURED_TYPES)


def _finding(code: str, pointer: str) -> Failure:
    detail = {
        "context.inline": "the context is defined in the record itself",
        "context.nested": "a part of the record has a context of its own",
    }
    return Failure(False, code, detail[code], pointer)
