"""Refuses documents that say what they say in other words than a reader of plain JSON looks for.

A signature over RDF covers statements, not the text they were read from. The same statements can be written
with full addresses in place of words (``https://www.w3.org/2018/credentials#credentialStatus``), with JSON-LD
keywords (``@included``, ``@reverse``), or about the same thing in another place. Anybody can rewrite a
genuine record so, the signature still holding; a status entry or an end date that is not where it is looked
for would be overlooked. Data Integrity 1.0 §2.4.1 asks for documents in their known, compacted form.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ler_trust.codec.pointer import child
from ler_trust.errors import Undecided
from ler_trust.suites.members import texts

# What decides on a record: about the record itself it must stand at the top.
_DECISIVE: Final = frozenset(
    {
        "credentialSchema",
        "credentialStatus",
        "credentialSubject",
        "expirationDate",
        "issuanceDate",
        "issuer",
        "refreshService",
        "termsOfUse",
        "validFrom",
        "validUntil",
    }
)
# All that a proof may say of itself (Data Integrity 1.0 §2.1).
_PROOF_MEMBERS: Final = frozenset(
    {
        "@context",
        "challenge",
        "created",
        "cryptosuite",
        "domain",
        "expires",
        "id",
        "nonce",
        "previousProof",
        "proofPurpose",
        "proofValue",
        "type",
        "verificationMethod",
    }
)
_LAST_PART: Final = re.compile(r"[^:/#]*\Z")
_VALUE_OBJECT: Final = frozenset({"@value", "@type", "@language", "@direction"})
# Vocabularies whose types all have words in the contexts that define them.
_WORDED: Final = (
    "https://www.w3.org/2018/credentials#",
    "https://www.w3.org/ns/credentials/",
    "https://w3id.org/security",
    "https://purl.imsglobal.org/",
)


def require_compact(document: Mapping[str, Any]) -> None:
    """Raise ``Undecided('jsonld.not_compact')`` where ``document`` is written in an unusual way."""
    for pointer, node in _objects("", document):
        names = frozenset(node)
        if "@value" not in names or not names <= _VALUE_OBJECT:
            _require_words(pointer, node)
        if pointer and "id" in document and node.get("id") == document["id"] and names & _DECISIVE:
            raise _unusual("more is said of the record in another place", pointer)


def require_plain_proof(proof: Mapping[str, Any]) -> None:
    """Raise ``Undecided('jsonld.not_compact')`` where a proof over RDF says something by an unusual name.

    Its end can be written by another word of some context (``expiration`` means what ``expires`` does) or by
    an address, and the signature still holds.
    """
    for name in proof:
        if name not in _PROOF_MEMBERS:
            raise _unusual("a member that proofs do not have", "")


def require_plain_words(document: Mapping[str, Any]) -> None:
    """Raise ``Undecided('jsonld.not_compact')`` where what decides on a record has another name than usual.

    For signatures over the exact text, which nobody else can rewrite: the issuer himself said it so, and it
    binds for whoever reads the meaning.
    """
    for name in document:
        found = _LAST_PART.search(name)
        alias = found is not None and found[0] != name and found[0] in _DECISIVE
        if alias or (name.startswith("@") and name != "@context"):
            raise _unusual("a keyword or an address stands where a word should", child("", name))


def _require_words(pointer: str, node: Mapping[str, Any]) -> None:
    for name in node:
        if name != "@context" and (name.startswith("@") or ":" in name):
            raise _unusual("a keyword or an address stands where a word should", child(pointer, name))
    for kind in texts(node.get("type")):
        if ":" in kind and not _is_foreign(kind):
            raise _unusual("a type is given by an address in place of its word", child(pointer, "type"))


def _is_foreign(kind: str) -> bool:
    return kind.startswith(("https://", "http://", "urn:")) and not kind.startswith(_WORDED)


def _unusual(detail: str, pointer: str) -> Undecided:
    return Undecided("jsonld.not_compact", detail, pointer)


def _objects(pointer: str, value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every object with its pointer; contexts are judged elsewhere."""
    if isinstance(value, dict):
        yield pointer, value
        for name, member in value.items():
            if name != "@context":
                yield from _objects(child(pointer, name), member)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(child(pointer, index), item)
