"""did:key: the DID is the public key (did:key method specification, §3 create, §4 document creation)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ler_trust.codec.multibase import decode_base58btc
from ler_trust.codec.multikey import UnknownKeyKindError, decode_multikey
from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.did import DidUrl

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
RELATIONSHIPS: Final = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")

_FORM: Final = re.compile(r"(?:1:)?(z[1-9A-HJ-NP-Za-km-z]+)", re.ASCII)

# Kinds of key that the multicodec table gives a code and this service no algorithm: real keys, so a record
# signed by one is undecided. The prefixes are the codes as unsigned varints.
_UNSUPPORTED: Final[Mapping[bytes, str]] = {
    b"\xec\x01": "X25519",
    b"\xea\x01": "BLS12-381 G1",
    b"\xeb\x01": "BLS12-381 G2",
    b"\xee\x01": "BLS12-381 G1 and G2",
    b"\x82\x24": "P-521",
    b"\x83\x24": "Ed448",
    b"\x84\x24": "X448",
    b"\x85\x24": "RSA",
    b"\x86\x24": "SM2",
    b"\x90\x24": "ML-DSA-44",
    b"\x91\x24": "ML-DSA-65",
    b"\x92\x24": "ML-DSA-87",
    b"\xd1\xd6\x03": "JWK",
}


class DidKey:
    """Ed25519, P-256, P-384 and secp256k1 keys as DIDs."""

    @property
    def name(self) -> str:
        """Return ``key``."""
        return "key"

    def locate(self, did: DidUrl) -> tuple[FetchRequest, ...]:
        """Return nothing: there is nothing to fetch. Raises as ``interpret`` does for the DID's form."""
        _multibase_value(did)
        return ()

    def interpret(self, did: DidUrl, fetched: Sequence[Fetched]) -> Mapping[str, Any]:
        """Return the document that the key implies: one Multikey, named by the key itself.

        Raises ``Rejected('did.invalid')`` for a key that is malformed, secret, of the wrong length or not
        on its curve, ``Undecided('did.method_unsupported')`` for a known kind that is not supported.
        """
        value = _multibase_value(did)
        _require_key(value)
        method = f"{did.did}#{value}"
        return {
            "@context": list(CONTEXTS),
            "id": did.did,
            "verificationMethod": [
                {"id": method, "type": "Multikey", "controller": did.did, "publicKeyMultibase": value}
            ],
            **{relationship: [method] for relationship in RELATIONSHIPS},
        }


def _multibase_value(did: DidUrl) -> str:
    found = _FORM.fullmatch(did.specific)
    if found is None:
        raise Rejected("did.invalid", "a did:key is z and base-58-btc text, with at most 1: before it")
    return found[1]


def _require_key(value: str) -> None:
    try:
        decode_multikey(value)
    except UnknownKeyKindError as error:
        kind = _unsupported_kind(value)
        if kind is None:
            raise Rejected("did.invalid", f"did:key: {error}") from None
        raise Undecided("did.method_unsupported", f"did:key with a key of kind {kind}") from None
    except ValueError as error:
        raise Rejected("did.invalid", f"did:key: {error}") from None


def _unsupported_kind(value: str) -> str | None:
    data = decode_base58btc(value)
    return next((kind for prefix, kind in _UNSUPPORTED.items() if data.startswith(prefix)), None)
