"""did:jwk: the DID is a public JSON Web Key in base64url (did:jwk method specification).

The text is not canonical: one key has many such DIDs, and each is another identifier.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ler_trust.codec import base64url, json_safe
from ler_trust.codec.jwk import public_key
from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.did import DidUrl

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
SIGNING: Final = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
AGREEMENT: Final = ("keyAgreement",)

_RELATIONSHIPS_BY_USE: Final[Mapping[str | None, tuple[str, ...]]] = {
    None: SIGNING + AGREEMENT,
    "sig": SIGNING,
    "enc": AGREEMENT,
}
_SUPPORTED: Final = frozenset(
    {("OKP", "Ed25519"), ("EC", "P-256"), ("EC", "P-384"), ("EC", "secp256k1"), ("RSA", None)}
)
# Restrictions on what the key may do; they decide its relationships here, not whether it is a key.
_RESTRICTIONS: Final = frozenset({"use", "key_ops"})


class DidJwk:
    """Public JSON Web Keys as DIDs; the only fragment is ``#0``, whatever the key's own ``kid``."""

    @property
    def name(self) -> str:
        """Return ``jwk``."""
        return "jwk"

    def locate(self, did: DidUrl) -> tuple[FetchRequest, ...]:
        """Return nothing: there is nothing to fetch. Raises as ``interpret`` does for the DID's form."""
        _jwk(did)
        return ()

    def interpret(self, did: DidUrl, fetched: Sequence[Fetched]) -> Mapping[str, Any]:
        """Return the document that the key implies; its ``use`` decides the relationships.

        Raises ``Rejected('did.invalid')`` for text that is not a public JWK or a key that is not sound,
        ``Undecided('did.method_unsupported')`` for a kind of key that is not supported.
        """
        jwk = _jwk(did)
        _require_key(jwk)
        method = f"{did.did}#0"
        return {
            "@context": list(CONTEXTS),
            "id": did.did,
            "verificationMethod": [
                {"id": method, "type": "JsonWebKey2020", "controller": did.did, "publicKeyJwk": jwk}
            ],
            **{relationship: [method] for relationship in _relationships(jwk)},
        }


def _jwk(did: DidUrl) -> dict[str, Any]:
    try:
        jwk = json_safe.loads(base64url.decode(did.specific))
    except ValueError as error:
        raise Rejected("did.invalid", f"did:jwk: {error}") from None
    except Rejected as finding:
        raise Rejected("did.invalid", f"did:jwk: {finding.detail}") from None
    if not isinstance(jwk, dict):
        raise Rejected("did.invalid", "did:jwk: not a JSON object")
    return jwk


def _require_key(jwk: Mapping[str, Any]) -> None:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        raise Rejected("did.invalid", "did:jwk: the key type (kty) or curve (crv) is missing or not text")
    if kind == "oct" or "d" in jwk:
        raise Rejected("did.invalid", "did:jwk: a secret key stands where a public one belongs")
    if (kind, curve) not in _SUPPORTED:
        raise Undecided("did.method_unsupported", f"did:jwk with a key of kind {_shown(kind, curve)}")
    try:
        public_key({name: value for name, value in jwk.items() if name not in _RESTRICTIONS})
    except ValueError as error:
        raise Rejected("did.invalid", f"did:jwk: {error}") from None


def _shown(kind: str, curve: str | None) -> str:
    """Return the kind for a person, cut short because it comes from outside."""
    return ascii(f"{kind} {curve}" if curve else kind)[:64]


def _relationships(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    use = jwk.get("use")
    if not isinstance(use, str | None) or use not in _RELATIONSHIPS_BY_USE:
        raise Rejected("did.invalid", "did:jwk: the key's use is neither sig nor enc")
    return _RELATIONSHIPS_BY_USE[use]
