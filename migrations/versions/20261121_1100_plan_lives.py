"""From draft to published: branches, effective times, proofs, waivers and comments."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "20261121_1100"
down_revision = "20261121_1000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("branched_from", sa.BigInteger(), comment="plan it was copied from"))
    op.create_foreign_key(op.f("fk_plans_branched_from_plans"), "plans", "plans", ["branched_from"], ["id"])
    op.create_index(op.f("ix_plans_branched_from"), "plans", ["branched_from"])
    when = "when a submitted plan is to be published by itself"
    op.add_column("plans", sa.Column("effective_at", sa.DateTime(timezone=True), comment=when))
    op.create_table(
        "plan_proofs",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="the engine's finding"),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_proofs_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "micro_grid_code", name=op.f("pk_plan_proofs")),
    )
    op.execute(
        "INSERT INTO plan_proofs (plan_id, micro_grid_code, kind, households)"
        " SELECT DISTINCT ON (m.plan_id, m.code) m.plan_id, m.code, f.kind, m.households"
        " FROM findings f JOIN micro_grids m ON m.id = f.micro_grid_id"
        " WHERE f.kind IN ('total_too_small', 'component_too_small', 'hole_81_99', 'atoms_too_coarse')"
        " AND (f.details ->> 'households')::int = m.households"
        " ORDER BY m.plan_id, m.code, f.id"
    )
    op.create_table(
        "waivers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(), nullable=True, comment="empty = the grid as a whole"),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the finding"),
        sa.Column(
            "households",
            sa.Integer(),
            nullable=False,
            comment="it was approved for; with others it does not hold",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True, comment="empty = the system"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="last day it holds; empty = never"),
        sa.CheckConstraint("reason ~ '[^[:space:]]'", name=op.f("ck_waivers_reason_given")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_waivers_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_waivers_grid_id_areas")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["accounts.id"], name=op.f("fk_waivers_approved_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    for column in ("grid_id", "approved_by"):
        op.create_index(op.f(f"ix_waivers_{column}"), "waivers", [column])
    finding = ["plan_id", "kind", "grid_id", sa.text("coalesce(micro_grid_code, '')")]
    op.create_index("uq_waivers_finding", "waivers", finding, unique=True)
    op.create_geospatial_table(
        "plan_comments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(), nullable=True),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(micro_grid_code, point) <= 1", name=op.f("ck_plan_comments_one_pin")
        ),
        sa.CheckConstraint(
            "words ~ '[^[:space:]]' AND char_length(words) <= 2000",
            name=op.f("ck_plan_comments_words_given"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_plan_comments_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_plan_comments_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_comments")),
    )
    op.create_geospatial_index("idx_plan_comments_point", "plan_comments", ["point"], postgresql_using="gist")
    for column in ("plan_id", "account_id"):
        op.create_index(op.f(f"ix_plan_comments_{column}"), "plan_comments", [column])


def downgrade() -> None:
    op.drop_geospatial_index("idx_plan_comments_point", table_name="plan_comments", column_name="point")
    op.drop_geospatial_table("plan_comments")
    op.drop_table("waivers")
    op.drop_table("plan_proofs")
    op.drop_column("plans", "effective_at")
    op.drop_index(op.f("ix_plans_branched_from"), table_name="plans")
    op.drop_constraint(op.f("fk_plans_branched_from_plans"), "plans", type_="foreignkey")
    op.drop_column("plans", "branched_from")
