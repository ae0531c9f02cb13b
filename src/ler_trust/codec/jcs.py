"""JSON Canonicalization Scheme (RFC 8785)."""

from typing import Any

import rfc8785


def canonicalize(value: Any) -> bytes:
    """Return the canonical bytes of a JSON ``value`` as :mod:`ler_trust.codec.json_safe` reads it.

    Raises ``ValueError`` for a value that JSON cannot carry.
    """
    return rfc8785.dumps(value)
