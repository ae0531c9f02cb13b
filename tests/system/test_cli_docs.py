"""``docs/cli.md`` is true: its commands, typed in order, print what it shows, and it names every command."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from ler_trust.cli.commands import app
from tests.kit.command_line import environment
from tests.kit.command_server import program

PAGE: Final = Path(__file__).parents[2] / "docs" / "cli.md"
_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK: Final = "\x1e"
_ANY: Final = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """One command of the page, and the output it shows."""

    command: str
    shown: str


def _examples() -> list[Example]:
    blocks = "".join(_BLOCK.findall(PAGE.read_text("utf-8")))
    pieces = re.split(r"^\$ (.*)\n", blocks, flags=re.MULTILINE)[1:]
    return [Example(command, shown) for command, shown in zip(pieces[::2], pieces[1::2], strict=True)]


def _pattern(shown: str) -> str:
    """Return the expression for ``shown``: ``…`` alone is any lines, within one any text."""
    return "".join(r"(?:.*\n)*?" if line == _ANY else _line(line) for line in shown.splitlines())


def _line(text: str) -> str:
    first, *others = text.split(_ANY)
    pieces = [first.rstrip(), *(other.strip() for other in others)]
    return r"[^\n]*".join(map(re.escape, pieces)) + r" *\n"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("page")
    script = "\n".join(f"printf '{_MARK}'\n{example.command}" for example in _examples())
    with program(tmp_path_factory.mktemp("bin")) as path:
        ran = subprocess.run(
            ["bash", "-c", f"exec 2>&1\n{script}"],
            cwd=folder,
            env=environment(folder / "data", PATH=f"{path}{os.pathsep}{os.environ['PATH']}"),
            capture_output=True,
            timeout=120,
            check=False,
        )
    return ran.stdout.decode().split(_MARK)[1:]


@pytest.mark.parametrize("number", range(len(_examples())), ids=lambda n: _examples()[n].command[:60])
def test_an_example_prints_what_the_page_shows(outputs: list[str], number: int) -> None:
    example = _examples()[number]
    assert re.fullmatch(_pattern(example.shown), outputs[number]), outputs[number]


def _commands(typer_app: Any, prefix: str = "") -> list[str]:
    names = [prefix + (each.name or each.callback.__name__) for each in typer_app.registered_commands]
    for group in typer_app.registered_groups:
        names += _commands(group.typer_instance, f"{prefix}{group.name} ")
    return names


@pytest.mark.parametrize("command", _commands(app))
def test_the_page_shows_every_command(command: str) -> None:
    assert f"ler-trust {command}" in PAGE.read_text("utf-8")
