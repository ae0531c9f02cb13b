"""Digital Bazaar's ``vc`` and its cryptosuites, installed with npm exactly as the lock file says."""

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.bench.processes import BenchError

SOURCE: Final = Path(__file__).parent / "node"
_FILES: Final = ("package.json", "package-lock.json")
_INSTALL_SECONDS: Final = 300


def install(directory: Path) -> Path:
    """Install the peer into ``directory`` unless it is there, and return the script that drives it.

    Raises ``BenchError`` when Node.js or npm is not here or the installation fails.
    """
    npm = _require("npm")
    _require("node")
    directory.mkdir(parents=True, exist_ok=True)
    stamp = directory / "installed"
    wanted = sha256(b"".join((SOURCE / name).read_bytes() for name in _FILES)).hexdigest()
    if not stamp.exists() or stamp.read_text("ascii") != wanted:
        for name in _FILES:
            shutil.copyfile(SOURCE / name, directory / name)
        _run_npm(npm, directory)
        stamp.write_text(wanted, encoding="ascii")
    return Path(shutil.copyfile(SOURCE / "verify.mjs", directory / "verify.mjs"))


def _require(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise BenchError(
            f"{program} is not here: the bench compares with a peer written for Node.js 18 or newer. "
            "Install Node.js, or run `python -m tests.bench --without-peers` for figures without comparison."
        )
    return found


def _run_npm(npm: str, directory: Path) -> None:
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    environment = os.environ | {"npm_config_omit_lockfile_registry_resolved": "true"}
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"npm did not install the peer within {_INSTALL_SECONDS} seconds") from None
    if done.returncode:
        raise BenchError(f"npm could not install the peer: {done.stderr.strip()[-1_000:]}")
