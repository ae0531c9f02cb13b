"""Brings a database to the present schema, by Alembic, whoever starts first."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from ler_trust.errors import ConfigurationError
from ler_trust.store.sql.database import Database

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_POSTGRESQL_LOCK: Final = 7_308_332_045_226_471_283  # any number: what processes migrating one database share


async def migrate(database: Database) -> None:
    """Create or migrate the schema; of several processes one does it while the others wait.

    Raises :class:`ConfigurationError` for a database that a newer release has migrated, and
    ``Undecided('request.unavailable')`` when it cannot be reached.
    """
    await database.write(None, _migrate_in_turn)


def _migrate_in_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # on SQLite, holding the transaction is holding the lock
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
    _migrate(connection)


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            "database_url: a newer release of this service made this database"
        ) from error
