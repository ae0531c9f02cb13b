"""Issuers' own names for credentials, as this service knows them: digests under a key that is kept sealed.

Such a name may be a person's: with the database alone it can be neither read nor tried out.
"""

import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from ler_trust.contracts import AccountStore, Clock
from ler_trust.store.vault import Vault

_NAME: Final = "credential references"
_KEY_BYTES: Final = 32


class ReferenceDigests:
    """Digests a tenant's references; each tenant has a key of its own, made when it is first needed."""

    def __init__(self, store: AccountStore, vault: Vault, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._keys: dict[str, bytes] = {}

    async def digests(self, tenant: str, references: Sequence[str]) -> Sequence[bytes]:
        """Return HMAC-SHA-256 of each reference (32 bytes), in order."""
        key = self._keys.get(tenant)
        if key is None:
            key = self._keys[tenant] = await self._key(tenant)
        return [hmac.digest(key, reference.encode("utf-8"), "sha256") for reference in references]

    async def _key(self, tenant: str) -> bytes:
        sealed = self._vault.seal(secrets.token_bytes(_KEY_BYTES))
        kept = await self._store.keep_secret(tenant, _NAME, sealed, self._clock.now())
        return self._vault.open(kept)
