"""DIDs and DID URLs (DID Core 1.0 §3.1, §3.2), taken apart by the letter of their grammar."""

import re
from typing import Final
from urllib.parse import unquote

from ler_trust.errors import Rejected
from ler_trust.model.did import DidUrl

MAX_LENGTH: Final = (
    8_192  # characters: a did:jwk of the largest RSA key has about 2,000; nothing else comes near
)

_DID: Final = re.compile(
    r"did:([a-z0-9]+):((?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}))"
)
_PCHAR: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}"
_REST: Final = re.compile(
    rf"(?P<path>(?:/(?:{_PCHAR})*)*)(?:\?(?P<query>(?:{_PCHAR}|[/?])*))?(?:\#(?P<fragment>(?:{_PCHAR}|[/?])*))?"
)


def parse_did_url(text: str) -> DidUrl:
    """Return the parts of the DID URL ``text``; a DID is a DID URL without path, query and fragment.

    Raises ``Rejected('did.invalid')`` when the DID itself is not valid and ``Rejected('did.url_invalid')``
    when what follows it is not, or when the query gives a parameter twice.
    """
    if len(text) > MAX_LENGTH:
        raise Rejected("did.invalid", f"longer than {MAX_LENGTH} characters")
    end = re.search(r"[/?#]", text)
    did = text if end is None else text[: end.start()]
    method = _DID.fullmatch(did)
    if method is None:
        raise Rejected("did.invalid", "not of the form did:method:identifier")
    rest = _REST.fullmatch(text, len(did))
    if rest is None:
        raise Rejected("did.url_invalid", "not a valid path, query or fragment")
    query = rest["query"] or ""
    _require_distinct_parameters(query)
    return DidUrl(did, method[1], method[2], rest["path"], query, rest["fragment"])


def _require_distinct_parameters(query: str) -> None:
    names = [unquote(parameter.partition("=")[0]) for parameter in query.split("&") if parameter]
    if len(names) != len(set(names)):
        raise Rejected("did.url_invalid", "the query gives a parameter twice")
