"""How a command ends: its exit status, and the one sentence that says why it could not do its work."""

from enum import IntEnum
from typing import Final

import typer

from ler_trust.errors import ConfigurationError, Conflict, Rejected, Undecided


class ExitStatus(IntEnum):
    """What the shell is told.

    ``verify`` and ``resolve`` answer with the first three about the records; for the commands that
    change something ``NO`` is a refusal and ``UNDECIDED`` means that it could not be done just now.
    """

    YES = 0
    NO = 1
    UNDECIDED = 2
    USAGE = 64  # EX_USAGE of sysexits.h
    INTERNAL = 70  # EX_SOFTWARE
    INTERRUPTED = 130  # 128 + SIGINT
    NOBODY_READS = 141  # 128 + SIGPIPE


_MEANT: Final = (typer.TyperException, ConfigurationError, Rejected, Undecided, Conflict, OSError)


def ending(error: Exception) -> tuple[ExitStatus, str]:
    """Return the exit status for ``error`` and a plain sentence with its code in brackets."""
    if isinstance(error, typer.TyperException):
        message = "no command was given" if help_page(error) else error.format_message()
        return ExitStatus.USAGE, _sentence(message, "request.invalid")
    if isinstance(error, ConfigurationError):
        return ExitStatus.USAGE, _sentence(str(error).replace("\n", "; "), "request.configuration")
    if isinstance(error, Rejected):
        asked_wrongly = error.code.name.startswith("request.")
        return ExitStatus.USAGE if asked_wrongly else ExitStatus.NO, _finding(error)
    if isinstance(error, Conflict):
        return ExitStatus.NO, _finding(error)
    if isinstance(error, Undecided):
        return ExitStatus.UNDECIDED, _finding(error)
    if isinstance(error, OSError):
        return ExitStatus.USAGE, _sentence(_system_sentence(error), "request.unavailable")
    kind = type(error).__name__
    return ExitStatus.INTERNAL, _sentence(
        f"An unexpected error ended this command ({kind}); with --debug it is shown in full.",
        "request.internal",
    )


def help_page(error: Exception) -> str | None:
    """Return the help to show when no command was given; ``None`` for any other error."""
    message = error.format_message() if isinstance(error, typer.TyperException) else ""
    return message if message.startswith("Usage:") and "\n" in message else None


def _finding(error: Rejected | Undecided | Conflict) -> str:
    place = getattr(error, "pointer", "")
    detail = error.detail if error.detail == error.code.summary else f"{error.code.summary} ({error.detail})"
    return _sentence(f"{detail} at {place}" if place else detail, error.code.name)


def _system_sentence(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return reason if error.filename is None else f"{printable(str(error.filename))}: {reason}"


def _sentence(text: str, code: str) -> str:
    return f"{printable(text)} [{code}]"


def printable(text: str) -> str:
    """Return ``text`` on one line and without anything a terminal would obey instead of show."""
    return "".join(character if character.isprintable() else " " for character in text)
