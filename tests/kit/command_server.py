"""Many command lines without many starts: a process with everything loaded forks once for each of them.

``program`` writes a ``ler-trust`` for the PATH that hands its arguments, folder, environment and open files
over to that process, so that a shell script runs at the speed of the commands themselves.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CLIENT: Final = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"+"], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit(server.recv(1)[0])
"""


@contextmanager
def program(folder: Path) -> Iterator[Path]:
    """Give the folder of a ``ler-trust`` program for as long as the block lasts."""
    address = str(folder / "socket")
    script = folder / "ler-trust"
    script.write_text(_CLIENT.format(python=sys.executable, address=address))
    script.chmod(0o755)
    command = [sys.executable, "-c", f"from {__name__} import serve; serve({address!r})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield folder
        finally:
            process.kill()


def serve(address: str) -> None:
    """Run command lines, each in a process of its own, until killed."""
    from ler_trust.cli import commands  # loaded before anything is forked

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        assert commands.app
        os.write(1, b"ready\n")
        while True:
            client, _ = listener.accept()
            if os.fork() == 0:
                os._exit(_run(client))
            client.close()


def _run(client: socket.socket) -> int:
    """Run one command line as the process that asked for it would, and tell it the exit status."""
    from ler_trust.cli.main import run

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(client, 1, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    arguments, folder, variables = json.loads(b"".join(iter(lambda: client.recv(65_536), b"")))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    status = run(arguments)
    sys.stdout.flush()
    for number in range(3):  # before the asking process ends, so that whoever reads a pipe sees its end
        os.close(number)
    client.sendall(bytes([status]))
    return 0
