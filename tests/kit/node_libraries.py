"""Independent libraries for Node.js that make status lists and read ours, as their lock says.

They are kept in ``build/node`` until the lock changes, so that only the first run needs a network.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.kit.servers import NODE_INSTRUCTION, node_programs

SOURCE: Final = Path(__file__).parent / "node"
FOLDER: Final = Path(__file__).parents[2] / "build" / "node"
_PACKAGES: Final = ("package.json", "package-lock.json")
_SCRIPTS: Final = ("common.mjs", "make.mjs", "read.mjs")
_INSTALL_SECONDS: Final = 300
_RUN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What the lists are to say: single bits ``set``, and ``statuses`` of several bits for the tokens.

    ``records`` are the entries of which a record is made for each list.
    """

    set: Sequence[int]
    statuses: Mapping[int, int]
    length: int
    base: str
    records: Sequence[int]
    begins: str
    until: str


def installed(folder: Path = FOLDER) -> Path:
    """Return the folder with the libraries, installing them unless they are there.

    Raises ``RuntimeError``, which says what to do, where Node.js or npm is not here or npm fails.
    """
    programs = node_programs()
    if programs is None:
        raise RuntimeError(NODE_INSTRUCTION)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sha256(b"".join((SOURCE / name).read_bytes() for name in _PACKAGES)).hexdigest()
    stamp = folder / "installed"
    with _alone(folder):
        if not stamp.exists() or stamp.read_text("ascii") != wanted:
            stamp.unlink(missing_ok=True)
            _copy(_PACKAGES, folder)
            _install(programs[1], folder)
            stamp.write_text(wanted, encoding="ascii")
        _copy(_SCRIPTS, folder)  # Node.js looks for libraries beside the script
    return folder


def made(plan: ListPlan, scratch: Path) -> dict[str, Any]:
    """Return the lists and records by name, and the identifiers of their issuers."""
    members = {"from" if name == "begins" else name: value for name, value in asdict(plan).items()}
    return _run("make.mjs", members, scratch)


def read(
    public: str, listening: str, asked: Mapping[str, Mapping[str, Any]], scratch: Path
) -> dict[str, Any]:
    """Return the libraries' answers about what the service at ``public`` publishes, by question."""
    return _run("read.mjs", {"public": public, "listening": listening, "asked": dict(asked)}, scratch)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for whoever else installs."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(names: Sequence[str], folder: Path) -> None:
    """Put files of the repository into ``folder``; one that is there already is never seen half written."""
    for name in names:
        half = shutil.copyfile(SOURCE / name, folder / f"{name}.new")
        half.replace(folder / name)


def _install(npm: str, folder: Path) -> None:
    # Not `npm ci`, which wants to find in the lock what no platform but its own needs of optional packages.
    options = ["--no-save", "--omit=optional", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [npm, "install", *options, "--loglevel=error"],
        cwd=folder,
        env=os.environ | {"npm_config_omit_lockfile_registry_resolved": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not install the libraries: {done.stderr.strip()[:1_000]}")


def _run(script: str, question: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    asked = scratch / f"{script}.json"
    asked.write_text(json.dumps(question), encoding="utf-8")
    done = subprocess.run(
        ["node", installed() / script, asked],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{script} has ended in an error: {done.stderr.strip()[:2_000]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    try:
        installed()
    except RuntimeError as missing:
        sys.exit(str(missing))
