"""Lists that their issuers sign themselves, and which entry was allocated for which reference."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "status_list", sa.Column("issuer_signs", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_status_reference_list", "status_reference", ["list", "ordinal"])
    op.create_table(
        "signed_rendering",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("ttl", sa.BigInteger(), nullable=False),
        sa.Column("signing_key", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["list"], ["status_list.number"], name="fk_signed_rendering_status_list"),
        sa.PrimaryKeyConstraint("number", name="pk_signed_rendering"),
    )
    op.create_index("ix_signed_rendering_list", "signed_rendering", ["list", "form", "number"])
    op.create_index("ix_signed_rendering_published_at", "signed_rendering", ["published_at"])
