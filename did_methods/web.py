"""did:web: the document is a file on a web site (did:web method specification, §2 and §3.2 read).

The DID proves control of the path it names and of nothing else on the host; it has no history.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from ler_trust.codec import json_safe
from ler_trust.codec.host_name import read_host_name
from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Rejected
from ler_trust.model.did import DidUrl

MAX_DOCUMENT_BYTES: Final = 256 * 1024  # real documents have some 2 kB
ACCEPT: Final = "application/did+json, application/did+ld+json, application/did, application/json;q=0.9"

_HOST: Final = re.compile(r"([^%]*)(?:%3[Aa]([1-9][0-9]{0,4}))?", re.ASCII)
_MAX_PORT: Final = 65_535
# What a path segment must not hold once its escapes are undone: separators that a server could take for its
# own, controls, and the mark of a second layer of escapes.
_FORBIDDEN: Final = re.compile(rb"[\x00-\x1f\x7f/\\%:?#]")


class DidWeb:
    """DIDs whose document is ``did.json`` under an https address."""

    @property
    def name(self) -> str:
        """Return ``web``."""
        return "web"

    def locate(self, did: DidUrl) -> tuple[FetchRequest, ...]:
        """Return the request for the DID's ``did.json``.

        Raises ``Rejected('did.invalid')`` for a host that is an IP address or no host name, a bad port, or a
        path with empty, ``.`` or ``..`` segments, escaped or not.
        """
        host, *segments = did.specific.split(":")
        for segment in segments:
            _require_plain(segment)
        path = "/".join(segments) or ".well-known"
        url = f"https://{_authority(host)}/{path}/did.json"
        return (FetchRequest(url, ACCEPT, MAX_DOCUMENT_BYTES, same_host=True),)

    def interpret(self, did: DidUrl, fetched: Sequence[Fetched]) -> Mapping[str, Any]:
        """Return the document; its ``id`` must be the DID, character by character.

        Raises ``Rejected('did.document')`` otherwise.
        """
        if len(fetched) != 1:
            raise Rejected("did.document", "a did:web has exactly one document")
        try:
            document = json_safe.loads(fetched[0].body)
        except Rejected as finding:
            raise Rejected("did.document", f"not readable JSON: {finding.detail}") from None
        if not isinstance(document, dict):
            raise Rejected("did.document", "the DID document is not a JSON object")
        if document.get("id") != did.did:
            raise Rejected("did.document", "the DID document's id is not the DID", "/id")
        return document


def _authority(text: str) -> str:
    found = _HOST.fullmatch(text)
    if found is None:
        raise Rejected("did.invalid", "a did:web host may only escape the colon before its port")
    try:
        host = read_host_name(found[1])
    except ValueError as error:
        raise Rejected("did.invalid", f"did:web: {error}") from None
    if found[2] is None:
        return host
    if int(found[2]) > _MAX_PORT:
        raise Rejected("did.invalid", "the did:web port is above 65535")
    return f"{host}:{found[2]}"


def _require_plain(segment: str) -> None:
    """Undo the segment's escapes once, for judging alone: the address keeps them as they are."""
    plain = unquote_to_bytes(segment)
    if plain in (b"", b".", b".."):
        raise Rejected("did.invalid", "the did:web path has an empty, '.' or '..' segment")
    if _FORBIDDEN.search(plain):
        raise Rejected("did.invalid", "the did:web path has a character that servers read differently")
