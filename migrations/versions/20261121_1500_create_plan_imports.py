"""Files that shall become plans wait in a table, so that a worker reads them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1500"
down_revision = "20261121_1400"
branch_labels = None
depends_on = None

STATUSES = "'waiting', 'working', 'done', 'failed', 'cancelled'"
STAGES = "'', 'reading', 'matching', 'drawing', 'finishing'"


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "plan_imports",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("grids_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("grids_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "attempts",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="how often it was begun",
        ),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="the file; gone when it is over"),
        sa.Column("options", json, nullable=False, comment="layer, crs, code_column, rules"),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", json, nullable=True, comment="what somebody should look at in the draft"),
        sa.Column("refusal", json, nullable=True, comment="why there is no draft: every fault with its row"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_plan_imports_status_known")),
        sa.CheckConstraint(f"stage IN ({STAGES})", name=op.f("ck_plan_imports_stage_known")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_plan_imports_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_plan_imports_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_imports_plan_id_plans"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_imports")),
    )
    for column in ("area_id", "account_id", "plan_id"):
        op.create_index(op.f(f"ix_plan_imports_{column}"), "plan_imports", [column])


def downgrade() -> None:
    op.drop_table("plan_imports")
