"""What the figures were measured on: the conditions that stand beside every table."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

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


def load() -> str:
    """Return how busy the machine was in the last minute, by processes waiting to run."""
    return f"{os.getloadavg()[0]:.1f} of {len(cores())} cores busy before the run"


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process on ``core`` meanwhile, so that what it drives has another to itself."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
