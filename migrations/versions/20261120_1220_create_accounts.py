"""Accounts with scopes and tokens, failed sign-ins, and the audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261120_1220"
down_revision = "20261120_1210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_ins")),
    )
    op.create_index("ix_failed_sign_ins_address_at", "failed_sign_ins", ["address", "at"])
    op.create_index("ix_failed_sign_ins_username_at", "failed_sign_ins", ["username", "at"])
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; empty = tokens only"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="zh", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "session_epoch",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="raised to end every open session of the account",
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('admin', 'planner', 'official', 'dispatcher', 'field')",
            name=op.f("ck_accounts_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_accounts_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    op.create_index(op.f("ix_accounts_staff_id"), "accounts", ["staff_id"])
    op.create_table(
        "account_areas",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_areas_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_account_areas_area_id_areas"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "area_id", name=op.f("pk_account_areas")),
    )
    op.create_index(op.f("ix_account_areas_area_id"), "account_areas", ["area_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_api_tokens_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_account_id"), "api_tokens", ["account_id"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="kind of thing changed: plan, building, account ..."
        ),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_audit_entries_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_account_id"), "audit_entries", ["account_id"])
    op.create_index("ix_audit_entries_subject_subject_id", "audit_entries", ["subject", "subject_id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entries_subject_subject_id", table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_account_id"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index(op.f("ix_api_tokens_account_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_account_areas_area_id"), table_name="account_areas")
    op.drop_table("account_areas")
    op.drop_index(op.f("ix_accounts_staff_id"), table_name="accounts")
    op.drop_table("accounts")
    op.drop_index("ix_failed_sign_ins_username_at", table_name="failed_sign_ins")
    op.drop_index("ix_failed_sign_ins_address_at", table_name="failed_sign_ins")
    op.drop_table("failed_sign_ins")
