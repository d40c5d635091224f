"""Indexes of issues leave out what nobody looks for, so that many issues can be loaded at once.

A column that is empty for nearly all rows costs as much to index as any other; an index on a part of the rows
answers the same questions.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1735"
down_revision = "20261121_1732"
branch_labels = None
depends_on = None

RARE = {
    "issues": ("parent_id", "compound_id", "building_id", "rated_at"),
    "issue_events": ("account_id", "staff_id", "parent_id"),
}
"""Columns that are mostly empty, by table."""


def upgrade() -> None:
    for table, columns in RARE.items():
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
            op.create_index(
                op.f(f"ix_{table}_{column}"),
                table,
                [column],
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
            )
    op.drop_constraint(op.f("uq_issues_secret_hash"), "issues")
    op.create_index(
        op.f("uq_issues_secret_hash"),
        "issues",
        ["secret_hash"],
        unique=True,
        postgresql_where=sa.text("secret_hash IS NOT NULL"),
    )
    # The unique key begins with the same column.
    op.drop_index(op.f("ix_issue_events_issue_id"), table_name="issue_events")
    op.drop_index("ix_issue_clocks_clock_due_at", table_name="issue_clocks")
    op.create_index(
        "ix_issue_clocks_due_at_first",
        "issue_clocks",
        ["due_at"],
        postgresql_where=sa.text("round_number = 1 AND clock IN ('accept', 'settle')"),
    )


def downgrade() -> None:
    op.drop_index("ix_issue_clocks_due_at_first", table_name="issue_clocks")
    op.create_index("ix_issue_clocks_clock_due_at", "issue_clocks", ["clock", "due_at"])
    op.create_index(op.f("ix_issue_events_issue_id"), "issue_events", ["issue_id"])
    op.drop_index(op.f("uq_issues_secret_hash"), table_name="issues")
    op.create_unique_constraint(op.f("uq_issues_secret_hash"), "issues", ["secret_hash"])
    for table, columns in RARE.items():
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
