"""Trigram indexes for the search box: parts of buildings' names and addresses, in any script."""

from alembic import op

revision = "20261120_1260"
down_revision = "20261120_1257"
branch_labels = None
depends_on = None

INDEXES = (
    ("buildings", "address"),
    ("buildings", "name"),
)


def upgrade() -> None:
    for table, column in INDEXES:
        op.create_index(
            f"ix_{table}_{column}_trgm",
            table,
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )


def downgrade() -> None:
    for table, column in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{column}_trgm", table_name=table)
