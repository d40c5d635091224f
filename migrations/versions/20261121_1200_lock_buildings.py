"""Single buildings locked while a draft is redrawn; logged operations say so, too."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1200"
down_revision = "20261121_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_locked_buildings",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_locked_buildings_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["buildings.id"],
            name=op.f("fk_plan_locked_buildings_building_id_buildings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_plan_locked_buildings_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("plan_id", "building_id", name=op.f("pk_plan_locked_buildings")),
    )
    for column in ("building_id", "account_id"):
        op.create_index(op.f(f"ix_plan_locked_buildings_{column}"), "plan_locked_buildings", [column])
    op.execute("UPDATE plan_operations SET operation = operation || '{\"buildings\": []}'")


def downgrade() -> None:
    op.execute("UPDATE plan_operations SET operation = operation - 'buildings'")
    op.drop_table("plan_locked_buildings")
