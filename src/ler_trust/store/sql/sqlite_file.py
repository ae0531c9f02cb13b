"""The SQLite file itself: made private, and switched to a write-ahead log."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from ler_trust.errors import ConfigurationError
from ler_trust.store.sql.sqlite_driver import LOCK_SECONDS

_RETRY_SECONDS: Final = 0.05


def prepare_file(path: Path) -> None:
    """Make the file and its folder if they are missing, for this user alone, with a write-ahead log.

    The log makes readers and the writer independent of each other, and the file remembers it. Blocks
    for at most ``LOCK_SECONDS``. Raises :class:`ConfigurationError` when the file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path)
        _use_write_ahead_log(path)
    except OSError as error:
        raise ConfigurationError(f"database_url: cannot write {path}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise ConfigurationError(f"database_url: cannot use {path}: {error}") from error


def _create(path: Path) -> None:
    """Create an empty file. One that is there must not even be opened, except by SQLite.

    Closing it again would drop every lock that SQLite holds on it anywhere in this process, and another
    process would take the write-ahead log away from under it.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


def _use_write_ahead_log(path: Path) -> None:
    """Ask until the log is there: the switch does not wait for another process that is switching, too."""
    deadline = time.monotonic() + LOCK_SECONDS
    while (mode := _asked_for_log(path)) != "wal":
        if time.monotonic() > deadline:
            raise ConfigurationError(
                f"database_url: SQLite keeps no write-ahead log at {path} ({mode}); use a local disk"
            )
        time.sleep(_RETRY_SECONDS)


def _asked_for_log(path: Path) -> str:
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as connection:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return "locked"
