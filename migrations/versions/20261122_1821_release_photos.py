"""Release photos of issues for the public, one by one, and take them back."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1821"
down_revision = "20261122_1831"
branch_labels = None
depends_on = None

KEY = "uq_issue_photos_public_code"


def upgrade() -> None:
    op.add_column(
        "issue_photos",
        sa.Column(
            "public_code", sa.Text(), nullable=True, comment="of its address while everybody may see it"
        ),
    )
    op.create_unique_constraint(KEY, "issue_photos", ["public_code"])


def downgrade() -> None:
    op.drop_constraint(KEY, "issue_photos")
    op.drop_column("issue_photos", "public_code")
