"""An index of the issues that wait for somebody: what the desk counts, however many are finished."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1736"
down_revision = "20261121_1735"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_issues_state_unfinished",
        "issues",
        ["state"],
        postgresql_where=sa.text("state NOT IN ('verified', 'rated', 'archived', 'merged', 'void')"),
    )


def downgrade() -> None:
    op.drop_index("ix_issues_state_unfinished", table_name="issues")
