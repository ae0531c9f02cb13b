"""API keys: minted once, kept as a digest, checked in constant time.

A token reads ``lt_<id>_<secret>``. The id finds the stored key; the secret is 256 random bits, of which
only the SHA-256 is stored. A fast digest is enough: there is nothing to guess in 256 random bits.
"""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ler_trust.contracts import AccountStore, Clock
from ler_trust.model.instant import SECOND, Instant
from ler_trust.model.records import ApiKey, Role

FIRST_TENANT: Final = "default"
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 8
_TOKEN: Final = re.compile(r"lt_(?P<id>[0-9a-f]{16})_(?P<secret>[A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY: Final = hashlib.sha256(b"").digest()  # what an unknown id is compared with: no secret is empty
_REMEMBERED_FOR: Final = 3 * SECOND  # how long a revocation made by another replica can go unnoticed
_REMEMBERED: Final = 4_096  # keys in use at one time


def mint_api_key(tenant: str, roles: Iterable[Role], label: str, at: Instant) -> tuple[ApiKey, str]:
    """Return a new key, to be stored, and its token, to be shown once and kept nowhere."""
    key_id = secrets.token_hex(_ID_BYTES)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(key_id, tenant, frozenset(roles), label, _digest(secret), at)
    return key, f"lt_{key_id}_{secret}"


async def authenticate(store: AccountStore, token: str) -> ApiKey | None:
    """Return the key that ``token`` is for, ``None`` when there is none or it was revoked.

    An id that is not known costs what a wrong secret costs: one look-up, one digest, one comparison.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    key = await store.api_key(found["id"])
    expected = _NOBODY if key is None else key.digest
    matches = hmac.compare_digest(_digest(found["secret"]), expected)
    return key if key is not None and matches and key.revoked_at is None else None


async def ensure_first_admin(store: AccountStore, clock: Clock) -> str | None:
    """Make the tenant ``default`` and its first admin key; return the token, ``None`` if there is a key.

    Asked of the keys and not of the tenant, so that a start that was cut short does not lock everybody out.
    """
    now = clock.now()
    await store.create_tenant(FIRST_TENANT, now)
    if any(Role.ADMIN in key.roles for key in await store.api_keys(FIRST_TENANT)):
        return None
    key, token = mint_api_key(FIRST_TENANT, {Role.ADMIN}, "first start", now)
    await store.put_api_key(key)
    return token


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey
    until: Instant


class KeyRing:
    """Authenticates tokens, and remembers good ones for three seconds: a busy client costs no look-ups."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()

    async def authenticate(self, token: str) -> ApiKey | None:
        """Return the key that ``token`` is for, ``None`` when there is none or it was revoked."""
        digest, now = _digest(token), self._clock.now()
        known = self._remembered.get(digest)
        if known is not None and known.until - _REMEMBERED_FOR <= now < known.until:
            return known.key
        key = await authenticate(self._store, token)
        if key is None:
            self._remembered.pop(digest, None)
        else:
            self._remember(digest, _Remembered(key, now + _REMEMBERED_FOR))
        return key

    async def revoke(self, tenant: str, key_id: str) -> bool:
        """Revoke a key, at once in this process; returns whether there was one to revoke."""
        done = await self._store.revoke_api_key(tenant, key_id, self._clock.now())
        for digest in [digest for digest, known in self._remembered.items() if known.key.id == key_id]:
            del self._remembered[digest]
        return done

    def _remember(self, digest: bytes, entry: _Remembered) -> None:
        self._remembered[digest] = entry
        self._remembered.move_to_end(digest)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
