"""Tenants, API keys, policies and sealed signing keys in the database."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, Row, Select, insert, select, update

from ler_trust.model.instant import Instant
from ler_trust.model.policy import Policy
from ler_trust.model.records import ApiKey, Role, SigningKey
from ler_trust.store.sql.repository import Repository
from ler_trust.store.sql.tables import API_KEY, POLICY, POLICY_LATEST, SIGNING_KEY, TENANT, TENANT_SECRET

_POLICY: Final = TypeAdapter(Policy)


class AccountRepository(Repository):
    """The accounts part of the store (``contracts.AccountStore``)."""

    async def create_tenant(self, tenant: str, at: Instant) -> bool:
        """Add a tenant; returns whether it was new."""
        new = self._database.insert(TENANT).values(id=tenant, created_at=at).on_conflict_do_nothing()
        return await self._database.write(None, _changes_one, new)

    async def tenants(self) -> Sequence[str]:
        """Return all tenants, in order of creation."""
        query = select(TENANT.c.id).order_by(TENANT.c.created_at, TENANT.c.id)
        return await self._database.read(lambda connection: connection.scalars(query).all())

    async def put_api_key(self, key: ApiKey) -> None:
        """Add an API key; raises ``Conflict('request.conflict')`` when its id is taken."""
        values = {column.name: getattr(key, column.name) for column in API_KEY.c}
        values["roles"] = sorted(role.value for role in key.roles)
        await self._database.write(None, _changes_one, insert(API_KEY).values(values))

    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key, also a revoked one."""
        found = await self._database.read(_api_keys, select(API_KEY).where(API_KEY.c.id == key_id))
        return found[0] if found else None

    async def api_keys(self, tenant: str) -> Sequence[ApiKey]:
        """Return a tenant's API keys, revoked ones included, in order of creation."""
        query = select(API_KEY).where(API_KEY.c.tenant == tenant)
        return await self._database.read(_api_keys, query.order_by(API_KEY.c.created_at, API_KEY.c.id))

    async def revoke_api_key(self, tenant: str, key_id: str, at: Instant) -> bool:
        """Revoke an API key; returns whether there was one to revoke, not revoked before."""
        query = (
            update(API_KEY)
            .where(API_KEY.c.tenant == tenant, API_KEY.c.id == key_id, API_KEY.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return await self._database.write(None, _changes_one, query)

    async def put_policy(self, tenant: str, policy: Policy, at: Instant) -> Policy:
        """Store a policy as the next version of its name and return it with that version."""
        latest = self._database.insert(POLICY_LATEST).values(tenant=tenant, id=policy.id, version=1)
        next_version = latest.on_conflict_do_update(
            index_elements=["tenant", "id"], set_={"version": POLICY_LATEST.c.version + 1}
        ).returning(POLICY_LATEST.c.version)
        return await self._database.write(None, _put_policy, next_version, tenant, policy, at)

    async def policies(self, tenant: str) -> Sequence[Policy]:
        """Return the latest version of each of a tenant's policies, by name."""
        latest = POLICY_LATEST.c
        query = (
            select(POLICY.c.body)
            .join(
                POLICY_LATEST,
                (latest.tenant == POLICY.c.tenant)
                & (latest.id == POLICY.c.id)
                & (latest.version == POLICY.c.version),
            )
            .where(POLICY.c.tenant == tenant)
            .order_by(POLICY.c.id)
        )
        bodies = await self._database.read(lambda connection: connection.scalars(query).all())
        return [_POLICY.validate_python(body) for body in bodies]

    async def keep_secret(self, tenant: str, name: str, sealed: bytes, at: Instant) -> bytes:
        """Keep a sealed secret of a tenant unless there is one of that name; return the one that is kept."""
        values = {"tenant": tenant, "name": name, "sealed": sealed, "created_at": at}
        new = self._database.insert(TENANT_SECRET).values(values).on_conflict_do_nothing()
        secret = TENANT_SECRET.c
        query = select(secret.sealed).where(secret.tenant == tenant, secret.name == name)
        return await self._database.write(None, _keep, new, query)

    async def reseal(self, anew: Callable[[bytes], bytes]) -> int:
        """Replace every sealed secret of every tenant by what ``anew`` makes of it; return how many.

        All are replaced or none, so also when ``anew`` raises.
        """
        return await self._database.write(None, _reseal, anew)

    async def put_signing_key(self, key: SigningKey) -> None:
        """Add a sealed signing key; raises ``Conflict('request.conflict')`` when its id is taken."""
        values = {column.name: getattr(key, column.name) for column in SIGNING_KEY.c}
        await self._database.write(None, _changes_one, insert(SIGNING_KEY).values(values))

    async def signing_key(self, key_id: str) -> SigningKey | None:
        """Return a sealed signing key."""
        query = select(SIGNING_KEY).where(SIGNING_KEY.c.id == key_id)
        found = await self._database.read(_signing_keys, query)
        return found[0] if found else None

    async def signing_keys(self, tenant: str) -> Sequence[SigningKey]:
        """Return a tenant's sealed signing keys, in order of creation."""
        query = select(SIGNING_KEY).where(SIGNING_KEY.c.tenant == tenant)
        ordered = query.order_by(SIGNING_KEY.c.created_at, SIGNING_KEY.c.id)
        return await self._database.read(_signing_keys, ordered)


def _changes_one(connection: Connection, statement: Executable) -> bool:
    return connection.execute(statement).rowcount == 1


def _reseal(connection: Connection, anew: Callable[[bytes], bytes]) -> int:
    secret = TENANT_SECRET.c
    keys = connection.execute(select(SIGNING_KEY.c.id, SIGNING_KEY.c.sealed).with_for_update()).all()
    secrets = connection.execute(select(secret.tenant, secret.name, secret.sealed).with_for_update()).all()
    for key_id, sealed in keys:
        connection.execute(update(SIGNING_KEY).where(SIGNING_KEY.c.id == key_id).values(sealed=anew(sealed)))
    for tenant, name, sealed in secrets:
        this = (secret.tenant == tenant) & (secret.name == name)
        connection.execute(update(TENANT_SECRET).where(this).values(sealed=anew(sealed)))
    return len(keys) + len(secrets)


def _keep(connection: Connection, new: Executable, query: Select[Any]) -> bytes:
    connection.execute(new)
    return bytes(connection.execute(query).scalar_one())


def _put_policy(
    connection: Connection, next_version: Executable, tenant: str, policy: Policy, at: Instant
) -> Policy:
    version = int(connection.execute(next_version).scalar_one())
    stored = replace(policy, version=version)
    body = _POLICY.dump_python(stored, mode="json")
    row = {"tenant": tenant, "id": policy.id, "version": version, "body": body, "recorded_at": at}
    connection.execute(insert(POLICY).values(row))
    return stored


def _api_keys(connection: Connection, query: Select[Any]) -> Sequence[ApiKey]:
    return [_api_key(row) for row in connection.execute(query)]


def _api_key(row: Row[Any]) -> ApiKey:
    values = row._asdict()
    values["roles"] = frozenset(Role(role) for role in values["roles"])
    return ApiKey(**values)


def _signing_keys(connection: Connection, query: Select[Any]) -> Sequence[SigningKey]:
    return [SigningKey(**row._asdict()) for row in connection.execute(query)]
