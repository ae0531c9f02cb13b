"""What was published when, and by which key."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # Whatever was published before is published anew at the next reading, by a key that is named.
    op.add_column("published_list", sa.Column("signing_key", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "published_version",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("ttl", sa.BigInteger(), nullable=False),
        sa.Column("signing_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list"], ["status_list.number"], name="fk_published_version_status_list"),
        sa.PrimaryKeyConstraint("number", name="pk_published_version"),
    )
    op.create_index("ix_published_version_list", "published_version", ["list", "published_at"])
    op.create_index("ix_published_version_published_at", "published_version", ["published_at"])
