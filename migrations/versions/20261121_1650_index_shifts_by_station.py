"""Index the shifts of a station by their time, and those kept at areas by their place."""

from alembic import op

revision = "20261121_1650"
down_revision = "20261121_1710"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_shifts_station_id_during",
        "shifts",
        ["station_id", "during"],
        postgresql_using="gist",
        postgresql_where="station_id IS NOT NULL",
    )
    op.create_index(
        "ix_shifts_area_spot_during",
        "shifts",
        ["spot", "during"],
        postgresql_using="gist",
        postgresql_where="area_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_shifts_area_spot_during", table_name="shifts", postgresql_using="gist")
    op.drop_index("ix_shifts_station_id_during", table_name="shifts", postgresql_using="gist")
