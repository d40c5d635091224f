"""The log of operations on drafts, and who is at work on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1000"
down_revision = "20261121_0920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_operations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "op_id",
            sa.Uuid(),
            nullable=False,
            comment="made by the client: a repeated request is harmless",
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operation", postgresql.JSONB(), nullable=False, comment="all that moved, and from where"),
        sa.Column(
            "refused",
            postgresql.JSONB(),
            nullable=False,
            comment="atoms that others had moved meanwhile; they stayed",
        ),
        sa.Column("report", postgresql.JSONB(), nullable=False, comment="counts before and after"),
        sa.Column("households_moved", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True, comment="operation it takes back"),
        sa.Column("taken_back_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_operations_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_plan_operations_grid_id_areas")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_plan_operations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"],
            ["plan_operations.id"],
            name=op.f("fk_plan_operations_undoes_plan_operations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["taken_back_by"],
            ["plan_operations.id"],
            name=op.f("fk_plan_operations_taken_back_by_plan_operations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_operations")),
        sa.UniqueConstraint("plan_id", "op_id", name=op.f("uq_plan_operations_plan_id_op_id")),
    )
    for column in ("grid_id", "account_id", "undoes", "taken_back_by"):
        op.create_index(op.f(f"ix_plan_operations_{column}"), "plan_operations", [column])
    for other in ("grid_id", "account_id"):
        name = f"ix_plan_operations_plan_id_{other}"
        op.create_index(name, "plan_operations", ["plan_id", other, "id"])
    op.create_table(
        "plan_presences",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("grid_id", sa.BigInteger(), nullable=True),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), nullable=False, comment="leased for a moment"),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_plan_presences_{column}_{table}"),
                ondelete="CASCADE",
            )
            for column, table in (("plan_id", "plans"), ("account_id", "accounts"), ("grid_id", "areas"))
        ),
        sa.PrimaryKeyConstraint("plan_id", "client", name=op.f("pk_plan_presences")),
    )
    for column in ("account_id", "grid_id"):
        op.create_index(op.f(f"ix_plan_presences_{column}"), "plan_presences", [column])


def downgrade() -> None:
    op.drop_table("plan_presences")
    op.drop_table("plan_operations")
