"""Compounds have an owners' committee and a branch, have none, or it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1640"
down_revision = "20261121_1620"
branch_labels = None
depends_on = None

RULE = """
INSERT INTO coverage_rules (code, kind, name_zh, name_en, parameters, target_share, counted_by)
VALUES ('compound_branch', 'served', '小区有党支部', 'Branch in each compound',
        '{"by": ["branch"]}', 1, 'places')
ON CONFLICT (code) DO NOTHING
"""
COLUMNS = ("has_committee", "has_branch")


def upgrade() -> None:
    for name in COLUMNS:
        column = sa.Column(name, sa.Boolean(), nullable=True, comment="empty = not known")
        op.add_column("compounds", column)
    op.execute(RULE)


def downgrade() -> None:
    op.execute("DELETE FROM coverage_rules WHERE code = 'compound_branch'")
    for name in reversed(COLUMNS):
        op.drop_column("compounds", name)
