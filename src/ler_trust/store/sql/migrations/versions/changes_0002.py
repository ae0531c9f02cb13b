"""Changes that take effect later, reasons by code, issuers' references, and requests done once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("status_list", sa.Column("next_due", sa.BigInteger(), nullable=True))
    op.add_column("status_change", sa.Column("code", sa.Text(), nullable=False, server_default="unspecified"))
    op.add_column(
        "status_change", sa.Column("effective_at", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute("UPDATE status_change SET effective_at = recorded_at")
    for name in ("status_value", "status_change"):
        with op.batch_alter_table(name, table_kwargs={"sqlite_with_rowid": False}) as table:
            table.drop_constraint(f"fk_{name}_status_list", type_="foreignkey")
    op.create_table(
        "status_reference",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["list"], ["status_list.number"], name="fk_status_reference_status_list"),
        sa.PrimaryKeyConstraint("digest", "tenant", "purpose", name="pk_status_reference"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "status_schedule",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["list"], ["status_list.number"], name="fk_status_schedule_status_list"),
        sa.PrimaryKeyConstraint("number", name="pk_status_schedule"),
    )
    op.create_index("ix_status_schedule_due", "status_schedule", ["list", "ended_at", "effective_at"])
    op.create_table(
        "request_key",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_request_key"),
    )
    op.create_index("ix_request_key_recorded_at", "request_key", ["recorded_at"])
    op.create_table(
        "tenant_secret",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_tenant_secret"),
    )
