"""Keep a point on each building, which nearly every question about buildings asks for.

Making it takes the server a microsecond or more a building and question, as much as all the rest of reading.
"""

from alembic import op

revision = "20261121_1732"
down_revision = "20261121_1730"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE buildings ADD COLUMN point geometry(Point, 4326)"
        " NOT NULL GENERATED ALWAYS AS (ST_PointOnSurface(geom)) STORED"
    )


def downgrade() -> None:
    op.drop_column("buildings", "point")
