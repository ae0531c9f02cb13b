"""Issuers' keys: sealed, named by DIDs that resolve, each tenant's its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ler_trust.codec.controlled_identifier import retrieve_verification_method
from ler_trust.errors import Conflict, Rejected
from ler_trust.issuers import IssuerKeys
from ler_trust.model.did import DidDocument, KeyKind
from ler_trust.store.sql import SqlStore
from ler_trust.store.vault import MasterKey, Vault
from tests.kit.clock import SteppedClock

VAULT = Vault(MasterKey(bytes(range(32))))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    yield opened
    await opened.close()


def keys_on(store: SqlStore, base_url: str = "https://trust.example.org") -> IssuerKeys:
    return IssuerKeys(store, VAULT, SteppedClock(), base_url)


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256, KeyKind.P384])
async def test_a_hosted_issuers_document_holds_the_key_that_signs(store: SqlStore, kind: KeyKind) -> None:
    keys = keys_on(store, "https://trust.example.org:8443")
    made = await keys.create("north", kind, "college")
    assert made.issuer == "did:web:trust.example.org%3A8443:issuers:college"
    content = await keys.did_document("college")
    assert content is not None
    document = DidDocument(made.issuer, content, b"", 0, 0)
    method = retrieve_verification_method(document, made.method, "assertionMethod")
    again = await keys_on(store, "https://trust.example.org:8443").signer("college")  # from the store alone
    assert method.key == again.public_key


async def test_an_issuer_without_a_name_is_a_did_key(store: SqlStore) -> None:
    made = await keys_on(store).create("north", KeyKind.ED25519)
    assert made.issuer.startswith("did:key:z6Mk")
    assert await keys_on(store).did_document(made.id) is None


async def test_private_key_is_not_in_the_store_in_the_clear(store: SqlStore, tmp_path: Path) -> None:
    made = await keys_on(store).create("north", KeyKind.ED25519)
    seed = VAULT.open(made.sealed)
    stored = await asyncio.to_thread(lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir()))
    assert seed not in stored
    assert seed.hex().encode() not in stored


async def test_another_tenants_key_does_not_sign(store: SqlStore) -> None:
    keys = keys_on(store)
    made = await keys.create("north", KeyKind.ED25519)
    assert (await keys.tenant_signer("north", made.id)).issuer == made.issuer
    with pytest.raises(Conflict):
        await keys.tenant_signer("south", made.id)


async def test_a_name_is_given_once(store: SqlStore) -> None:
    await keys_on(store).create("north", KeyKind.ED25519, "college")
    with pytest.raises(Conflict):
        await keys_on(store).create("south", KeyKind.ED25519, "college")


@pytest.mark.parametrize("name", ["", "-college", "College", "a/b", "..", "a" * 64, "café"])
async def test_a_name_that_cannot_stand_in_a_did_is_refused(store: SqlStore, name: str) -> None:
    with pytest.raises(Rejected):
        await keys_on(store).create("north", KeyKind.ED25519, name)


@pytest.mark.parametrize("base_url", ["http://localhost:8080", "https://192.0.2.1", "https://[2001:db8::1]"])
async def test_a_did_web_that_nobody_could_resolve_is_not_made(store: SqlStore, base_url: str) -> None:
    with pytest.raises(Rejected):
        await keys_on(store, base_url).create("north", KeyKind.ED25519, "college")


async def test_kinds_that_cannot_be_derived_are_refused(store: SqlStore) -> None:
    with pytest.raises(Rejected):
        await keys_on(store).create("north", KeyKind.RSA)
