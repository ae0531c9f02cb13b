"""Make sure the servers that the tests start are on this machine. Needs nothing but Python itself."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

INSTRUCTION = (
    "The tests run against a PostgreSQL server that they start themselves, and its programs were not found.\n"
    "Install them (`apt-get install postgresql` on Debian or Ubuntu, `dnf install postgresql-server` on\n"
    "Fedora, `brew install postgresql` on macOS) or put the folder with `initdb` and `postgres` on PATH."
)
_PROGRAMS = ("initdb", "postgres", "pg_isready")


def postgresql_programs() -> Path | None:
    """Return the folder that holds the server's programs, the newest version's; ``None`` without one."""
    on_path = [os.path.dirname(os.path.realpath(found)) for found in [shutil.which("postgres")] if found]
    packaged = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version, reverse=True)
    for folder in on_path + packaged:
        if all(os.access(os.path.join(folder, program), os.X_OK) for program in _PROGRAMS):
            return Path(folder)
    return None


def _version(folder: str) -> int:
    digits = Path(folder).parent.name
    return int(digits) if digits.isdigit() else 0


def _install() -> None:
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"], check=True, env=quiet
    )


def main() -> int:
    """Find or install the programs; returns the exit status."""
    if postgresql_programs() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write("PostgreSQL is needed by the tests and is being installed by apt-get.\n")
        try:
            _install()
        except (OSError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"That failed: {error}\n")
    if postgresql_programs() is None:
        sys.stderr.write(INSTRUCTION + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
