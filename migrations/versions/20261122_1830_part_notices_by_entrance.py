"""Count the homes of an entrance by themselves in a notice, where somebody is posted to it."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1830"
down_revision = "20261121_1815"
branch_labels = None
depends_on = None

TABLE, KEY = "notice_parts", "uq_notice_parts_part"
BEFORE = ["notice_id", "micro_grid_code", "building_id"]


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column(
            "entrance_number",
            sa.SmallInteger(),
            nullable=True,
            comment="of an entrance that somebody was posted to; empty = all others",
        ),
    )
    op.drop_constraint(KEY, TABLE)
    op.create_unique_constraint(KEY, TABLE, [*BEFORE, "entrance_number"], postgresql_nulls_not_distinct=True)


def downgrade() -> None:
    # The entrances of a building become one part again: reached when the last of them was.
    op.execute(
        "INSERT INTO notice_parts (notice_id, building_id, micro_grid_code, entrance_number, households,"
        " households_estimated, reached_at)"
        " SELECT notice_id, building_id, micro_grid_code, 0, sum(households), bool_or(households_estimated),"
        " CASE WHEN bool_and(reached_at IS NOT NULL) THEN max(reached_at) END"
        " FROM notice_parts GROUP BY 1, 2, 3 HAVING count(entrance_number) > 0"
    )
    op.execute(
        "DELETE FROM notice_parts p USING notice_parts whole WHERE whole.entrance_number = 0"
        " AND p.entrance_number IS DISTINCT FROM 0 AND p.notice_id = whole.notice_id"
        " AND p.building_id = whole.building_id"
        " AND p.micro_grid_code IS NOT DISTINCT FROM whole.micro_grid_code"
    )
    op.drop_constraint(KEY, TABLE)
    op.drop_column(TABLE, "entrance_number")
    op.create_unique_constraint(KEY, TABLE, BEFORE, postgresql_nulls_not_distinct=True)
