"""A credential inside a token's claims, and what the claims beside it must say.

Two profiles, told apart by the token itself:

- **VC-JOSE-COSE 1.0** (``typ`` ``vc+jwt``): the payload is the credential; ``iat``, ``nbf`` and ``exp``
  are the signature's own times.
- **VC-JWT**: VCDM 1.1 §6.3.1 with the credential in the ``vc`` claim, or Open Badges 3.0 §8.2.4 with the
  credential as payload; the registered claims repeat the credential's own members.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.codec.pointer import child
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.engine import SecuringForm
from ler_trust.model.instant import (
    SECOND,
    Instant,
    format_instant,
    instant_of_seconds,
    parse_date_time_stamp,
)
from ler_trust.suites.members import CONTEXT_V1, first_context, identifier
from ler_trust.suites.token import Token, type_of

_REGISTERED: Final = ("iss", "sub", "jti", "iat", "nbf", "exp", "aud", "nonce", "cnf")
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a date of four digits can say


@dataclass(frozen=True, slots=True)
class Claimed:
    """A credential as a token secures it: the form, the credential with what the claims add, their times."""

    form: SecuringForm
    credential: Mapping[str, Any]
    issued: Instant | None = None
    created: Instant | None = None
    expires: Instant | None = None


def form_of(token: Token) -> SecuringForm:
    """Return the profile of ``token``; raises ``Undecided('format.unsupported')`` when it is neither."""
    kind = type_of(token)
    if kind == "vc+jwt":
        return SecuringForm.VC_JOSE
    if kind not in ("", "jwt"):
        raise Undecided("format.unsupported", f"a token of type {kind}")
    if "vp" in token.payload:
        raise Undecided("format.unsupported", "a presentation (vp claim)")
    return SecuringForm.VC_JWT


def credential_of(token: Token) -> Mapping[str, Any]:
    """Return the credential that ``token`` carries, as it stands there, before any claim is read.

    Raises ``Rejected('format.credential')`` when there is none, and what :func:`form_of` raises.
    """
    if form_of(token) is SecuringForm.VC_JWT and "vc" in token.payload:
        credential = token.payload["vc"]
        if not isinstance(credential, dict):
            raise Rejected("format.credential", "the vc claim is not an object", "/vc")
        return credential
    return token.payload


def issuer_of(token: Token) -> str:
    """Return who the token says its issuer is: the credential's own word, else ``iss``.

    Raises ``Rejected('format.credential')`` when neither names one.
    """
    issuer = identifier(credential_of(token).get("issuer")) or identifier(token.payload.get("iss"))
    if issuer is None:
        raise Rejected("format.credential", "the issuer is not named", "/issuer")
    return issuer


def read(token: Token) -> Claimed:
    """Return the credential with its claims obeyed; ``token``'s signature has been found to hold.

    Raises ``Rejected('proof.claims')`` when a claim contradicts the credential or is not of its type.
    """
    times = {name: _numeric_date(token.payload, name) for name in ("iat", "nbf", "exp")}
    if form_of(token) is SecuringForm.VC_JOSE:
        return _vc_jose(token, times)
    credential = _with_claims(token, times)
    return Claimed(SecuringForm.VC_JWT, credential, times["iat"], times["iat"])


def status_entries(token: Token) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the entries of the claim ``status`` (Token Status List §6), each with its mechanism as type.

    A mechanism that is not an object gives an entry of its type and nothing else, and so is not passed over.
    """
    status = token.payload.get("status")
    if not isinstance(status, dict):
        return ()
    return tuple(
        (child("/status", name), {**(entry if isinstance(entry, dict) else {}), "type": name})
        for name, entry in status.items()
    )


def _vc_jose(token: Token, times: Mapping[str, Instant | None]) -> Claimed:
    payload = token.payload
    for name in ("vc", "vp"):
        if name in payload:
            raise Rejected("proof.claims", f"a vc+jwt must not have the claim {name}", f"/{name}")
    if "iss" in payload and payload["iss"] != issuer_of(token):
        raise _contradiction("iss")
    begins = [instant for instant in (times["iat"], times["nbf"]) if instant is not None]
    created = max(begins, default=None)
    return Claimed(SecuringForm.VC_JOSE, _without_claims(payload), times["iat"], created, times["exp"])


def _with_claims(token: Token, times: Mapping[str, Instant | None]) -> Mapping[str, Any]:
    """Return the credential with the members that only the claims state (VCDM 1.1 §6.3.1.3)."""
    payload = token.payload
    credential = dict(payload["vc"]) if "vc" in payload else _without_claims(payload)
    _agree_on_issuer(credential, payload)
    _agree_on_id(credential, payload)
    _agree_on_subject(credential, payload)
    first, last = (
        ("issuanceDate", "expirationDate")
        if first_context(credential) == CONTEXT_V1
        else ("validFrom", "validUntil")
    )
    _agree_on_date(credential, first, "nbf", times["nbf"])
    _agree_on_date(credential, last, "exp", times["exp"])
    return credential


def _without_claims(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _REGISTERED}


def _agree_on_issuer(credential: dict[str, Any], payload: Mapping[str, Any]) -> None:
    if "iss" in payload:
        credential.setdefault("issuer", payload["iss"])
        _require_equal(payload, "iss", identifier(credential["issuer"]))


def _agree_on_id(credential: dict[str, Any], payload: Mapping[str, Any]) -> None:
    if "jti" in payload:
        credential.setdefault("id", payload["jti"])
        _require_equal(payload, "jti", credential["id"])


def _agree_on_subject(credential: dict[str, Any], payload: Mapping[str, Any]) -> None:
    if "sub" not in payload:
        return
    subject = credential.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    if not isinstance(subject, dict):
        raise Rejected("proof.claims", "sub is stated for something that is not one subject", "/sub")
    if "id" not in subject:
        credential["credentialSubject"] = {**subject, "id": payload["sub"]}
    _require_equal(payload, "sub", subject.get("id", payload["sub"]))


def _agree_on_date(credential: dict[str, Any], member: str, claim: str, instant: Instant | None) -> None:
    if instant is None:
        return
    stated = credential.setdefault(member, format_instant(instant))
    try:
        own, _ = parse_date_time_stamp(stated)
    except (TypeError, ValueError):
        return  # reported as a malformed credential, by its own name
    if own // SECOND != instant // SECOND:
        raise _contradiction(claim)


def _require_equal(payload: Mapping[str, Any], claim: str, own: object) -> None:
    if not isinstance(payload[claim], str) or payload[claim] != own:
        raise _contradiction(claim)


def _contradiction(claim: str) -> Rejected:
    return Rejected("proof.claims", f"the claim {claim} is not what the credential says", f"/{claim}")


def _numeric_date(payload: Mapping[str, Any], name: str) -> Instant | None:
    """Read a NumericDate (RFC 7519 §2), which may have a fraction."""
    if name not in payload:
        return None
    value = payload[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise Rejected("proof.claims", f"the claim {name} is not a date", f"/{name}")
    return instant_of_seconds(value)
