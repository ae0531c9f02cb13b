"""What an error of the database or its driver means to whoever asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

from ler_trust.errors import Conflict, Undecided

# What a driver raises by itself, past SQLAlchemy: most often because the database is out of reach.
_DRIVER_ERRORS: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    AsyncAdapt_asyncpg_dbapi.Error,
    sqlite3.Error,
)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn the errors of a block into the two that a caller can do something about.

    :class:`Undecided` (``request.unavailable``): the database cannot be reached, is locked too long or
    cannot write. :class:`Conflict`: a constraint does not hold, or a value does not fit its column.
    """
    try:
        yield
    except exc.StatementError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except (OverflowError, UnicodeError) as error:  # from SQLite's driver, which does not wrap them
        raise _unfit() from error
    except (exc.TimeoutError, *_DRIVER_ERRORS) as error:
        raise (_unfit() if _is_unfit_value(error) else _unavailable(error)) from error


def _meaning(error: exc.StatementError) -> Conflict | Undecided | None:
    """Return what an error says to the caller; ``None`` when it is a mistake in this package."""
    if isinstance(error, exc.IntegrityError):
        return Conflict("request.conflict", "this exists already, or refers to something that does not")
    if _is_unfit_value(error):
        return _unfit()
    if isinstance(error, exc.DBAPIError) and not isinstance(error, exc.ProgrammingError):
        return _unavailable(error)
    return None


def _unfit() -> Conflict:
    return Conflict("request.invalid", "a value is outside what can be stored")


def _is_unfit_value(error: Exception) -> bool:
    """Tell whether a value does not fit: too large a number, or text that is not Unicode or has a NUL.

    Drivers notice some of these before the server does, and then with errors of Python's own.
    """
    original = getattr(error, "orig", error)
    causes = (error, original, getattr(original, "__cause__", None))
    return any(
        isinstance(cause, exc.DataError | OverflowError | ValueError | asyncpg.DataError) for cause in causes
    )


def _unavailable(error: Exception) -> Undecided:
    kind = type(getattr(error, "orig", None) or error).__name__
    return Undecided("request.unavailable", f"the database cannot do this now ({kind})", retryable=True)
