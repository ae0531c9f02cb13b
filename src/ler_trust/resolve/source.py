"""Where an identifier's document comes from and how the answer is read: the pure part of resolution."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from ler_trust.codec import json_safe
from ler_trust.codec.did_url import parse_did_url
from ler_trust.contracts import DidMethod, Fetched, FetchRequest
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.did import DidDocument
from ler_trust.model.instant import MINUTE, Instant

MAX_DOCUMENT_BYTES: Final = 256 * 1024  # a controlled identifier document: real ones have some 2 kB
MIN_FRESH: Final = 1 * MINUTE  # kept at least: one issuer's batch costs one fetch whatever its server says
DEFAULT_FRESH: Final = 5 * MINUTE  # kept when the answer does not say
MAX_FRESH: Final = 60 * MINUTE  # kept at most: a key taken out of a document must soon stop counting

_CONTROLLED_IDENTIFIER_TYPES: Final = (
    "application/json, application/ld+json;q=0.9, application/did+json;q=0.8"
)
_WEB_PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
_ESCAPE: Final = re.compile(r"%[0-9a-fA-F]{2}", re.ASCII)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one document comes from.

    ``key`` is the identifier in normal form, ``requests`` what must be fetched (nothing for an identifier
    that contains its key), ``interpret`` turns the answers into the document or raises ``Rejected``.
    """

    key: str
    requests: tuple[FetchRequest, ...]
    interpret: Callable[[Sequence[Fetched]], Mapping[str, Any]]


def source_of(identifier: str, methods: Mapping[str, DidMethod]) -> Source:
    """Return the source of a DID or https identifier's document.

    Raises ``Rejected('did.invalid')`` for what is neither a DID nor a URL, or carries a fragment (a DID: a
    path or query too); ``Undecided('did.method_unsupported')`` for a method or scheme that is not enabled.
    """
    if identifier.startswith("did:"):
        return _did_source(identifier, methods)
    found = _SCHEME.fullmatch(identifier)
    if found is None or "#" in identifier:
        raise Rejected("did.invalid", "neither a DID nor an absolute URL without fragment")
    if found[1].lower() != "https":
        raise Undecided("did.method_unsupported", f"identifiers of the scheme {found[1]} are not resolved")
    return _https_source(identifier)


def _did_source(identifier: str, methods: Mapping[str, DidMethod]) -> Source:
    did = parse_did_url(identifier)
    if did.did != identifier:
        raise Rejected("did.invalid", "a DID URL with path, query or fragment stands where a DID belongs")
    method = methods.get(did.method)
    if method is None:
        raise Undecided("did.method_unsupported", f"the DID method {did.method} is not enabled")
    return Source(did.did, method.locate(did), partial(method.interpret, did))


def _https_source(identifier: str) -> Source:
    url = normal_url(identifier)
    request = FetchRequest(url, _CONTROLLED_IDENTIFIER_TYPES, MAX_DOCUMENT_BYTES, same_host=True)
    return Source(url, (request,), partial(_controlled_identifier_document, url))


def normal_url(identifier: str) -> str:
    """Return an https URL in the normal form of RFC 3986 §6.2.2 and §6.2.3, as far as it is safe.

    Scheme, host and escapes in one case, no default port, ``/`` for an empty path. Raises
    ``Rejected('did.invalid')`` for what is not a URL.
    """
    try:
        parts = urlsplit(identifier)
        authority = _normal_authority(parts)
    except ValueError:
        raise Rejected("did.invalid", "not a valid URL") from None
    rest = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return f"https://{authority}" + _ESCAPE.sub(lambda escape: escape[0].upper(), rest)


def _normal_authority(parts: SplitResult) -> str:
    authority = parts.netloc.lower()
    return authority.removesuffix(":443") if parts.port == 443 else authority


def _controlled_identifier_document(url: str, fetched: Sequence[Fetched]) -> Mapping[str, Any]:
    """Read a controlled identifier document (CID 1.0 §3.3, steps 4 to 6)."""
    try:
        document = json_safe.loads(fetched[0].body)
    except Rejected as finding:
        raise Rejected("proof.key_document", f"not readable JSON: {finding.detail}") from None
    if not isinstance(document, dict):
        raise Rejected("proof.key_document", "the document is not a JSON object")
    if not _names(document.get("id"), url):
        raise Rejected("proof.key_document_id", "the document's id is not the identifier it was fetched for")
    return document


def _names(value: object, url: str) -> bool:
    if not isinstance(value, str) or not value.lower().startswith("https://") or "#" in value:
        return False
    try:
        return normal_url(value) == url
    except Rejected:
        return False


def read_document(source: Source, fetched: Sequence[Fetched], now: Instant) -> DidDocument:
    """Return the document that ``fetched`` (the answers to ``source.requests``) holds, with its age.

    Raises ``Rejected`` for a document that is not valid, ``Undecided('did.not_found')`` when a web page came
    in its place: many sites answer so, with success, for whatever they do not have.
    """
    if any(answer.media_type in _WEB_PAGE_TYPES for answer in fetched):
        raise Undecided("did.not_found", "the address answers with a web page, not with a document")
    document = source.interpret(fetched)
    # A document that is made of its identifier is the same for the same identifier.
    content = b"".join(answer.body for answer in fetched) or source.key.encode()
    return DidDocument(
        id=document["id"],
        document=document,
        digest=hashlib.sha256(content).digest(),
        resolved_at=min((answer.fetched_at for answer in fetched), default=now),
        fresh_until=min((_fresh_until(answer) for answer in fetched), default=now + MAX_FRESH),
    )


def _fresh_until(answer: Fetched) -> Instant:
    if answer.fresh_until is None:
        return answer.fetched_at + DEFAULT_FRESH
    return min(max(answer.fresh_until, answer.fetched_at + MIN_FRESH), answer.fetched_at + MAX_FRESH)
