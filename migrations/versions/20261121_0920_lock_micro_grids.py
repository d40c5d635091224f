"""Locked micro-grids, and the plan whose locked micro-grids a plan keeps."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_0920"
down_revision = "20261121_0910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "micro_grids",
        sa.Column(
            "locked",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="stays as it is in the next plan",
        ),
    )
    op.add_column(
        "plans",
        sa.Column(
            "based_on",
            sa.BigInteger(),
            nullable=True,
            comment="whose locked micro-grids it keeps; empty = of what is published",
        ),
    )
    op.create_foreign_key(op.f("fk_plans_based_on_plans"), "plans", "plans", ["based_on"], ["id"])
    op.create_index(op.f("ix_plans_based_on"), "plans", ["based_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_plans_based_on"), table_name="plans")
    op.drop_constraint(op.f("fk_plans_based_on_plans"), "plans", type_="foreignkey")
    op.drop_column("plans", "based_on")
    op.drop_column("micro_grids", "locked")
