"""A Redis server that the test run starts, uses and ends: in a folder of its own, without a TCP port."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.kit.servers import REDIS_INSTRUCTION, redis_program

_START_SECONDS = 30


class RedisServer:
    """A server on a socket; ``stop`` takes it away and ``start`` brings it back, empty."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"unix://{self._folder}/socket"

    def start(self) -> None:
        """Start the server and return when it answers."""
        options = [
            "--port",
            "0",
            "--unixsocket",
            f"{self._folder}/socket",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(
            [self._program, *options, "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(_START_SECONDS * 20):
            try:
                with redis.Redis.from_url(self.url) as client:
                    client.ping()
                    return
            except redis.RedisError:
                assert self._process.poll() is None, "redis-server has ended"
                time.sleep(0.05)
        raise AssertionError("redis-server did not answer")

    def stop(self) -> None:
        """Kill the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_START_SECONDS)
            self._process = None

    def everything(self) -> dict[bytes, bytes]:
        """Return all that is kept."""
        with redis.Redis.from_url(self.url) as client:
            names = sorted(client.keys())
            return {name: client.get(name) or b"" for name in names}

    def put(self, name: bytes, value: bytes) -> None:
        """Write as anybody can who has the address."""
        with redis.Redis.from_url(self.url) as client:
            client.set(name, value)

    def clear(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start a server and end it afterwards; fails, and says what to do, where Redis is not installed."""
    program = redis_program()
    if program is None:
        raise RuntimeError(REDIS_INSTRUCTION)
    folder = Path(tempfile.mkdtemp(prefix="ler-redis-"))
    server = RedisServer(program, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
