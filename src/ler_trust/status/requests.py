"""Idempotency keys: what makes two requests the same."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from ler_trust.model.instant import Instant
from ler_trust.model.records import RequestKey, StatusChange


def request_key(tenant: str, key: str | None, at: Instant, *asked: Any) -> RequestKey | None:
    """Return the key for a request that asks ``asked`` (values that JSON has), ``None`` without one."""
    if key is None:
        return None
    return RequestKey(tenant, key, sha256(orjson.dumps(asked)).digest(), at)


def changes_as_asked(batches: Mapping[str, Sequence[StatusChange]]) -> list[Any]:
    """Return what is asked by ``batches``, in one order and in values that JSON has."""
    return [
        [list_id, [[each.index, each.value, each.reason, each.code.value] for each in batches[list_id]]]
        for list_id in sorted(batches)
    ]
