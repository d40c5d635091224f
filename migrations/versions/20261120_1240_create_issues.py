"""Issues and their events."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "20261120_1240"
down_revision = "20261120_1230"
branch_labels = None
depends_on = None


ISSUE_STATE_KNOWN = (
    "state IN ('reported', 'accepted', 'dispatched', 'responded', 'settled', 'verified', 'rated', "
    "'archived', 'returned', 'merged', 'extended', 'deferred', 'void', 'reopened')"
)


def upgrade() -> None:
    op.create_geospatial_table(
        "issues",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("entrance_number", sa.SmallInteger(), nullable=True),
        sa.Column("floor", sa.SmallInteger(), nullable=True),
        sa.Column(
            "grid_id",
            sa.BigInteger(),
            nullable=True,
            comment="grid of its point; for scope, not for counting",
        ),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column(
            "flags",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="why it is kept out of maps; empty = trusted",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(ISSUE_STATE_KNOWN, name=op.f("ck_issues_state_known")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.id"], name=op.f("fk_issues_building_id_buildings")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_issues_grid_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_issues_source_source_id")),
    )
    op.create_geospatial_index("idx_issues_geom", "issues", ["geom"], postgresql_using="gist")
    op.create_index(op.f("ix_issues_building_id"), "issues", ["building_id"])
    op.create_index(op.f("ix_issues_category"), "issues", ["category"])
    op.create_index(op.f("ix_issues_grid_id"), "issues", ["grid_id"])
    op.create_index("ix_issues_reported_at_category", "issues", ["reported_at", "category"])
    op.create_table(
        "issue_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_issue_events_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_events_issue_id_issues"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_issue_events_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_events")),
    )
    op.create_index(op.f("ix_issue_events_account_id"), "issue_events", ["account_id"])
    op.create_index(op.f("ix_issue_events_issue_id"), "issue_events", ["issue_id"])
    op.create_index(op.f("ix_issue_events_staff_id"), "issue_events", ["staff_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_issue_events_staff_id"), table_name="issue_events")
    op.drop_index(op.f("ix_issue_events_issue_id"), table_name="issue_events")
    op.drop_index(op.f("ix_issue_events_account_id"), table_name="issue_events")
    op.drop_table("issue_events")
    op.drop_index("ix_issues_reported_at_category", table_name="issues")
    op.drop_index(op.f("ix_issues_grid_id"), table_name="issues")
    op.drop_index(op.f("ix_issues_category"), table_name="issues")
    op.drop_index(op.f("ix_issues_building_id"), table_name="issues")
    op.drop_geospatial_index("idx_issues_geom", table_name="issues", column_name="geom")
    op.drop_geospatial_table("issues")
