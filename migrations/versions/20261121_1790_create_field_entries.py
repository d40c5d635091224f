"""Entries of phones, each kept once as it was sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261121_1790"
down_revision = "20261121_1785"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "field_entries",
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the phone: sent twice, it is kept once"),
        sa.Column(
            "account_id",
            sa.BigInteger(),
            nullable=True,
            comment="empty = a visit that was there before the first entry about it",
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text(), server_default="", nullable=False, comment="kind of thing it is about"
        ),
        sa.Column("subject_id", sa.Text(), server_default="", nullable=False, comment="its public id"),
        sa.Column("waits_for", sa.Uuid(), nullable=True, comment="entry or record that has not come yet"),
        sa.Column("made_at", INSTANT, nullable=False, comment="by the clock of the phone; orders nothing"),
        sa.Column(
            "clock_ahead_s",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="seconds by which that clock was wrong when it sent this",
        ),
        sa.Column("received_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("client_version", sa.Integer(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False, comment="as it was sent"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "answer",
            JSONB(),
            server_default="{}",
            nullable=False,
            comment="what it led to: issue, version it began at, steps taken",
        ),
        sa.CheckConstraint(
            "state IN ('stored', 'held', 'conflict', 'refused')", name=op.f("ck_field_entries_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_field_entries_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_field_entries_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_entries")),
    )
    op.create_index("ix_field_entries_subject_subject_id", "field_entries", ["subject", "subject_id"])
    op.create_index("ix_field_entries_staff_id_received_at", "field_entries", ["staff_id", "received_at"])
    for name, column, where in (
        ("waits_for", "waits_for", "waits_for IS NOT NULL"),
        ("conflicts", "subject_id", "state = 'conflict'"),
        ("account_id", "account_id", "account_id IS NOT NULL"),
    ):
        op.create_index(
            f"ix_field_entries_{name}", "field_entries", [column], postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    op.drop_table("field_entries")
