"""Find what the rates ask of an issue by an index each: who acted when, what was paused, what came again."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1822"
down_revision = "20261122_1821"
branch_labels = None
depends_on = None

BUILDING = "ix_issues_building_id"
GIVEN = sa.text("building_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_issue_events_acts",
        "issue_events",
        ["issue_id", "at"],
        postgresql_where=sa.text("action <> ALL (ARRAY['report', 'escalate', 'archive'])"),
    )
    op.create_index(
        "ix_issue_events_pauses",
        "issue_events",
        ["issue_id"],
        postgresql_where=sa.text("action IN ('extend', 'defer')"),
    )
    op.drop_index(BUILDING, "issues")
    op.create_index(BUILDING, "issues", ["building_id", "category", "reported_at"], postgresql_where=GIVEN)


def downgrade() -> None:
    op.drop_index(BUILDING, "issues")
    op.create_index(BUILDING, "issues", ["building_id"], postgresql_where=GIVEN)
    op.drop_index("ix_issue_events_pauses", "issue_events")
    op.drop_index("ix_issue_events_acts", "issue_events")
