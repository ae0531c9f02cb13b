"""The store of record on SQLite (embedded, the default) or PostgreSQL, by SQLAlchemy Core."""

from ler_trust.store.sql.store import SqlStore

__all__ = ["SqlStore"]
