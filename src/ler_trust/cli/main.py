"""The entry point of ``ler-trust``: runs one command line and makes sure that it ends in order."""

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from ler_trust.cli.endings import ExitStatus, ending, help_page


def main() -> None:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; nothing is raised."""
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # whoever read our output has gone: nobody is there to be told
        _drop_output()
        return ExitStatus.NOBODY_READS
    except (KeyboardInterrupt, typer.Abort):
        return ExitStatus.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost edge: nobody above would make it a sentence
        return _explain(error, debug="--debug" in arguments)
    return status


def _run(arguments: Sequence[str]) -> int:
    # Here, so that what goes wrong while the commands are loaded is explained like everything else.
    from ler_trust.cli.commands import app

    status = app(list(arguments), prog_name="ler-trust", standalone_mode=False)
    return status if isinstance(status, int) else ExitStatus.YES


def _explain(error: Exception, *, debug: bool) -> ExitStatus:
    if (page := help_page(error)) is not None:
        typer.echo(page + "\n", err=True)
    status, sentence = ending(error)
    if debug:
        traceback.print_exception(error)
    typer.echo(f"ler-trust: {sentence}", err=True)
    return status


def _drop_output() -> None:
    """Send what is still buffered for standard output nowhere, so that the interpreter can end quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
