"""Real server processes that a fault strikes at a named step; forked from one that has everything loaded."""

import multiprocessing
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

from ler_trust import steps

_START_SECONDS: Final = 30
_ADDRESS: Final = re.compile(rb"http://127\.0\.0\.1:[0-9]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Kills the process when it reaches ``step`` for the ``time``-th time."""

    step: str
    time: int = 1


class _Strike:
    def __init__(self, fault: Fault) -> None:
        assert fault.step in steps.STEPS
        self._fault, self._left = fault, fault.time

    def __call__(self, step: str) -> None:
        if step == self._fault.step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Server:
    """A server process and where it listens."""

    process: Any
    url: str

    def killed(self) -> bool:
        """Wait for the end of the process and tell whether it was killed."""
        self.process.join(_START_SECONDS)
        return bool(self.process.exitcode == -signal.SIGKILL)


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ler_trust.web.app", __name__])
    return context


@contextmanager
def serving(folder: Path, database_url: str, fault: Fault | None = None, **settings: Any) -> Iterator[Server]:
    """Run a server on a database until the block ends or ``fault`` kills it."""
    context = _context()
    given = {"data_folder": folder, "database_url": database_url, **settings}
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(given, fault, sender), daemon=True)
    process.start()
    sender.close()
    try:
        assert receiver.poll(_START_SECONDS), "the server did not start"
        yield Server(process, receiver.recv())
    finally:
        process.kill()
        process.join(_START_SECONDS)


def _serve(settings: dict[str, Any], fault: Fault | None, address: Any) -> None:
    """Run the service as ``ler-trust serve`` does, and tell the parent where it listens."""
    import threading

    from ler_trust.config import load_settings
    from ler_trust.observe import log
    from ler_trust.web import app

    if fault is not None:
        steps.watch(_Strike(fault))
    reading, writing = os.pipe()
    os.dup2(writing, 1)

    def tell() -> None:
        with os.fdopen(reading, "rb") as output:
            for line in output:
                if found := _ADDRESS.search(line):
                    address.send(found[0].decode())

    threading.Thread(target=tell, daemon=True).start()
    log.configure("error", "json")
    app.run(load_settings(public_base_url="https://trust.example.org", http={"port": 0}, **settings))
