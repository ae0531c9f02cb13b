"""Finding a key in a controlled identifier document (CID 1.0 §3.3, Retrieve Verification Method)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ler_trust.codec.did_url import parse_did_url
from ler_trust.codec.verification_method import absolute, read_method
from ler_trust.errors import Rejected
from ler_trust.model.did import DidDocument, VerificationMethod

RELATIONSHIPS: Final = frozenset(
    {
        "assertionMethod",
        "authentication",
        "capabilityDelegation",
        "capabilityInvocation",
        "keyAgreement",
    }
)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-\[\]_a-z~]+(?:#[!$-;=?-\[\]_a-z~]*)?")
_MAX_URL: Final = 8_192 + 256  # characters: the longest DID and a fragment


def retrieve_verification_method(document: DidDocument, url: str, relationship: str) -> VerificationMethod:
    """Return the method that ``url`` names in ``document``, if it may be used for ``relationship``.

    Raises ``Rejected``: ``proof.key_url`` when ``url`` is not an absolute URL, ``proof.key_document`` for
    a document that is malformed or gives an id to two different things, ``proof.key_document_id`` for one
    that speaks for another subject, ``proof.key_invalid`` for a method that is missing, malformed or under
    another controller, ``proof.key_relationship`` for one not listed under ``relationship``.
    """
    subject = _subject(url)
    _require_document(document.document)
    if document.document["id"] != subject:
        raise Rejected(
            "proof.key_document_id", "the document's id is not the URL of the key without its fragment"
        )
    found = _maps_by_id(document.document).get(url)
    if found is None:
        raise Rejected("proof.key_invalid", "the document has no such verification method")
    method = read_method(found, subject)
    if url not in _listed(document.document, relationship):
        raise Rejected("proof.key_relationship", f"the key is not listed under {relationship}")
    return method


def methods_for(document: DidDocument, relationship: str) -> tuple[VerificationMethod, ...]:
    """Return every method of ``document`` usable for ``relationship``, in the order listed.

    Methods of unsupported kinds, malformed ones and those of other documents are left out. Raises
    ``Rejected`` with ``proof.key_document`` or ``proof.key_document_id`` as above.
    """
    _require_document(document.document)
    subject = document.document["id"]
    if subject != document.id:
        raise Rejected("proof.key_document_id", "the document's id is not the one it was resolved for")
    maps = _maps_by_id(document.document)
    methods: list[VerificationMethod] = []
    for url in dict.fromkeys(_listed(document.document, relationship)):
        try:
            methods.append(read_method(maps.get(url, {}), subject))
        except Rejected:
            continue
    return tuple(methods)


def _subject(url: str) -> str:
    """Return the URL of the document that ``url`` points into."""
    if _URL.fullmatch(url) is None or len(url) > _MAX_URL:
        raise Rejected("proof.key_url", "not an absolute URL")
    if url.startswith("did:"):
        try:
            parse_did_url(url)
        except Rejected as finding:
            raise Rejected("proof.key_url", finding.detail) from None
    return url.partition("#")[0]


def _require_document(document: Mapping[str, Any]) -> None:
    if not isinstance(document.get("id"), str):
        raise Rejected("proof.key_document", "the document has no id")
    methods = document.get("verificationMethod", [])
    if not isinstance(methods, list) or not all(isinstance(method, Mapping) for method in methods):
        raise Rejected("proof.key_document", "verificationMethod is not a list of objects")
    for relationship in RELATIONSHIPS:
        listed = document.get(relationship, [])
        if not isinstance(listed, list) or not all(isinstance(item, str | Mapping) for item in listed):
            raise Rejected(
                "proof.key_document",
                f"{relationship} is not a list of methods",
            )


def _maps_by_id(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return every object of the document by its absolute id.

    Two different objects with one id would make a key's name ambiguous and are refused; publishers do
    repeat a whole method under a relationship, which is harmless.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for node in _objects(document):
        identifier = node.get("id")
        if not isinstance(identifier, str):
            continue
        url = absolute(identifier, document["id"])
        if found.setdefault(url, node) != node:
            raise Rejected("proof.key_document", "the document gives an id to two different things")
    return found


def _objects(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _listed(document: Mapping[str, Any], relationship: str) -> list[str]:
    """Return the absolute URLs of the methods under ``relationship``, by reference or embedded."""
    if relationship not in RELATIONSHIPS:
        return []
    items = document.get(relationship, [])
    ids = [item.get("id") if isinstance(item, Mapping) else item for item in items]
    return [absolute(item, document["id"]) for item in ids if isinstance(item, str)]
