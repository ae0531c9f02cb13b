"""Every way a command can end badly is an exit status and one plain sentence."""

import pytest
import typer

from ler_trust.cli.endings import ExitStatus, ending, printable
from ler_trust.cli.main import run
from ler_trust.errors import ConfigurationError, Conflict, Rejected, Undecided


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (typer.BadParameter("no"), ExitStatus.USAGE, "request.invalid"),
        (ConfigurationError("port: no"), ExitStatus.USAGE, "request.configuration"),
        (Rejected("request.not_found", "no such policy"), ExitStatus.USAGE, "request.not_found"),
        (Rejected("did.invalid"), ExitStatus.NO, "did.invalid"),
        (Conflict("request.final", "no way back"), ExitStatus.NO, "request.final"),
        (Undecided("request.unavailable"), ExitStatus.UNDECIDED, "request.unavailable"),
        (PermissionError(13, "Permission denied", "x.sqlite3"), ExitStatus.USAGE, "request.unavailable"),
        (ZeroDivisionError("secret"), ExitStatus.INTERNAL, "request.internal"),
    ],
)
def test_an_error_is_a_status_and_a_sentence_with_its_code(
    error: Exception, status: ExitStatus, code: str
) -> None:
    found, sentence = ending(error)
    assert found is status
    assert sentence.endswith(f" [{code}]")
    assert "\n" not in sentence


@pytest.mark.parametrize("command", [[], ["lists"], ["registry"], ["keys"], ["policies"]])
def test_without_a_command_the_help_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run(command) == ExitStatus.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert lines[0].startswith(" ".join(["Usage: ler-trust", *command]))
    assert "Commands:" in lines
    assert lines[-1] == "ler-trust: no command was given [request.invalid]"


def test_an_unexpected_error_does_not_show_what_it_carries() -> None:
    assert "secret" not in ending(ZeroDivisionError("secret"))[1]


def test_nothing_a_terminal_would_obey_is_printed() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"
