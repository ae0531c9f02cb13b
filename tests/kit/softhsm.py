"""A software token (SoftHSM 2) that a test makes, uses and takes away: in a folder of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kit.servers import SOFTHSM_INSTRUCTION, softhsm_module

LABEL = "college"
PIN = "2468-right"
_SECONDS = 60


class SoftToken:
    """A token in ``folder``; ``take_away`` and ``bring_back`` are what a hand does with a real one."""

    def __init__(self, module: str, folder: Path) -> None:
        self.module = module
        self._tokens = folder / "tokens"
        self._away = folder / "away"
        self._configuration = folder / "softhsm2.conf"
        self._tokens.mkdir(parents=True)
        settings = {"directories.tokendir": self._tokens, "objectstore.backend": "file", "log.level": "ERROR"}
        self._configuration.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.make(LABEL, PIN)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which a process finds the token."""
        return {"SOFTHSM2_CONF": str(self._configuration)}

    def make(self, label: str, pin: str) -> None:
        """Make a token."""
        self._run("--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "administrator")

    def wipe(self) -> None:
        """Make the token anew, without a key."""
        self._run("--delete-token", "--token", LABEL)
        self.make(LABEL, PIN)

    def take_away(self) -> None:
        """Pull the token out."""
        self._tokens.rename(self._away)

    def bring_back(self) -> None:
        """Put the token in again."""
        self._away.rename(self._tokens)

    def _run(self, *arguments: str) -> None:
        environment = os.environ | self.environment
        subprocess.run(
            ["softhsm2-util", "--module", self.module, *arguments],
            env=environment,
            check=True,
            capture_output=True,
            timeout=_SECONDS,
        )


@contextmanager
def soft_token(folder: Path) -> Iterator[SoftToken]:
    """Make a token that this process finds too; fails, and says what to do, where there is no SoftHSM."""
    module = softhsm_module()
    if module is None:
        raise RuntimeError(SOFTHSM_INSTRUCTION)
    token = SoftToken(module, folder)
    before = {name: os.environ.get(name) for name in token.environment}
    os.environ.update(token.environment)
    try:
        yield token
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
