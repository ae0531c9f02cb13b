"""A corpus item's key."""

from ler_trust.model.did import KeyKind, PublicKey


def public_key(item: dict[str, str]) -> PublicKey:
    """Return the key that the item's signature is by."""
    return PublicKey(KeyKind(item["kind"]), bytes.fromhex(item["key"]))
