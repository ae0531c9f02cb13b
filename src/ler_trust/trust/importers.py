"""The list formats of the Digital Credentials Consortium, read into plain values.

Two formats: ``known-did-registries.json``, an array of registries whose order is their precedence, and
the lists it points to, ``{"meta": …, "registry": {did: {name, location, url}}}``. Neither says what a
member may issue or since when. What does not have the form is refused whole, with a pointer: a list read
in part would turn somebody's recognition off without a word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ler_trust.codec import json_safe
from ler_trust.codec.pointer import child
from ler_trust.errors import Rejected
from ler_trust.model.limits import MIB, Limits
from ler_trust.trust.checks import require_entity, require_text, require_url

LIST_BYTES: Final = 16 * MIB  # a list of 100,000 members has about 12 MiB
_LIMITS: Final = Limits(item_bytes=LIST_BYTES)


class RegistryFormat(StrEnum):
    """How a known registry is published."""

    LEGACY_LIST = "dcc-legacy"
    OPENID_FEDERATION = "oidf"


@dataclass(frozen=True, slots=True)
class KnownRegistry:
    """One entry of the list of registries; ``url`` is where it is published."""

    name: str
    format: RegistryFormat
    url: str
    governance_url: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a legacy list."""

    entity: str
    name: str


def read_known_registries(data: bytes) -> tuple[KnownRegistry, ...]:
    """Read ``known-did-registries.json``.

    Raises ``Rejected`` with ``request.invalid`` and a pointer, or with a ``format.*`` code.
    """
    entries = json_safe.loads(data, _LIMITS)
    if not isinstance(entries, list):
        raise Rejected("request.invalid", "a list of registries is a JSON array")
    found = tuple(_known_registry(entry, f"/{position}") for position, entry in enumerate(entries))
    seen: set[str] = set()
    for position, registry in enumerate(found):
        if registry.url in seen:
            raise Rejected("request.invalid", "a registry is listed twice", f"/{position}")
        seen.add(registry.url)
    return found


def read_legacy_list(data: bytes) -> Sequence[Member]:
    """Read a list of members; raises ``Rejected`` with ``request.invalid`` or a ``format.*`` code."""
    registry = _object(_object(json_safe.loads(data, _LIMITS), "").get("registry"), "/registry")
    return [_member(did, entry, child("/registry", did)) for did, entry in registry.items()]


def _known_registry(value: Any, pointer: str) -> KnownRegistry:
    entry = _object(value, pointer)
    try:
        kind = RegistryFormat(entry.get("type", ""))
    except ValueError:
        raise Rejected(
            "request.invalid", "the type is not one of dcc-legacy, oidf", f"{pointer}/type"
        ) from None
    place = "url" if kind is RegistryFormat.LEGACY_LIST else "trustAnchorEC"
    governance = entry.get("governanceUrl")
    return KnownRegistry(
        require_text(entry.get("name"), f"{pointer}/name"),
        kind,
        require_url(entry.get(place), f"{pointer}/{place}"),
        None if governance is None else require_url(governance, f"{pointer}/governanceUrl"),
    )


def _member(did: str, value: Any, pointer: str) -> Member:
    entry = _object(value, pointer)
    return Member(require_entity(did, pointer), require_text(entry.get("name"), f"{pointer}/name"))


def _object(value: Any, pointer: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Rejected("request.invalid", "a JSON object is needed here", pointer)
    return value
