"""A corpus item's key."""

from typing import Any

from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import KeyNeed


def public_key(item: dict[str, Any]) -> PublicKey:
    """Return the key that the item's signature is by."""
    return PublicKey(KeyKind(item["kind"]), bytes.fromhex(item["key"]))


def methods(item: dict[str, Any], need: KeyNeed) -> tuple[VerificationMethod, ...]:
    """Return the item's key as the answer to its only ``need``."""
    assert need.method
    return (VerificationMethod(need.method, need.issuer, public_key(item)),)
