"""Issues know the transaction that wrote them last, so that what is kept in memory can be renewed in part."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1720"
down_revision = "20261121_1650"
branch_labels = None
depends_on = None

NOTE_ISSUE_CHANGE = """
CREATE FUNCTION note_issue_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := CAST(CAST(pg_current_xact_id() AS text) AS bigint);
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "issues",
        sa.Column(
            "changed_in",
            sa.BigInteger(),
            server_default=sa.text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
            nullable=False,
            comment="transaction that wrote it last",
        ),
    )
    op.create_index(op.f("ix_issues_changed_in"), "issues", ["changed_in"])
    op.execute(NOTE_ISSUE_CHANGE)
    op.execute(
        "CREATE TRIGGER note_issue_change BEFORE UPDATE ON issues "
        "FOR EACH ROW EXECUTE FUNCTION note_issue_change()"
    )
    op.execute(
        "CREATE TRIGGER note_issues_gone AFTER DELETE OR TRUNCATE ON issues "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change('issues_gone')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_issues_gone ON issues")
    op.execute("DROP TRIGGER note_issue_change ON issues")
    op.execute("DROP FUNCTION note_issue_change()")
    op.execute("DELETE FROM layer_changes WHERE layer = 'issues_gone'")
    op.drop_index(op.f("ix_issues_changed_in"), table_name="issues")
    op.drop_column("issues", "changed_in")
