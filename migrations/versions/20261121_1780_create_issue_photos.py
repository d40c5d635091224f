"""Photos of issues."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1780"
down_revision = "20261121_1770"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issue_photos",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("height", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("least(width, height) > 0", name=op.f("ck_issue_photos_has_extent")),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_photos_issue_id_issues"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_photos")),
    )
    op.create_index(op.f("ix_issue_photos_issue_id"), "issue_photos", ["issue_id"])
    # A JPEG does not get smaller by being packed again.
    op.execute("ALTER TABLE issue_photos ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("issue_photos")
