"""A mark on buildings whose number of entrances is an estimate; those that are there keep what they have."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_0900"
down_revision = "20261120_1260"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "buildings", sa.Column("entrances_estimated", sa.Boolean(), server_default="false", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("buildings", "entrances_estimated")
