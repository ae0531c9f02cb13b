"""Status lists made by independent libraries for Node.js, installed by npm exactly as their lock says."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path(__file__).parents[1] / "system/node_lists"
_INSTALL_SECONDS: Final = 300
_RUN_SECONDS: Final = 60
_INSTRUCTION: Final = (
    "The tests read status lists made by libraries for Node.js 18 or newer, and `{}` was not found.\n"
    "Install Node.js with npm and have both on PATH."
)


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What the lists are to say: single bits ``set``, and ``statuses`` of several bits for the tokens."""

    set: Sequence[int]
    statuses: Mapping[int, int]
    length: int
    base: str
    valid_from: str
    valid_until: str


def installed(folder: Path) -> Path:
    """Install the libraries into ``folder``; fails, and says what to do, where Node.js or npm is not here."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise RuntimeError(_INSTRUCTION.format(program))
    for name in ("package.json", "package-lock.json", "make.mjs"):
        shutil.copyfile(SOURCE / name, folder / name)
    # Not `npm ci`, which wants to find in the lock what no platform but its own needs of optional packages.
    options = ["--no-save", "--omit=optional", "--no-audit", "--no-fund", "--ignore-scripts"]
    command = ["npm", "install", *options, "--loglevel=error"]
    environment = os.environ | {"npm_config_omit_lockfile_registry_resolved": "true"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not install the libraries: {done.stderr.strip()[:1_000]}")
    return folder


def made(folder: Path, plan: ListPlan) -> dict[str, Any]:
    """Return the lists by name, and the identifiers of their issuers."""
    content = {
        "set": list(plan.set),
        "statuses": dict(plan.statuses),
        "length": plan.length,
        "base": plan.base,
        "from": plan.valid_from,
        "until": plan.valid_until,
    }
    (folder / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run(
        ["node", "make.mjs", "plan.json"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the libraries could not make the lists: {done.stderr.strip()[:1_000]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result
