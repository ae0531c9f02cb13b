"""Status List Tokens in both forms, signed by any signer; a member set to ``None`` is left out."""

from collections.abc import Mapping
from typing import Any, Final

import cbor2

from ler_trust.codec import base64url
from ler_trust.contracts import Signer
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY, SECOND, Instant
from ler_trust.model.status import StatusList
from ler_trust.suites.signing import sign_compact
from status_lists.token_status_list import TokenStatusList

FORMAT: Final = TokenStatusList()
_CWT_KEYS: Final = {"iss": 1, "sub": 2, "exp": 4, "nbf": 5, "iat": 6, "ttl": 65534, "status_list": 65533}
_COSE: Final = {KeyKind.ED25519: -8, KeyKind.P256: -7, KeyKind.P384: -35, KeyKind.RSA: -257}


def packed(statuses: Mapping[int, int], size: int = 1, entries: int = 131_072) -> bytes:
    """Return the bits of a list whose entries are 0 but for ``statuses``, the first in the lowest bits."""
    bits = bytearray(entries * size // 8)
    for index, value in statuses.items():
        bits[index * size // 8] |= value << (index * size) % 8
    return bytes(bits)


def claims(
    url: str, signer: Signer, now: Instant, statuses: Mapping[int, int], size: int = 1, **members: Any
) -> dict[str, Any]:
    """Return the claims of a list token; ``members`` replace its own."""
    entries = members.pop("entries", 131_072)
    decoded = StatusList(FORMAT.entry_type, ("status",), packed(statuses, size, entries), size=size)
    own = {
        "iss": signer.issuer,
        "sub": url,
        "iat": (now - DAY) // SECOND,
        "exp": (now + DAY) // SECOND,
        "ttl": 300,
        **FORMAT.encode(decoded),
    }
    return {name: value for name, value in (own | members).items() if value is not None}


def jwt(content: Mapping[str, Any], signer: Signer, **header: Any) -> bytes:
    """Return a JWT of ``content``."""
    own = {"typ": "statuslist+jwt", "kid": signer.method} | header
    return sign_compact(
        {name: value for name, value in own.items() if value is not None}, content, signer
    ).encode()


def cwt(content: Mapping[str, Any], signer: Signer, **header: Any) -> bytes:
    """Return a CWT of ``content``, ``lst`` as bytes; ``header`` replaces ``typ``, ``kid`` and ``alg``."""
    listed = dict(content.get("status_list", {}))
    if isinstance(listed.get("lst"), str):
        listed |= {"lst": base64url.decode(listed["lst"])}
    named = {_CWT_KEYS[name]: value for name, value in {**content, "status_list": listed}.items()}
    return sign1(cbor2.dumps(named), signer, **header)


def sign1(payload: bytes, signer: Signer, **header: Any) -> bytes:
    """Return a tagged COSE_Sign1 (RFC 9052 §4.4) of ``payload``."""
    own = {"alg": _COSE[signer.kind], "typ": "application/statuslist+cwt", "kid": signer.method.encode()}
    labels = {"alg": 1, "crit": 2, "kid": 4, "typ": 16}
    protected = cbor2.dumps(
        {labels[name]: value for name, value in (own | header).items() if value is not None}
    )
    signature = signer.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
