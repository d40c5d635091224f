"""Signing in at stations, where a city switches it on."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1831"
down_revision = "20261122_1820"
branch_labels = None
depends_on = None

TABLE = "station_sign_ins"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f(f"fk_{TABLE}_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f(f"fk_{TABLE}_station_id_stations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            "staff_id", "station_id", "day", name=op.f(f"uq_{TABLE}_staff_id_station_id_day")
        ),
    )
    op.create_index("ix_station_sign_ins_station_id_day", TABLE, ["station_id", "day"])


def downgrade() -> None:
    op.drop_table(TABLE)
