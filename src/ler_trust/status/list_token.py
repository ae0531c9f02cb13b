"""A Status List Token taken apart: JWT (RFC 7519) or CWT (RFC 8392), its claims by their JWT names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.errors import Rejected, Undecided
from ler_trust.model.limits import Limits
from ler_trust.status import cose
from ler_trust.suites import token
from ler_trust.suites.members import is_url
from ler_trust.suites.signatures import Algorithm

JWT_TYPE: Final = "statuslist+jwt"
CWT_TYPE: Final = "application/statuslist+cwt"

_CWT_CLAIMS: Final[Mapping[int, str]] = {
    1: "iss",
    2: "sub",
    4: "exp",
    5: "nbf",
    6: "iat",
    65533: "status_list",
    65534: "ttl",
}


@dataclass(frozen=True, slots=True)
class ListToken:
    """A token's claims, who signed by what key as it says itself, and what the signature covers."""

    claims: Mapping[str, Any]
    kid: str
    algorithm: Algorithm
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str | None:
        """Return whose key it must be: ``iss``, else the controller in a ``kid`` that is a key's address."""
        issuer = self.claims.get("iss")
        if isinstance(issuer, str) and issuer:
            return issuer
        controller, separator, _ = self.kid.partition("#")
        return controller if separator and is_url(controller) else None


def parse(body: bytes, limits: Limits) -> ListToken:
    """Return the token that ``body`` is.

    Which form it has is told by the bytes, not by what the server calls them. Raises
    ``Undecided('status.list_malformed')`` for what is no Status List Token, its ``typ`` included (§5.1,
    §5.2), and ``Undecided('status.list_signature')`` for a header that is not obeyed.
    """
    try:
        if body[:1] == bytes([0xC0 | cose.SIGN1_TAG]):
            return _cwt(body)
        return _jwt(body, limits)
    except (Rejected, Undecided) as finding:
        if finding.code.name.startswith("status."):
            raise
        is_form = finding.code.name.startswith("format.")
        code = "status.list_malformed" if is_form else "status.list_signature"
        raise Undecided(code, f"{finding.code.name}: {finding.detail}") from finding


def _jwt(body: bytes, limits: Limits) -> ListToken:
    try:
        text = body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Rejected("format.token", "neither a JWT nor a CWT") from None
    read = token.parse(text, limits)
    _require_type(token.type_of(read) == JWT_TYPE)
    algorithm = token.require_header(read)
    return ListToken(read.payload, read.header.get("kid", ""), algorithm, read.signed, read.signature)


def _cwt(body: bytes) -> ListToken:
    message = cose.parse(body)
    _require_type(message.kind == CWT_TYPE)
    claims = cose.loads(message.payload)
    if not isinstance(claims, Mapping):
        raise Rejected("format.token", "the claims are not a map")
    named = {_CWT_CLAIMS[key]: value for key, value in claims.items() if _is_known(key)}
    return ListToken(named, message.kid, message.algorithm, message.signed, message.signature)


def _is_known(key: object) -> bool:
    return type(key) is int and key in _CWT_CLAIMS


def _require_type(is_right: bool) -> None:
    """Refuse a token made for another use, which could otherwise be passed off as a list."""
    if not is_right:
        raise Undecided("status.list_malformed", "the token's typ is not that of a Status List Token")
