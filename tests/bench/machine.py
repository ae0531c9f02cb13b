"""What the figures were measured on: the conditions that stand beside every table."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_CPU_INFO: Final = Path("/proc/cpuinfo")
_LIBRARIES: Final = ("aiohttp", "cryptography", "pyld", "pynacl", "pyoxigraph", "uvloop")


def cores() -> list[int]:
    """Return the numbers of the cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def cpu_model() -> str:
    """Return the processor's own name with the instruction set that matters most to big-number arithmetic."""
    if not _CPU_INFO.exists():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in _CPU_INFO.read_text(encoding="utf-8").splitlines())
    fields = {name.strip(): value.strip() for name, _, value in lines}
    wide = "AVX-512" if "avx512f" in fields.get("flags", "") else "no AVX-512"
    return f"{fields.get('model name', platform.machine())} ({wide})"


def versions() -> str:
    """Return the versions of Python and of the libraries that do the work."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"Python {platform.python_version()}, {libraries}"


class Neighbours:
    """Watches how much of the machine others use, from its making on."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._before = _busy_seconds() - _own_seconds()

    def told(self) -> str:
        """Return how many cores others kept busy on average; this process's workers must have ended."""
        others = _busy_seconds() - _own_seconds() - self._before
        cores_used = max(0.0, others / (time.monotonic() - self._started))
        return f"{cores_used:.1f} of {os.cpu_count()} cores busy with other work"


def _busy_seconds() -> float:
    """Return the seconds that all cores together have worked since the machine started."""
    fields = _STAT.read_text(encoding="ascii").splitlines()[0].split()
    ticks = [int(field) for field in fields[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process on ``core`` meanwhile, so that what it drives has another to itself."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
