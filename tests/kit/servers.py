"""Make sure the programs that the tests start are on this machine. Needs nothing but Python itself."""

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
REDIS_INSTRUCTION = (
    "The tests run against a Redis server that they start themselves, and `redis-server` was not found.\n"
    "Install it (`apt-get install redis-server`, `dnf install redis`, `brew install redis`), or set PATH."
)
NODE_INSTRUCTION = (
    "The tests compare with libraries for Node.js 20 or newer. `node` and `npm` were not found, or are old.\n"
    "Install them (`apt-get install nodejs npm` where that is new enough, `dnf install nodejs`,\n"
    "`brew install node`, or https://nodejs.org) and have both on PATH."
)
_OLDEST_NODE = 20
SOFTHSM_INSTRUCTION = (
    "The tests sign with keys in a software token that they make themselves, and SoftHSM was not found.\n"
    "Install it (`apt-get install softhsm2`, `dnf install softhsm`, `brew install softhsm`), with its\n"
    "`softhsm2-util` on PATH; SOFTHSM2_MODULE names libsofthsm2.so where it is in no usual place."
)
_SOFTHSM_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/*/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
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


def redis_program() -> str | None:
    """Return the Redis server's program; ``None`` without one."""
    return shutil.which("redis-server")


def node_programs() -> tuple[str, str] | None:
    """Return the programs ``node``, if it is new enough, and ``npm``; ``None`` without them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    return (node, npm) if major.isdigit() and int(major) >= _OLDEST_NODE else None


def softhsm_module() -> str | None:
    """Return SoftHSM's PKCS#11 library; ``None`` without it or without its ``softhsm2-util``."""
    places = [os.environ.get("SOFTHSM2_MODULE", ""), *_SOFTHSM_PLACES]
    found = [module for place in places for module in sorted(glob.glob(place))]
    return found[0] if found and shutil.which("softhsm2-util") else None


def _version(folder: str) -> int:
    digits = Path(folder).parent.name
    return int(digits) if digits.isdigit() else 0


def _missing() -> dict[str, str]:
    """Return what is not here, by the packages that bring it: what to tell whoever has to install it."""
    missing = {}
    if postgresql_programs() is None:
        missing["postgresql"] = INSTRUCTION
    if redis_program() is None:
        missing["redis-server"] = REDIS_INSTRUCTION
    if node_programs() is None:
        missing["nodejs npm"] = NODE_INSTRUCTION
    if softhsm_module() is None:
        missing["softhsm2"] = SOFTHSM_INSTRUCTION
    return missing


def _install(packages: list[str]) -> None:
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(command, check=True, env=quiet)


def main() -> int:
    """Find or install the programs; returns the exit status."""
    packages = " ".join(_missing()).split()
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write(f"Needed by the tests and being installed by apt-get: {', '.join(packages)}.\n")
        try:
            _install(packages)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"That failed: {error}\n")
    missing = _missing()
    for instruction in missing.values():
        sys.stderr.write(instruction + "\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
