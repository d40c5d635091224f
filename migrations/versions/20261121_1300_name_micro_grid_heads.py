"""The role of the person responsible for one micro-grid."""

from alembic import op

revision = "20261121_1300"
down_revision = "20261121_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A city may have added the role already; its own words for it stay.
    op.execute(
        "INSERT INTO staff_roles (code, name_zh, name_en)"
        " VALUES ('micro_grid_head', '微网格长', 'Micro-grid head') ON CONFLICT (code) DO NOTHING"
    )


def downgrade() -> None:
    # Posts of a role that is gone go with it, and with them their postings and shifts; what they did stays.
    op.execute(
        "UPDATE issue_events SET staff_id = NULL"
        " WHERE staff_id IN (SELECT id FROM staff WHERE role = 'micro_grid_head')"
    )
    op.execute("DELETE FROM staff WHERE role = 'micro_grid_head'")
    op.execute("DELETE FROM staff_roles WHERE code = 'micro_grid_head'")
