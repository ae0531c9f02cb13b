"""The two transforms in use, by their rules about ``@context`` (DI EdDSA §3.2, §3.3; DI ECDSA §3.2, §3.3)."""

from typing import Any, Final

from ler_trust.errors import Rejected
from ler_trust.suites.cryptosuite import Document, Transform


def _with_document_context(document: Document, config: Document) -> tuple[Document, Document]:
    """Give the proof configuration the document's ``@context``, whatever it had."""
    if "@context" not in document:
        raise Rejected("jsonld.invalid", "the document has no @context")
    return document, {**config, "@context": document["@context"]}


def _with_proof_context(document: Document, config: Document) -> tuple[Document, Document]:
    """Give the document the ``@context`` that the proof was made for, with which its own must begin."""
    if "@context" not in config:
        return document, config
    wanted, present = _as_list(config["@context"]), _as_list(document.get("@context", []))
    if present[: len(wanted)] != wanted:
        raise Rejected("proof.signature", "the document's @context does not begin with the proof's")
    return {**document, "@context": config["@context"]}, config


def _as_list(context: Any) -> list[Any]:
    return context if isinstance(context, list) else [context]


RDFC: Final = Transform(_with_document_context, linked_data=True)
JCS: Final = Transform(_with_proof_context, linked_data=False)
