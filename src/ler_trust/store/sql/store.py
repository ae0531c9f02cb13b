"""The whole store of record on one SQL database."""

import asyncio
from pathlib import Path
from typing import Self

from sqlalchemy import text

from ler_trust.store.sql.accounts import AccountRepository
from ler_trust.store.sql.database import Database, database_url
from ler_trust.store.sql.registry import RegistryRepository
from ler_trust.store.sql.schema import migrate
from ler_trust.store.sql.sqlite_file import prepare_file
from ler_trust.store.sql.status import StatusRepository


class SqlStore(StatusRepository, RegistryRepository, AccountRepository):
    """Keeps the promises of ``contracts.Store`` on SQLite or PostgreSQL."""

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to ``sqlite:///file`` or ``postgresql://…``, creating or migrating what is there.

        Several processes may do this at once. Raises :class:`ConfigurationError` for a URL, file or
        database that cannot be used, ``Undecided('request.unavailable')`` when none answers.
        """
        parsed = database_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database is not None:
            await asyncio.to_thread(prepare_file, Path(parsed.database))
        database = Database(parsed)
        try:
            await migrate(database)
        except BaseException:
            await database.close()
            raise
        return cls(database)

    async def ping(self) -> None:
        """Return when the database answers; raises ``Undecided('request.unavailable')``."""
        await self._database.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """Finish what has begun, and give up every connection."""
        await self._database.close()
