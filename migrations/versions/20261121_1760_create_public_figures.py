"""Figures for everybody: months of communities, and the same issues by micro-grid and by category."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY

revision = "20261121_1760"
down_revision = "20261121_1736"
branch_labels = None
depends_on = None


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def _area() -> sa.Column:
    return sa.Column("area_id", sa.BigInteger, sa.ForeignKey("areas.id", ondelete="CASCADE"), nullable=False)


def _published_at() -> sa.Column:
    return sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "public_blocks",
        _id(),
        _area(),
        sa.Column("first_month", sa.Date, nullable=False, comment="its first day"),
        sa.Column("last_month", sa.Date, nullable=False, comment="its first day; counted"),
        sa.Column("issues", sa.Integer, nullable=False),
        sa.Column("households", sa.Integer, nullable=False),
        sa.Column("households_estimated", sa.Boolean, nullable=False),
        sa.Column(
            "year_end",
            sa.Date,
            index=True,
            comment="the year its issues are told by micro-grid and category; empty = not yet",
        ),
        _published_at(),
        sa.UniqueConstraint("area_id", "first_month"),
        sa.CheckConstraint("issues >= 5", name="enough_issues"),
        sa.CheckConstraint("households >= 8", name="enough_households"),
        sa.CheckConstraint("first_month <= last_month", name="months_in_order"),
    )
    op.create_table(
        "public_issues",
        sa.Column(
            "issue_id", sa.BigInteger, sa.ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "block_id",
            sa.BigInteger,
            sa.ForeignKey("public_blocks.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "public_cells",
        _id(),
        sa.Column("year_end", sa.Date, nullable=False, index=True, comment="first day of the month after it"),
        _area(),
        sa.Column("plan_id", sa.BigInteger, sa.ForeignKey("plans.id", ondelete="SET NULL"), index=True),
        sa.Column("codes", ARRAY(sa.Text), nullable=False, comment="of its micro-grids"),
        sa.Column("issues", sa.Integer, nullable=False),
        sa.Column("households", sa.Integer, nullable=False),
        sa.Column("households_estimated", sa.Boolean, nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
        _published_at(),
        sa.CheckConstraint("issues >= 5", name="enough_issues"),
    )
    op.create_index(op.f("ix_public_cells_area_id"), "public_cells", ["area_id"])
    op.create_index("idx_public_cells_geom", "public_cells", ["geom"], postgresql_using="gist")
    op.create_table(
        "public_categories",
        _id(),
        sa.Column("year_end", sa.Date, nullable=False, comment="first day of the month after it"),
        _area(),
        sa.Column("category", sa.Text, comment="empty = all that are not listed"),
        sa.Column("issues", sa.Integer, nullable=False),
        _published_at(),
        sa.CheckConstraint("issues >= 5", name="enough_issues"),
    )
    op.create_index(op.f("ix_public_categories_area_id"), "public_categories", ["area_id"])
    op.create_index(
        "uq_public_categories_year_end_area_id_category",
        "public_categories",
        ["year_end", "area_id", sa.text("coalesce(category, '')")],
        unique=True,
    )


def downgrade() -> None:
    for table in ("public_categories", "public_cells", "public_issues", "public_blocks"):
        op.drop_table(table)
