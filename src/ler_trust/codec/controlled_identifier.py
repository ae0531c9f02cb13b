"""Finding a key in a controlled identifier document (CID 1.0 §3.3, Retrieve Verification Method)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ler_trust.codec.did_url import parse_did_url
from ler_trust.codec.verification_method import absolute, read_method
from ler_trust.errors import Failure, Rejected, Undecided
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
MAX_UNNAMED: Final = 64  # keys looked through for one that is not named; real documents have a dozen at most
_INDEXES_KEPT: Final = 8  # documents in work at a time; one of the largest size takes some megabytes
_METHODS_KEPT: Final = 64  # of a document, found before; a batch names one or two
_MAX_URL: Final = 8_192 + 256  # characters: the longest DID and a fragment


def retrieve_verification_method(document: DidDocument, url: str, relationship: str) -> VerificationMethod:
    """Return the method that ``url`` names in ``document``, if it may be used for ``relationship``.

    Raises ``Rejected``: ``proof.key_url`` when ``url`` is not an absolute URL, ``proof.key_document`` for
    a document that is malformed or gives an id to two different things, ``proof.key_document_id`` for one
    that speaks for another subject, ``proof.key_invalid`` for a method that is missing, malformed or under
    another controller, ``proof.key_relationship`` for one not listed under ``relationship``.
    """
    key = url, relationship
    if (found := document.methods.get(key)) is not None:
        return found
    method = _retrieve(document, url, relationship)
    if len(document.methods) < _METHODS_KEPT:
        document.methods[key] = method
    return method


def _retrieve(document: DidDocument, url: str, relationship: str) -> VerificationMethod:
    subject = _subject(url)
    index = _index_of(document)
    if document.document["id"] != subject:
        raise Rejected(
            "proof.key_document_id", "the document's id is not the URL of the key without its fragment"
        )
    found = index.things.get(url)
    if found is None:
        raise Rejected("proof.key_invalid", "the document has no such verification method")
    method = read_method(found, subject)
    if url not in index.listed.get(relationship, {}):
        raise Rejected("proof.key_relationship", f"the key is not listed under {relationship}")
    return method


def methods_for(document: DidDocument, relationship: str) -> tuple[VerificationMethod, ...]:
    """Return every method of ``document`` usable for ``relationship``, in the order listed.

    Methods of unsupported kinds, malformed ones and those of other documents are left out. Raises
    ``Rejected`` with ``proof.key_document`` or ``proof.key_document_id`` as above, and
    ``Undecided('proof.key_not_named')`` for a document that lists more than ``MAX_UNNAMED``.
    """
    index = _index_of(document)
    subject = document.document["id"]
    if subject != document.id:
        raise Rejected("proof.key_document_id", "the document's id is not the one it was resolved for")
    urls = index.listed.get(relationship, {})
    if len(urls) > MAX_UNNAMED:
        raise Undecided("proof.key_not_named", f"more than {MAX_UNNAMED} of the issuer's keys could be meant")
    methods: list[VerificationMethod] = []
    for url in urls:
        try:
            methods.append(read_method(index.things.get(url, {}), subject))
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


def ending_methods(document: DidDocument) -> tuple[VerificationMethod, ...]:
    """Return the verification methods of ``document`` that have an end, listed under a relationship or not.

    Malformed ones are left out; a malformed document has none.
    """
    index = _indexed(document)
    if isinstance(index, Failure):
        return ()
    methods: list[VerificationMethod] = []
    for thing in index.things.values():
        if thing.keys() & {"revoked", "expires"}:
            try:
                methods.append(read_method(thing, document.document["id"]))
            except Rejected:
                continue
    return tuple(methods)


@dataclass(frozen=True, slots=True)
class _Index:
    """A document read once: everything in it by its absolute id, and what each relationship lists."""

    things: Mapping[str, Mapping[str, Any]]
    listed: Mapping[str, Mapping[str, None]]


def _index_of(document: DidDocument) -> _Index:
    found = _indexed(document)
    if isinstance(found, Failure):
        raise found.raised()
    return found


@lru_cache(_INDEXES_KEPT)
def _indexed(document: DidDocument) -> _Index | Failure:
    """Index ``document``: a batch can name thousands of keys in one of the largest size."""
    content = document.document
    try:
        _require_document(content)
        listed = {name: dict.fromkeys(_listed(content, name)) for name in RELATIONSHIPS}
        return _Index(_maps_by_id(content), listed)
    except Rejected as finding:
        return Failure.of(finding)


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
    items = document.get(relationship, [])
    ids = [item.get("id") if isinstance(item, Mapping) else item for item in items]
    return [absolute(item, document["id"]) for item in ids if isinstance(item, str)]
