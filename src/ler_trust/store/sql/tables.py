"""The tables. Instants are whole microseconds since the epoch, as everywhere else.

A list's entries are rows only where they are not 0, so a list costs what was done with it and not its
length. Changes and statements are only ever added to; nothing here updates or deletes them.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for a primary key of this very type.
_Number = BigInteger().with_variant(Integer(), "sqlite")
_Json = JSON(none_as_null=True)

STATUS_LIST: Final = Table(
    "status_list",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=True),  # also the order of creation
    Column("id", Text, nullable=False, unique=True),
    Column("tenant", Text, nullable=False, index=True),
    Column("url", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("signing_key", Text, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("allocated", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("next_due", BigInteger),
    Column("issuer_signs", Boolean, nullable=False),
    CheckConstraint("allocated >= 0 AND allocated <= length", name="allocated"),
)

# The two tables below have no foreign key to the list, although each row belongs to one: its row is locked
# by whoever writes here, no list is ever deleted, and looking it up each time would cost as much as writing.
STATUS_VALUE: Final = Table(
    "status_value",
    METADATA,
    Column("list", BigInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True),
    Column("value", SmallInteger, nullable=False),
    CheckConstraint("value <> 0", name="set"),
    sqlite_with_rowid=False,
)

STATUS_CHANGE: Final = Table(
    "status_change",
    METADATA,
    Column("list", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True),
    Column("index", BigInteger, nullable=False),
    Column("value", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Rows stay when they have been made or called off; only what ended them is added.
STATUS_SCHEDULE: Final = Table(
    "status_schedule",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("list", BigInteger, ForeignKey(STATUS_LIST.c.number), nullable=False),
    Column("index", BigInteger, nullable=False),
    Column("value", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Index("ix_status_schedule_due", "list", "ended_at", "effective_at"),
)

# An issuer's own name for a credential is here only as a digest under a key that is not.
STATUS_REFERENCE: Final = Table(
    "status_reference",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),  # first: it alone finds the row
    Column("tenant", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("list", BigInteger, ForeignKey(STATUS_LIST.c.number), nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Index("ix_status_reference_list", "list", "ordinal"),
    sqlite_with_rowid=False,
)

# What was answered to a request with an idempotency key.
REQUEST_KEY: Final = Table(
    "request_key",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", _Json, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_request_key_recorded_at", "recorded_at"),
)

PUBLISHED_LIST: Final = Table(
    "published_list",
    METADATA,
    Column("list", BigInteger, ForeignKey(STATUS_LIST.c.number), primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("etag", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("signing_key", Text, nullable=False),
)

# What was published when, without its bytes: with the trail they can be made again.
PUBLISHED_VERSION: Final = Table(
    "published_version",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("list", BigInteger, ForeignKey(STATUS_LIST.c.number), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("etag", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("signing_key", Text, nullable=False),
    Index("ix_published_version_list", "list", "published_at"),
    Index("ix_published_version_published_at", "published_at"),
)

# What issuers have signed themselves and uploaded; the last row of a list and form is what is served.
SIGNED_RENDERING: Final = Table(
    "signed_rendering",
    METADATA,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("list", BigInteger, ForeignKey(STATUS_LIST.c.number), nullable=False),
    Column("form", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("etag", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("signing_key", Text, nullable=False),
    Column("uploaded_at", BigInteger, nullable=False),
    Index("ix_signed_rendering_list", "list", "form", "number"),
    Index("ix_signed_rendering_published_at", "published_at"),
)

# Which replica does what one of them has to do, until when.
LEASE: Final = Table(
    "lease",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

REGISTRY: Final = Table(
    "registry",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("governance_url", Text),
    Column("source", Text),
    Column("refreshed_at", BigInteger),
    Column("unchecked", _Json),
)

# The last number given out in each tenant; its row is the lock that keeps numbers without gaps.
STATEMENT_COUNTER: Final = Table(
    "statement_counter",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

STATEMENT: Final = Table(
    "statement",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("id", Text, nullable=False),
    Column("registry", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("types", _Json, nullable=False),
    Column("jurisdiction", Text),
    Column("status", Text, nullable=False),
    Column("effective_from", BigInteger, nullable=False),
    Column("effective_until", BigInteger),
    Column("pinned_keys", _Json, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(["tenant", "registry"], ["registry.tenant", "registry.id"]),
    Index("ix_statement_registry", "tenant", "registry"),
)

TENANT: Final = Table(
    "tenant",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

TENANT_SECRET: Final = Table(
    "tenant_secret",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

API_KEY: Final = Table(
    "api_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False, index=True),
    Column("roles", _Json, nullable=False),
    Column("label", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

# The latest version of each policy; like the counter above, its row is the lock.
POLICY_LATEST: Final = Table(
    "policy_latest",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

POLICY: Final = Table(
    "policy",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("body", _Json, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)

SIGNING_KEY: Final = Table(
    "signing_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
