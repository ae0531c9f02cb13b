"""What vouches for a list, by how lists of its kind are secured. Nothing a list says is looked at before.

credential   a verifiable credential: every proof on it holds, under keys of the issuer it names
token        a Status List Token: signed by a key that belongs to ``iss``, or to the controller in ``kid``
transport    nothing but TLS to the host that the signed record names; its origin stands for the issuer
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from ler_trust.codec import json_safe
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed, SecuredCredential, SecuringForm
from ler_trust.model.instant import Instant, instant_of_seconds
from ler_trust.model.limits import Limits
from ler_trust.status import list_token
from ler_trust.status.list_token import ListToken
from ler_trust.suites.named_key import key_need, signer_of

Keys = tuple[VerificationMethod, ...]
FindKeys = Callable[[KeyNeed, Instant, bool], Awaitable[Keys | Failure]]

_STALE_KEY_CODES: Final = frozenset({"proof.signature", "proof.key_invalid", "proof.key_relationship"})
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class Authenticate(Protocol):
    """Authenticates list credentials."""

    def __call__(
        self, items: Sequence[bytes], now: Instant, *, asks: bool
    ) -> Awaitable[Sequence[Authentication]]:
        """Return the outcome for each of ``items``; unless it ``asks``, only by what is in hand."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A document that may be believed: whose word it is, its own period, the address it gives itself."""

    issuer: str
    content: Mapping[str, Any] = field(repr=False)
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    own_id: str | None = None


async def no_keys(need: KeyNeed, now: Instant, renewed: bool) -> Keys | Failure:
    """Find no key: for a client that has no way to the issuers of tokens."""
    del now, renewed
    return Failure(False, "proof.key_unresolved", f"there is no way to the keys of {need.issuer}")


async def nothing_authentic(items: Sequence[bytes], now: Instant, *, asks: bool) -> Sequence[Authentication]:
    """Authenticate nothing: for whoever has no way to the issuers of credentials."""
    del now, asks
    failure = Failure(False, "proof.key_unresolved", "there is no way to the issuers' keys")
    return [Authentication(SecuringForm.UNKNOWN, failure) for _ in items]


async def vouch_credential(body: bytes, authenticate: Authenticate, now: Instant) -> Vouched:
    """Return what the list credential says if all of it is authentic.

    Raises ``Undecided`` with ``status.list_signature``, ``status.list_malformed`` or
    ``status.list_too_large``.
    """
    [outcome] = await authenticate([body], now, asks=True)
    return _vouched(outcome)


async def vouch_credentials(
    bodies: Sequence[bytes], authenticate: Authenticate, now: Instant
) -> list[Vouched | None]:
    """Return for each list credential what it says if that can be vouched for without asking anybody."""

    def vouched(outcome: Authentication) -> Vouched | None:
        try:
            return _vouched(outcome)
        except Undecided:
            return None

    return [vouched(outcome) for outcome in await authenticate(bodies, now, asks=False)]


def _vouched(outcome: Authentication) -> Vouched:
    secured = _secured(outcome)
    return Vouched(
        secured.issuer, secured.document or {}, secured.valid_from, secured.valid_until, secured.id
    )


async def vouch_token(body: bytes, find_keys: FindKeys, now: Instant, limits: Limits) -> Vouched:
    """Return the claims of a Status List Token that a key of its issuer has signed.

    A signature that fails under keys kept from earlier is tried once more under fresh ones. Raises
    ``Undecided`` with ``status.list_signature`` or ``status.list_malformed``.
    """
    token = await asyncio.to_thread(list_token.parse, body, limits)
    issuer = token.issuer
    if issuer is None:
        raise Undecided("status.list_signature", "the token names no issuer: neither iss nor a key's address")
    need = key_need(issuer, token.kid)
    failure = await _failure(token, await find_keys(need, now, False), limits)
    if failure is not None and failure.code in _STALE_KEY_CODES:
        failure = await _failure(token, await find_keys(need, now, True), limits)
    if failure is not None:
        raise _not_signed(failure)
    return _claimed(token, issuer)


def vouch_transport(body: bytes, url: str, limits: Limits) -> Vouched:
    """Return the JSON object that came from ``url``; raises ``Undecided('status.list_malformed')``."""
    try:
        content = json_safe.loads(body, limits)
    except Rejected as finding:
        raise Undecided("status.list_malformed", f"{finding.code.name}: {finding.detail}") from finding
    if not isinstance(content, dict):
        raise Undecided("status.list_malformed", "the list is not a JSON object")
    own_id = content.get("id")
    parts = urlsplit(url)
    return Vouched(
        f"{parts.scheme}://{parts.netloc}", content, own_id=own_id if isinstance(own_id, str) else None
    )


async def _failure(token: ListToken, keys: Keys | Failure, limits: Limits) -> Failure | None:
    """Return why none of ``keys`` has signed, ``None`` when one has."""
    if isinstance(keys, Failure):
        return keys
    try:
        await asyncio.to_thread(
            signer_of, token.kid, token.algorithm, keys, token.signed, token.signature, limits
        )
    except (Rejected, Undecided) as finding:
        return Failure.of(finding)
    return None


def _claimed(token: ListToken, issuer: str) -> Vouched:
    """Read the claims every list token must have (§5.1); their times are for the caller to judge.

    A token says what it says from ``iat`` on, and counts for nothing before ``nbf`` (RFC 7519 §4.1.5).
    """
    claims = token.claims
    address = claims.get("sub")
    if not isinstance(address, str):
        raise Undecided("status.list_malformed", "the token has no sub")
    issued = _numeric_date(claims, "iat")
    if issued is None:
        raise Undecided("status.list_malformed", "the token has no iat")
    begins = max(issued, _numeric_date(claims, "nbf") or issued)
    return Vouched(issuer, claims, begins, _numeric_date(claims, "exp"), address)


def _numeric_date(claims: Mapping[str, Any], name: str) -> Instant | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise Undecided("status.list_malformed", f"the claim {name} is not a date")
    return instant_of_seconds(value)


def _secured(outcome: Authentication) -> SecuredCredential:
    if outcome.failure is not None:
        raise _unreadable(outcome.failure)
    failed = next((proof.failure for proof in outcome.proofs if proof.failure is not None), None)
    if failed is not None:
        raise _not_signed(failed)
    if not outcome.proofs or outcome.secured is None:
        raise Undecided("status.list_signature", "the list carries no proof")
    if outcome.secured.malformed is not None:
        raise Undecided("status.list_malformed", outcome.secured.malformed.detail)
    return outcome.secured


def _not_signed(failure: Failure) -> Undecided:
    detail = f"{failure.code}: {failure.detail}"
    return Undecided("status.list_signature", detail, retryable=failure.retryable)


def _unreadable(failure: Failure) -> Undecided:
    """Return what it means that a list could not even be read as a secured credential."""
    detail = f"{failure.code}: {failure.detail}"
    if failure.code == "format.too_large":
        return Undecided("status.list_too_large", detail)
    if failure.code.startswith("format.") and failure.code not in ("format.unsecured", "format.unsupported"):
        return Undecided("status.list_malformed", detail)
    return Undecided("status.list_signature", detail, retryable=failure.retryable)
