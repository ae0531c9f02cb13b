from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ler_trust.accounts import KeyRing, authenticate, ensure_first_admin, mint_api_key
from ler_trust.model.records import ApiKey, Role
from ler_trust.store.sql import SqlStore
from tests.kit.clock import MORNING, SteppedClock


class CountingStore(SqlStore):
    """Counts look-ups of API keys."""

    lookups = 0

    async def api_key(self, key_id: str) -> ApiKey | None:
        self.lookups += 1
        return await super().api_key(key_id)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CountingStore]:
    opened = await CountingStore.open(f"sqlite:///{tmp_path}/keys.sqlite3")
    await opened.create_tenant("default", MORNING)
    yield opened
    await opened.close()


async def _key(store: SqlStore) -> tuple[ApiKey, str]:
    key, token = mint_api_key("default", {Role.VERIFIER}, "test", MORNING)
    await store.put_api_key(key)
    return key, token


def test_a_token_has_256_bits_of_secret_and_the_record_has_none_of_it() -> None:
    key, token = mint_api_key("default", {Role.VERIFIER}, "test", MORNING)
    marker, key_id, secret = token.split("_", 2)
    assert (marker, key_id) == ("lt", key.id)
    assert len(secret) == 43  # 32 bytes in base64url
    assert secret not in repr(key)
    assert secret.encode() not in key.digest


async def test_a_token_is_its_key_and_nothing_else_is(store: CountingStore) -> None:
    key, token = await _key(store)
    assert await authenticate(store, token) == key
    other = mint_api_key("default", {Role.ADMIN}, "other", MORNING)[1]
    wrong_secret = f"lt_{key.id}_{other.rpartition('_')[2][-43:].rjust(43, 'A')}"
    for bad in (
        other,
        wrong_secret,
        token + "x",
        token.upper(),
        "",
        "lt__",
        f"lt_{key.id}_",
        "\ud800",
        token + "\n",
    ):
        assert await authenticate(store, bad) is None, bad


async def test_an_unknown_id_costs_one_look_up_like_a_wrong_secret(store: CountingStore) -> None:
    key, _ = await _key(store)
    secret = "A" * 43
    for token in (f"lt_{key.id}_{secret}", f"lt_{'0' * 16}_{secret}"):
        store.lookups = 0
        assert await authenticate(store, token) is None
        assert store.lookups == 1


async def test_a_revoked_key_is_refused_within_seconds_by_every_replica(store: CountingStore) -> None:
    clock = SteppedClock()
    here, elsewhere = KeyRing(store, clock), KeyRing(store, clock)
    key, token = await _key(store)
    assert await here.authenticate(token) == key
    assert await elsewhere.authenticate(token) == key
    store.lookups = 0
    assert await elsewhere.authenticate(token) == key
    assert store.lookups == 0
    assert await here.revoke("default", key.id)
    assert await here.authenticate(token) is None
    clock.advance(3)
    assert await elsewhere.authenticate(token) is None
    assert not await here.revoke("default", key.id)


async def test_clock_that_goes_back_does_not_keep_a_revoked_key(store: CountingStore) -> None:
    clock = SteppedClock()
    here, elsewhere = KeyRing(store, clock), KeyRing(store, clock)
    key, token = await _key(store)
    assert await elsewhere.authenticate(token) == key
    assert await here.revoke("default", key.id)
    clock.advance(-3_600)
    assert await elsewhere.authenticate(token) is None


async def test_a_key_is_revoked_by_its_own_tenant_only(store: CountingStore) -> None:
    ring = KeyRing(store, SteppedClock())
    key, token = await _key(store)
    assert not await ring.revoke("other", key.id)
    assert await ring.authenticate(token) == key


async def test_wrong_tokens_are_not_remembered(store: CountingStore) -> None:
    ring = KeyRing(store, SteppedClock())
    for number in range(20):
        assert await ring.authenticate(f"lt_{number:016x}_{'A' * 43}") is None
    assert not ring._remembered


async def test_the_first_admin_is_made_once(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/first.sqlite3")
    token = await ensure_first_admin(store, SteppedClock())
    assert token is not None
    admin = await authenticate(store, token)
    assert admin is not None
    assert (admin.tenant, admin.roles) == ("default", frozenset({Role.ADMIN}))
    assert await ensure_first_admin(store, SteppedClock()) is None
    await store.close()


async def test_a_first_start_that_was_cut_short_locks_nobody_out(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/first.sqlite3")
    await store.create_tenant("default", MORNING)
    assert await ensure_first_admin(store, SteppedClock()) is not None
    await store.close()
