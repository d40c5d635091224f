"""Plans with their assignments, micro-grids and findings."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261120_1230"
down_revision = "20261120_1220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column(
            "rules",
            postgresql.JSONB(),
            nullable=False,
            comment="PlanRules: household band, weights, barriers",
        ),
        sa.Column(
            "measures",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="totals of the plan, written when it was computed",
        ),
        sa.Column("progress_share", sa.Float(), server_default="0", nullable=False),
        sa.Column(
            "message", sa.Text(), server_default="", nullable=False, comment="why it failed, in plain words"
        ),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('computing', 'failed', 'draft', 'submitted', 'published', 'superseded')",
            name=op.f("ck_plans_status_known"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_plans_area_id_areas")),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_plans_created_by_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_area_id"), "plans", ["area_id"])
    op.create_index(op.f("ix_plans_created_by"), "plans", ["created_by"])
    op.create_index(op.f("ix_plans_status"), "plans", ["status"])
    op.create_geospatial_table(
        "micro_grids",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_estimated", sa.Boolean(), nullable=False),
        sa.Column("building_count", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "stacked", sa.Boolean(), nullable=False, comment="holds floors above another micro-grid's ground"
        ),
        sa.Column("colour", sa.SmallInteger(), nullable=False, comment="0-5; neighbours differ"),
        sa.Column("contents", sa.Text(), nullable=False, comment="what it holds, as people say it"),
        sa.Column("compactness", sa.Double(), nullable=True),
        sa.Column("label", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column(
            "geom",
            Geometry("MULTIPOLYGON", srid=4326, spatial_index=False),
            nullable=True,
            comment="ground territory; empty when it holds upper floors only",
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "valid_to", sa.DateTime(timezone=True), nullable=True, comment="empty = what everybody sees"
        ),
        sa.CheckConstraint(
            "status IN ('under', 'in_band', 'over')", name=op.f("ck_micro_grids_status_known")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NOT NULL", name=op.f("ck_micro_grids_ended_after_begun")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_micro_grids_grid_id_areas")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_micro_grids_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_micro_grids")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_micro_grids_plan_id_code")),
    )
    op.create_geospatial_index("idx_micro_grids_geom", "micro_grids", ["geom"], postgresql_using="gist")
    op.create_geospatial_index("idx_micro_grids_label", "micro_grids", ["label"], postgresql_using="gist")
    op.create_index(op.f("ix_micro_grids_grid_id"), "micro_grids", ["grid_id"])
    op.create_index(
        "uq_micro_grids_current_code",
        "micro_grids",
        ["code"],
        unique=True,
        postgresql_where=sa.text("valid_from IS NOT NULL AND valid_to IS NULL"),
    )
    op.create_table(
        "assignments",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("atom", sa.Text(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("entrance_number", sa.SmallInteger(), nullable=True),
        sa.Column("floor_from", sa.SmallInteger(), nullable=True),
        sa.Column("floor_to", sa.SmallInteger(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_estimated", sa.Boolean(), nullable=False),
        sa.Column("micro_grid_id", sa.BigInteger(), nullable=True, comment="empty = unassigned"),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.id"], name=op.f("fk_assignments_building_id_buildings")
        ),
        sa.ForeignKeyConstraint(
            ["micro_grid_id"],
            ["micro_grids.id"],
            name=op.f("fk_assignments_micro_grid_id_micro_grids"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_assignments_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "atom", name=op.f("pk_assignments")),
    )
    op.create_index("ix_assignments_building_id_plan_id", "assignments", ["building_id", "plan_id"])
    op.create_index(op.f("ix_assignments_micro_grid_id"), "assignments", ["micro_grid_id"])
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=True),
        sa.Column("micro_grid_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.CheckConstraint("severity IN ('blocking', 'warning')", name=op.f("ck_findings_severity_known")),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_findings_grid_id_areas")),
        sa.ForeignKeyConstraint(
            ["micro_grid_id"],
            ["micro_grids.id"],
            name=op.f("fk_findings_micro_grid_id_micro_grids"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_findings_plan_id_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_grid_id"), "findings", ["grid_id"])
    op.create_index(op.f("ix_findings_micro_grid_id"), "findings", ["micro_grid_id"])
    op.create_index(op.f("ix_findings_plan_id"), "findings", ["plan_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_findings_plan_id"), table_name="findings")
    op.drop_index(op.f("ix_findings_micro_grid_id"), table_name="findings")
    op.drop_index(op.f("ix_findings_grid_id"), table_name="findings")
    op.drop_table("findings")
    op.drop_index(op.f("ix_assignments_micro_grid_id"), table_name="assignments")
    op.drop_index("ix_assignments_building_id_plan_id", table_name="assignments")
    op.drop_table("assignments")
    op.drop_index(
        "uq_micro_grids_current_code",
        table_name="micro_grids",
        postgresql_where=sa.text("valid_from IS NOT NULL AND valid_to IS NULL"),
    )
    op.drop_index(op.f("ix_micro_grids_grid_id"), table_name="micro_grids")
    op.drop_geospatial_index("idx_micro_grids_label", table_name="micro_grids", column_name="label")
    op.drop_geospatial_index("idx_micro_grids_geom", table_name="micro_grids", column_name="geom")
    op.drop_geospatial_table("micro_grids")
    op.drop_index(op.f("ix_plans_status"), table_name="plans")
    op.drop_index(op.f("ix_plans_created_by"), table_name="plans")
    op.drop_index(op.f("ix_plans_area_id"), table_name="plans")
    op.drop_table("plans")
