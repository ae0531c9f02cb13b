"""Private keys at rest: sealed with a master key that is not in the database.

XSalsa20-Poly1305 (libsodium's secret box) with a random nonce, so a sealed key can be neither read nor
changed by whoever holds the database alone.
"""

import os
import secrets
import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ler_trust.errors import ConfigurationError

KEY_BYTES: Final = 32
_COMMAND_SECONDS: Final = 30


class MasterKey:
    """The 32 bytes that open everything sealed; written as 64 hexadecimal digits."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"master_key: the master key has {KEY_BYTES} bytes, not {len(key)}")
        self.key: Final = key

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a key written as 64 hexadecimal digits; raises :class:`ConfigurationError`."""
        try:
            return cls(bytes.fromhex(text.strip()))
        except ValueError:
            raise ConfigurationError(
                "master_key: the master key is written as 64 hexadecimal digits"
            ) from None

    @classmethod
    def from_command(cls, command: str) -> Self:
        """Read the key that ``command`` writes to its standard output; it is run without a shell.

        Blocks for at most half a minute. Raises :class:`ConfigurationError`, without a word of the output.
        """
        try:
            ran = subprocess.run(  # noqa: S603 - the operator's own setting
                shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS
            )
        except (OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
            kind = type(error).__name__
            raise ConfigurationError(f"master_key_command: the command cannot be run ({kind})") from None
        if ran.returncode != 0:
            raise ConfigurationError(f"master_key_command: the command ended with {ran.returncode}")
        return cls.from_text(ran.stdout.decode("ascii", "replace"))

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Read the key in ``path``, making one there first if there is no such file.

        Of several processes that start at once one makes the key and all use it; a file that exists is
        whole. Raises :class:`ConfigurationError` for a file that cannot be read, written or understood.
        """
        try:
            if not path.exists():
                _create(path)
            text = path.read_text("ascii")
        except (OSError, UnicodeError) as error:
            raise ConfigurationError(f"master_key_file: cannot use {path}: {error}") from error
        return cls.from_text(text)


class Vault:
    """Seals with one master key; opens with it, or with the ``previous`` one while that is being replaced."""

    def __init__(self, master_key: MasterKey, previous: MasterKey | None = None) -> None:
        keys = [master_key] if previous is None else [master_key, previous]
        self._boxes = [SecretBox(key.key) for key in keys]

    def seal(self, secret: bytes) -> bytes:
        """Return ``secret`` encrypted, 40 bytes longer."""
        return bytes(self._boxes[0].encrypt(secret))

    def reseal(self, sealed: bytes) -> bytes:
        """Return what was sealed with either key, sealed anew; raises as ``open`` does."""
        return self.seal(self.open(sealed))

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed; raises :class:`ConfigurationError` if by another key, or changed since."""
        for box in self._boxes:
            with suppress(CryptoError, ValueError):
                return box.decrypt(sealed)
        raise ConfigurationError(
            "master_key: a stored signing key does not open with this master key; "
            "start with the key that was in use when it was stored"
        )


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # readable by this user alone
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _link(name, path)
    finally:
        os.unlink(name)


def _link(source: str, path: Path) -> None:
    """Give the finished file its name, unless another process was first."""
    try:
        os.link(source, path)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too, survives a power cut: keys sealed next depend on it
    finally:
        os.close(folder)
