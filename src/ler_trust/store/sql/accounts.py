"""Tenants, API keys, policies and sealed signing keys in the database."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ler_trust.model.instant import Instant
from ler_trust.model.policy import Policy
from ler_trust.model.records import ApiKey, Role, SigningKey
from ler_trust.store.sql.repository import Repository, to_the_end
from ler_trust.store.sql.tables import API_KEY, POLICY, POLICY_LATEST, SIGNING_KEY, TENANT

_POLICY: Final = TypeAdapter(Policy)


class AccountRepository(Repository):
    """The accounts part of the store (``contracts.AccountStore``)."""

    @to_the_end
    async def create_tenant(self, tenant: str, at: Instant) -> bool:
        """Add a tenant; returns whether it was new."""
        query = self._database.insert(TENANT).values(id=tenant, created_at=at).on_conflict_do_nothing()
        async with self._database.writing() as connection:
            return (await connection.execute(query)).rowcount == 1

    @to_the_end
    async def tenants(self) -> Sequence[str]:
        """Return all tenants, in order of creation."""
        query = select(TENANT.c.id).order_by(TENANT.c.created_at, TENANT.c.id)
        async with self._database.reading() as connection:
            return (await connection.scalars(query)).all()

    @to_the_end
    async def put_api_key(self, key: ApiKey) -> None:
        """Add an API key; raises ``Conflict('request.conflict')`` when its id is taken."""
        values = {column.name: getattr(key, column.name) for column in API_KEY.c}
        values["roles"] = sorted(role.value for role in key.roles)
        async with self._database.writing() as connection:
            await connection.execute(insert(API_KEY).values(values))

    @to_the_end
    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key, also a revoked one."""
        found = await self._api_keys(select(API_KEY).where(API_KEY.c.id == key_id))
        return found[0] if found else None

    @to_the_end
    async def api_keys(self, tenant: str) -> Sequence[ApiKey]:
        """Return a tenant's API keys, revoked ones included, in order of creation."""
        query = select(API_KEY).where(API_KEY.c.tenant == tenant)
        return await self._api_keys(query.order_by(API_KEY.c.created_at, API_KEY.c.id))

    async def _api_keys(self, query: Select[Any]) -> Sequence[ApiKey]:
        async with self._database.reading() as connection:
            return [_api_key(row) for row in await connection.execute(query)]

    @to_the_end
    async def revoke_api_key(self, tenant: str, key_id: str, at: Instant) -> bool:
        """Revoke an API key; returns whether there was one to revoke, not revoked before."""
        query = (
            update(API_KEY)
            .where(API_KEY.c.tenant == tenant, API_KEY.c.id == key_id, API_KEY.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        async with self._database.writing() as connection:
            return (await connection.execute(query)).rowcount == 1

    @to_the_end
    async def put_policy(self, tenant: str, policy: Policy, at: Instant) -> Policy:
        """Store a policy as the next version of its name and return it with that version."""
        async with self._database.writing() as connection:
            version = await self._next_version(connection, tenant, policy.id)
            stored = replace(policy, version=version)
            body = _POLICY.dump_python(stored, mode="json")
            row = {"tenant": tenant, "id": policy.id, "version": version, "body": body, "recorded_at": at}
            await connection.execute(insert(POLICY).values(row))
            return stored

    async def _next_version(self, connection: AsyncConnection, tenant: str, policy_id: str) -> int:
        latest = self._database.insert(POLICY_LATEST).values(tenant=tenant, id=policy_id, version=1)
        query = latest.on_conflict_do_update(
            index_elements=["tenant", "id"], set_={"version": POLICY_LATEST.c.version + 1}
        ).returning(POLICY_LATEST.c.version)
        return int((await connection.execute(query)).scalar_one())

    @to_the_end
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
        async with self._database.reading() as connection:
            return [_POLICY.validate_python(body) for body in await connection.scalars(query)]

    @to_the_end
    async def put_signing_key(self, key: SigningKey) -> None:
        """Add a sealed signing key; raises ``Conflict('request.conflict')`` when its id is taken."""
        values = {column.name: getattr(key, column.name) for column in SIGNING_KEY.c}
        async with self._database.writing() as connection:
            await connection.execute(insert(SIGNING_KEY).values(values))

    @to_the_end
    async def signing_key(self, key_id: str) -> SigningKey | None:
        """Return a sealed signing key."""
        query = select(SIGNING_KEY).where(SIGNING_KEY.c.id == key_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return SigningKey(**row._asdict()) if row else None

    @to_the_end
    async def signing_keys(self, tenant: str) -> Sequence[SigningKey]:
        """Return a tenant's sealed signing keys, in order of creation."""
        query = select(SIGNING_KEY).where(SIGNING_KEY.c.tenant == tenant)
        ordered = query.order_by(SIGNING_KEY.c.created_at, SIGNING_KEY.c.id)
        async with self._database.reading() as connection:
            return [SigningKey(**row._asdict()) for row in await connection.execute(ordered)]


def _api_key(row: Row[Any]) -> ApiKey:
    values = row._asdict()
    values["roles"] = frozenset(Role(role) for role in values["roles"])
    return ApiKey(**values)
