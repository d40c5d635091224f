"""Postings go on when a plan is published; each post has its list of buildings gained and lost."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1620"
down_revision = "20261121_1630"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handoffs",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False, comment="the day of publishing in the city"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_handoffs_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_handoffs_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["accounts.id"], name=op.f("fk_handoffs_acknowledged_by_accounts")
        ),
        sa.PrimaryKeyConstraint("plan_id", "staff_id", name=op.f("pk_handoffs")),
    )
    op.create_index(op.f("ix_handoffs_staff_id"), "handoffs", ["staff_id"])
    op.create_index(op.f("ix_handoffs_acknowledged_by"), "handoffs", ["acknowledged_by"])
    _create_parts()
    _create_carries()


def downgrade() -> None:
    for table in ("handoff_carries", "handoff_parts", "handoffs"):
        op.drop_table(table)


def _create_parts() -> None:
    op.create_table(
        "handoff_parts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("entrance_number", sa.SmallInteger(), nullable=True, comment="empty = all of them"),
        sa.Column("floor_from", sa.SmallInteger(), nullable=True),
        sa.Column("floor_to", sa.SmallInteger(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_estimated", sa.Boolean(), nullable=False),
        sa.Column("code_before", sa.Text(), nullable=True, comment="micro-grid that held it; empty = none"),
        sa.Column("code_after", sa.Text(), nullable=True, comment="micro-grid that holds it; empty = none"),
        sa.CheckConstraint("direction IN ('gained', 'lost')", name=op.f("ck_handoff_parts_direction_known")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.id"], name=op.f("fk_handoff_parts_building_id_buildings")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id", "staff_id"],
            ["handoffs.plan_id", "handoffs.staff_id"],
            name=op.f("fk_handoff_parts_plan_id_handoffs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_parts")),
        sa.UniqueConstraint(
            "plan_id",
            "staff_id",
            "direction",
            "building_id",
            "entrance_number",
            "floor_from",
            name="uq_handoff_parts_part",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_handoff_parts_building_id"), "handoff_parts", ["building_id"])


def _create_carries() -> None:
    op.create_table(
        "handoff_carries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=False),
        sa.Column("to_code", sa.Text(), nullable=True, comment="empty = people decide"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False, comment="of the retired micro-grid"),
        sa.Column(
            "households_shared",
            sa.Integer(),
            nullable=False,
            comment="of these, in the one that holds most of them",
        ),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="of the posting that ended"),
        sa.Column(
            "ends_on", sa.Date(), nullable=True, comment="of the posting before it was ended; empty = open"
        ),
        sa.CheckConstraint(
            "outcome IN ('carried', 'undecided', 'returned')", name=op.f("ck_handoff_carries_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id", "staff_id"],
            ["handoffs.plan_id", "handoffs.staff_id"],
            name=op.f("fk_handoff_carries_plan_id_handoffs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_carries")),
        sa.UniqueConstraint(
            "plan_id", "staff_id", "from_code", "starts_on", name="uq_handoff_carries_posting"
        ),
    )
