"""Plugins by entry point: those on the allow-list are imported at start, and the table is then frozen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final, TypeGuard, TypeVar

from ler_trust.contracts import DidMethod
from ler_trust.errors import ConfigurationError

DID_METHODS: Final = "ler_trust.did_methods"

Plugin = TypeVar("Plugin")


def load_plugins(
    group: str, enabled: Sequence[str], fits: Callable[[object], TypeGuard[Plugin]]
) -> Mapping[str, Plugin]:
    """Return the plugins of entry point ``group`` that ``enabled`` names, by name, in that order.

    An entry point leads to a class made without arguments; ``fits`` says whether the object keeps the
    contract. Raises ``ConfigurationError`` when two distributions offer one name, when an enabled plugin is
    missing, cannot be loaded, or does not fit.
    """
    offered = _offered(group)
    return MappingProxyType({name: _load(group, name, offered, fits) for name in enabled})


def load_did_methods(enabled: Sequence[str]) -> Mapping[str, DidMethod]:
    """Return the enabled DID methods by name; raises ``ConfigurationError`` as ``load_plugins`` does."""
    methods = load_plugins(DID_METHODS, enabled, _is_did_method)
    for name, method in methods.items():
        if method.name != name:
            raise ConfigurationError(f"the DID method plugin {name!r} calls itself {method.name!r}")
    return methods


def _is_did_method(candidate: object) -> TypeGuard[DidMethod]:
    return isinstance(candidate, DidMethod)


def _offered(group: str) -> Mapping[str, EntryPoint]:
    found = entry_points(group=group)
    repeated = sorted(name for name, count in Counter(point.name for point in found).items() if count > 1)
    if repeated:
        raise ConfigurationError(f"more than one plugin of {group} is called {repeated[0]!r}")
    return {point.name: point for point in found}


def _load(
    group: str,
    name: str,
    offered: Mapping[str, EntryPoint],
    fits: Callable[[object], TypeGuard[Plugin]],
) -> Plugin:
    if name not in offered:
        installed = ", ".join(sorted(offered)) or "none"
        raise ConfigurationError(f"no plugin of {group} is called {name!r}; installed: {installed}")
    try:
        plugin: object = offered[name].load()()
    except Exception as error:
        raise ConfigurationError(f"the plugin {name!r} of {group} cannot be loaded: {error}") from error
    if not fits(plugin):
        raise ConfigurationError(f"the plugin {name!r} of {group} does not keep the contract")
    return plugin
