"""base64url without padding (RFC 4648 §5, RFC 7515 §2), read strictly: one text for each byte string."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

_FORM: Final = re.compile(
    r"(?:[A-Za-z0-9_-]{4})*+"
    # What remains of a last, incomplete group must have zeros where it has no bits of a byte.
    r"(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?",
    re.ASCII,
)


def decode(text: str) -> bytes:
    """Return the bytes that ``text`` encodes.

    Raises ``ValueError`` for padding, a character outside the alphabet, an impossible length, or bits at
    the end that no encoder would set.
    """
    if _FORM.fullmatch(text) is None:
        raise ValueError("not unpadded base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    """Return ``data`` as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
