"""What holds keys, and keys in a file."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.suites.signing import LocalSigner


class KeyHolder(Protocol):
    """Holds keys by name and signs with them.

    Its methods block, and are called from one thread at a time. They raise ``Undecided`` with
    ``signer.key_missing``, ``signer.device_missing``, ``signer.locked`` or ``signer.failed``.
    """

    def public_key(self, name: str) -> PublicKey:
        """Return the public half of a key."""
        ...

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature of ``data`` in the form that ``contracts.Signer`` says."""
        ...


class KeysInFile:
    """Keys whose seeds are in a file: a JSON object of names, each with ``kind`` and ``seed`` (hexadecimal).

    Raises ``ConfigurationError`` for a file that is not of that form.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._signers = {name: _signer(key) for name, key in _read(path).items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Without the error itself, which may quote a seed.
            raise ConfigurationError(f"{path} is no file of keys ({type(error).__name__})") from None

    def public_key(self, name: str) -> PublicKey:
        """Return the public half of a key."""
        return self._named(name).public_key

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature of ``data``."""
        return self._named(name).sign(data)

    def _named(self, name: str) -> LocalSigner:
        if name not in self._signers:
            raise Undecided("signer.key_missing")
        return self._signers[name]


def add_keys(path: Path, names: Sequence[str], kind: KeyKind) -> None:
    """Add keys of these names to the file, unless it has them; it is readable by this user alone.

    Raises ``ConfigurationError`` for a file that is not of the form.
    """
    keys: dict[str, Any] = {}
    if path.exists():
        KeysInFile(path)  # refuses what is not of the form
        keys = _read(path)
    for name in names:
        keys.setdefault(name, {"kind": kind.value, "seed": secrets.token_hex(32)})
    new = path.with_name(f".{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(keys))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _signer(key: Any) -> LocalSigner:
    return LocalSigner.from_seed(KeyKind(key["kind"]), bytes.fromhex(key["seed"]))
