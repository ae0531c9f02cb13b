"""What only a process of its own shows: pipes that close, Ctrl-C, the program's name."""

import signal
from pathlib import Path

import pytest

from tests.kit.command_line import ler_trust, started
from tests.kit.issuing import jose_badge


def test_the_program_tells_its_name_and_version() -> None:
    assert ler_trust("--version").output.startswith("ler-trust ")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_leaves_ends_the_program_without_a_word(tmp_path: Path, form: tuple[str, ...]) -> None:
    path = tmp_path / "many.ndjson"
    path.write_bytes((jose_badge().encode() + b"\n") * 20_000)
    with started("verify", "--policy", "any-issuer", *form, str(path)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""


def test_ctrl_c_ends_a_command_that_waits_for_standard_input() -> None:
    with started("verify", "--policy", "any-issuer", "--json", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"eyJ.y.z\n" * 256)  # one window: its answers show that more is waited for
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == b""
