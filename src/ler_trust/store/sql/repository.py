"""What the parts of the store share."""

from ler_trust.store.sql.database import Database


class Repository:
    """One part of the store, on the database that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database
