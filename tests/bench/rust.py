"""The workers in Rust: native libraries' bare signature checks, and ``ssi``, which DIDKit is made of."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.bench.processes import BenchError

SOURCE: Final = Path(__file__).parent / "rust"
SIGNATURES: Final = "signatures"
SSI: Final = "ssi"
_BUILD_SECONDS: Final = 1_200


def build(directory: Path) -> Path:
    """Build the workers into ``directory`` as the lock file says; return the folder with the programs.

    Takes some minutes the first time. Raises ``BenchError`` when there is no cargo or it does not build them.
    """
    cargo = shutil.which("cargo")
    if cargo is None:
        raise BenchError("there is no cargo")
    print("bench: building the workers in Rust (minutes, the first time)", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            [cargo, "build", "--release", "--locked", "--quiet"],
            cwd=SOURCE,
            env=os.environ | {"CARGO_TARGET_DIR": str(directory)},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"cargo did not build them within {_BUILD_SECONDS} seconds") from None
    if done.returncode:
        raise BenchError(f"cargo could not build them: {done.stderr.strip()[-1_000:]}")
    return directory / "release"
