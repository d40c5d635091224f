"""Find what was dispatched to a post without looking through all issues."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1815"
down_revision = "20261121_1810"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_issues_dispatched_to",
        "issues",
        ["dispatched_to"],
        postgresql_where=sa.text("dispatched_to <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_issues_dispatched_to", "issues")
