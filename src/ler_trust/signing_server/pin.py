"""The PIN of a hardware token: where it comes from, and never a second try of one that was refused.

A token locks itself for good after a few wrong tries, so one that it refused is not shown to it again,
however often somebody asks for a signature. A PIN that was corrected is read the next time.
"""

import hashlib
import secrets
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ler_trust.errors import ConfigurationError, Undecided

_COMMAND_SECONDS: Final = 30
_MOST: Final = 1_024  # bytes: a PIN has some characters


class Pin:
    """Reads a PIN by ``read`` whenever it is needed, and remembers, by a keyed digest, those refused."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._key = secrets.token_bytes(32)
        self._refused: set[bytes] = set()
        self._last = b""

    def __repr__(self) -> str:
        return "Pin()"

    def next(self) -> str:
        """Return the PIN to be tried; raises ``Undecided('signer.locked')`` when there is no new one."""
        try:
            pin = self._read()
        except (OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
            # Without the error itself, which may quote what was read.
            detail = f"the PIN cannot be read ({type(error).__name__})"
            raise Undecided("signer.locked", detail, retryable=True) from None
        self._last = hashlib.blake2b(pin.encode(), key=self._key).digest()
        if not pin or self._last in self._refused:
            detail = "the PIN was refused and is not tried again" if pin else "there is no PIN"
            raise Undecided("signer.locked", detail, retryable=True)
        return pin

    def was_refused(self) -> None:
        """Note that the token refused the PIN that was given last."""
        self._refused.add(self._last)


def pin_from(file: Path | None, command: str, environment: str) -> Pin:
    """Return the PIN in a file, or what a command writes, or as the environment has it: one of the three.

    Raises ``ConfigurationError`` for none or several, and for a file that others may read.
    """
    if sum(map(bool, (file, command, environment))) != 1:
        raise ConfigurationError(
            "give the PIN in --pin-file, by --pin-command or as LER_TRUST_SIGNER_PIN, one of them"
        )
    if file is not None:
        _require_private(file)
        return Pin(lambda: _text(file.read_bytes()))
    return Pin(lambda: _written(command)) if command else Pin(lambda: environment)


def _require_private(file: Path) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        raise ConfigurationError(f"cannot use {file}: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigurationError(f"{file} can be read by others (mode {mode:o}); run chmod 600 on it")


def _written(command: str) -> str:
    """Return what ``command`` writes to its standard output; it is run without a shell."""
    ran = subprocess.run(  # noqa: S603 - the operator's own setting
        shlex.split(command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_COMMAND_SECONDS,
        check=True,
    )
    return _text(ran.stdout)


def _text(content: bytes) -> str:
    if len(content) > _MOST:
        raise ValueError("too long for a PIN")
    return content.decode("utf-8").rstrip("\r\n")
