"""Runs ``ler-trust`` as a shell would: another process, its output, its exit status."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any, Final
from urllib.request import Request, urlopen

import orjson

PROGRAM: Final = (sys.executable, "-c", "from ler_trust.cli.main import main; main()")
_SECONDS: Final = 120
_LISTENING: Final = re.compile(r"http://[0-9.]+:[0-9]+")
_TOKEN: Final = re.compile(r"lt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}")
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


@contextmanager
def started(
    *arguments: str, data: Path | None = None, **variables: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start one command line with pipes to and from it; it is killed if it has not ended by itself."""
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        env=environment(data, **variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_interrupts,
    ) as process:
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def _hear_interrupts() -> None:
    """Undo what a shell does to those it starts in the background: it has them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True, slots=True)
class Served:
    """A service in a process of its own: where it listens, and the admin key if it has printed one."""

    process: "subprocess.Popen[str]"
    url: str
    token: str | None

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        """Send one request and return the JSON answer; raises ``HTTPError`` for a refusal."""
        content = None if body is None else orjson.dumps(body)
        request = Request(self.url + path, content, method=method)  # noqa: S310 - to loopback
        request.add_header("Content-Type", "application/json")
        if token or self.token:
            request.add_header("Authorization", f"Bearer {token or self.token}")
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return orjson.loads(answer.read())


@contextmanager
def serving(data: Path, **variables: str) -> Iterator[Served]:
    """Run ``ler-trust serve`` on a free port until the block ends; it is stopped as an operator stops it.

    ``variables`` go into its environment.
    """
    first = not any(data.glob("*.sqlite3"))
    command = [*PROGRAM, "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        env=environment(data, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            yield _served(process, lines=2 if first else 1)
        finally:
            process.terminate()
            process.wait()
            timer.cancel()


def _served(process: "subprocess.Popen[str]", lines: int) -> Served:
    """Read the lines that a start prints: where it listens, and at the first one the admin key."""
    assert process.stdout is not None
    printed = "".join(process.stdout.readline() for _ in range(lines))
    url = _LISTENING.search(printed)
    token = _TOKEN.search(printed)
    assert url is not None, f"the service did not start: {printed}"
    return Served(process, url.group(), None if token is None else token.group())
