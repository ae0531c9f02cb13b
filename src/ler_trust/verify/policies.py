"""The policies a tenant can name: the built-in ones, and its own, each with its version."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ler_trust.contracts import AccountStore, Clock
from ler_trust.errors import Rejected
from ler_trust.model.policy import BUILT_IN, Policy

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_MAX_SECONDS: Final = 86_400  # a day: with more grace or skew than that the check would mean nothing
_MAX_TEXT: Final = 1_000
_MAX_REGISTRIES: Final = 64  # every answer names those that were not found
_MAX_REGISTRY_NAME: Final = 64
_MAX_LIST_ENTRIES: Final = 2**27  # what a list of the largest size accepted can hold
_BUILT_IN: Final = {policy.id: policy for policy in BUILT_IN}
_MEMBERS: Final = frozenset(field.name for field in fields(Policy)) - {"id", "version"}
_READER: Final = TypeAdapter(Policy)


class Policies:
    """Finds and keeps policies. The built-in names cannot be given another meaning."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def all(self, tenant: str) -> list[Policy]:
        """Return the built-in policies and the latest version of each of the tenant's own."""
        return [*BUILT_IN, *await self._store.policies(tenant)]

    async def get(self, tenant: str, name: str) -> Policy:
        """Return the latest version of a policy; raises ``Rejected('request.not_found')``."""
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        for policy in await self._store.policies(tenant):
            if policy.id == name:
                return policy
        raise Rejected("request.not_found", f"there is no policy called {name[:64]!r}", "/policy")

    async def put(self, tenant: str, name: str, members: Mapping[str, Any]) -> Policy:
        """Store a policy as its name's next version and return it.

        ``members`` are those of :class:`Policy` without ``id`` and ``version``. Raises
        ``Rejected('request.invalid')`` with a pointer to the first member that is wrong.
        """
        policy = read_policy(name, members)
        return await self._store.put_policy(tenant, policy, self._clock.now())


def read_policy(name: str, members: Mapping[str, Any]) -> Policy:
    """Read a policy from JSON members; raises ``Rejected('request.invalid')``."""
    if name in _BUILT_IN or not _NAME.fullmatch(name):
        raise Rejected(
            "request.invalid", "the name is built in or not of the form a-z, 0-9 and hyphens", "/id"
        )
    for member in members:
        if member not in _MEMBERS:
            raise Rejected("request.invalid", "a policy has no such member", "/" + member[:64])
    try:
        policy = _READER.validate_python({"description": "", **members, "id": name, "version": 0})
    except ValidationError as error:
        first = error.errors()[0]
        raise Rejected(
            "request.invalid", first["msg"], "".join(f"/{part}" for part in first["loc"])
        ) from None
    _check(policy)
    return policy


def _check(policy: Policy) -> None:
    for name in ("stale_list_grace", "clock_skew"):
        if not 0 <= getattr(policy, name) <= _MAX_SECONDS:
            raise Rejected("request.invalid", f"not a number of seconds from 0 to {_MAX_SECONDS}", f"/{name}")
    if not 1 <= policy.min_list_entries <= _MAX_LIST_ENTRIES:
        raise Rejected("request.invalid", f"not from 1 to {_MAX_LIST_ENTRIES}", "/min_list_entries")
    registries = policy.registries or ()
    if len(registries) > _MAX_REGISTRIES or any(len(name) > _MAX_REGISTRY_NAME for name in registries):
        limits = f"{_MAX_REGISTRIES} names, or one longer than {_MAX_REGISTRY_NAME} characters"
        raise Rejected("request.invalid", f"more than {limits}", "/registries")
    if len(policy.description) > _MAX_TEXT:
        raise Rejected("request.invalid", f"longer than {_MAX_TEXT} characters", "/description")
