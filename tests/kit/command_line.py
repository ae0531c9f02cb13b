"""Runs ``ler-trust`` as a shell would: another process, its output, its exit status."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROGRAM: Final = (sys.executable, "-c", "from ler_trust.cli.main import main; main()")
_SECONDS: Final = 120
_NOWHERE: Final = Path("/nonexistent/ler-trust")  # so that no test meets the data of whoever runs it


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    status: int
    output: str
    errors: str


def environment(data: Path | None = None, **variables: str) -> Mapping[str, str]:
    """Return this process's environment, with the service's data in ``data`` and no settings but these."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LER_TRUST_")}
    return {**own, "LER_TRUST_DATA_FOLDER": str(data or _NOWHERE), "COLUMNS": "100", **variables}


def ler_trust(*arguments: str, stdin: bytes = b"", data: Path | None = None, **variables: str) -> Ran:
    """Run one command line to its end; ``variables`` go into its environment."""
    ran = subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        timeout=_SECONDS,
        env=environment(data, **variables),
        check=False,
    )
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())
