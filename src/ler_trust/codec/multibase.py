"""Multibase (CID 1.0 §2.4): a letter naming the alphabet, then the text. Two are in use: ``z`` and ``u``."""

import re
from typing import Final

import base58

from ler_trust.codec import base64url

MAX_BASE58: Final = 1_024  # characters; decoding takes time with the square of the length, a key needs 70
MAX_BASE64URL: Final = 32 * 1024 * 1024  # characters; the largest status list, compressed, is far below

_BASE58: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]*", re.ASCII)


def base58btc(text: str) -> bytes:
    """Return the bytes of base-58-btc ``text`` without a multibase prefix; raises ``ValueError``."""
    if len(text) > MAX_BASE58:
        raise ValueError("base-58-btc text is too long")
    if _BASE58.fullmatch(text) is None:
        raise ValueError("not base-58-btc")
    return bytes(base58.b58decode(text))


def decode_base58btc(text: str) -> bytes:
    """Return the bytes of ``z`` followed by base-58-btc text; raises ``ValueError``."""
    return base58btc(_without_prefix(text, "z"))


def encode_base58btc(data: bytes) -> str:
    """Return ``data`` as ``z`` and base-58-btc."""
    return "z" + str(base58.b58encode(data).decode("ascii"))


def decode_base64url_nopad(text: str) -> bytes:
    """Return the bytes of ``u`` followed by unpadded base64url; raises ``ValueError``."""
    body = _without_prefix(text, "u")
    if len(body) > MAX_BASE64URL:
        raise ValueError("base64url text is too long")
    return base64url.decode(body)


def encode_base64url_nopad(data: bytes) -> str:
    """Return ``data`` as ``u`` and unpadded base64url."""
    return "u" + base64url.encode(data)


def _without_prefix(text: str, prefix: str) -> str:
    if not text.startswith(prefix):
        raise ValueError(f"the multibase prefix is not {prefix!r}")
    return text[1:]
