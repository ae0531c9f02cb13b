"""The JSON-LD contexts this service knows: pinned by SHA-256, never fetched.

``README.md`` beside this file says where they come from, ``manifest.json`` what each one is.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from ler_trust.codec import json_safe
from ler_trust.errors import ConfigurationError, Rejected

_FOLDER: Final = files(__name__)


def _pinned() -> Mapping[str, bytes]:
    manifest = json.loads(_FOLDER.joinpath("manifest.json").read_bytes())
    return MappingProxyType({row["url"]: _verified(row["file"], row["sha256"]) for row in manifest})


def _verified(file: str, sha256: str) -> bytes:
    content = _FOLDER.joinpath(file).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConfigurationError(f"the JSON-LD context {file} is not the one that was pinned")
    return content


PINNED: Final[Mapping[str, bytes]] = _pinned()
"""Every pinned context by URL."""


def with_added(added: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the pinned contexts and those an operator ``added``, by URL.

    Raises ``ConfigurationError`` for one that is not a JSON-LD context or would replace a pinned one.
    """
    if not added:
        return PINNED
    for url, content in added.items():
        if PINNED.get(url, content) != content:
            raise ConfigurationError(f"the JSON-LD context {url} is pinned and cannot be replaced")
        _require_context(url, content)
    return MappingProxyType({**PINNED, **added})


def uses_import(context: Any) -> bool:
    """Say whether an ``@import`` stands anywhere in ``context``: it would change one context by another."""
    if isinstance(context, dict):
        return "@import" in context or any(map(uses_import, context.values()))
    return isinstance(context, list) and any(map(uses_import, context))


def _require_context(url: str, content: bytes) -> None:
    try:
        document = json_safe.loads(content)
    except Rejected as finding:
        raise ConfigurationError(f"the JSON-LD context {url} cannot be read: {finding.detail}") from None
    if not isinstance(document, dict) or "@context" not in document:
        raise ConfigurationError(f"{url} is not a JSON-LD context")
    if uses_import(document):
        raise ConfigurationError(f"the JSON-LD context {url} uses @import, which is not supported")
