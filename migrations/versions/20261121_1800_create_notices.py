"""Notices with the homes they are to reach, who is to take them round, and who was reminded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1800"
down_revision = "20261121_1790"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_notices()
    _create_parts()
    op.create_table(
        "notice_receivers",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        _part_of("notice_receivers", "notice_id", "notices", "CASCADE"),
        _part_of("notice_receivers", "staff_id", "staff", "CASCADE"),
        sa.PrimaryKeyConstraint("notice_id", "staff_id", "micro_grid_code", name=op.f("pk_notice_receivers")),
    )
    op.create_index(op.f("ix_notice_receivers_staff_id"), "notice_receivers", ["staff_id"])
    op.create_table(
        "notice_reminders",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("households_left", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "tier IN ('compound', 'community', 'street')", name=op.f("ck_notice_reminders_tier_known")
        ),
        _part_of("notice_reminders", "notice_id", "notices", "CASCADE"),
        _part_of("notice_reminders", "staff_id", "staff", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_reminders")),
        sa.UniqueConstraint(
            "notice_id", "staff_id", "tier", name=op.f("uq_notice_reminders_notice_id_staff_id_tier")
        ),
    )
    op.create_index(op.f("ix_notice_reminders_staff_id"), "notice_reminders", ["staff_id"])


def _part_of(table: str, column: str, target: str, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=on_delete)


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "client_id",
            postgresql.UUID(),
            nullable=False,
            comment="made by whoever sends it: sent twice, it is kept once",
        ),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column(
            "plan_id",
            sa.BigInteger(),
            nullable=True,
            comment="newest plan that divided the area when it was sent",
        ),
        sa.Column(
            "households", sa.Integer(), nullable=False, comment="of the area when it was sent, each once"
        ),
        sa.Column(
            "remind_after_minutes",
            sa.SmallInteger(),
            nullable=False,
            comment="between one tier and the next",
        ),
        sa.Column(
            "remind_at",
            INSTANT,
            nullable=True,
            comment="when the next reminders are due; empty = none any more",
        ),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "remind_after_minutes BETWEEN 10 AND 1440",
            name=op.f("ck_notices_remind_after_minutes_in_a_day"),
        ),
        _part_of("notices", "area_id", "areas"),
        _part_of("notices", "sent_by", "accounts"),
        _part_of("notices", "plan_id", "plans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("client_id", name=op.f("uq_notices_client_id")),
    )
    for column in ("area_id", "sent_by", "plan_id"):
        op.create_index(op.f(f"ix_notices_{column}"), "notices", [column])
    op.create_index(
        "ix_notices_remind_at", "notices", ["remind_at"], postgresql_where=sa.text("remind_at IS NOT NULL")
    )
    op.create_index(
        "ix_notices_sent_at_open", "notices", ["sent_at"], postgresql_where=sa.text("closed_at IS NULL")
    )


def _create_parts() -> None:
    op.create_table(
        "notice_parts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_code", sa.Text(), nullable=True, comment="empty = held by none"),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_estimated", sa.Boolean(), nullable=False),
        sa.Column(
            "reached_at",
            INSTANT,
            nullable=True,
            comment="as told by who reached it; the earliest that was told",
        ),
        sa.Column(
            "reached_by", sa.BigInteger(), nullable=True, comment="the post; empty = written by the desk"
        ),
        sa.CheckConstraint("households > 0", name=op.f("ck_notice_parts_households_positive")),
        _part_of("notice_parts", "notice_id", "notices", "CASCADE"),
        _part_of("notice_parts", "building_id", "buildings", "CASCADE"),
        _part_of("notice_parts", "reached_by", "staff", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_parts")),
        sa.UniqueConstraint(
            "notice_id",
            "micro_grid_code",
            "building_id",
            name="uq_notice_parts_part",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_notice_parts_building_id_notice_id", "notice_parts", ["building_id", "notice_id"])
    op.create_index(
        "ix_notice_parts_reached_by",
        "notice_parts",
        ["reached_by"],
        postgresql_where=sa.text("reached_by IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("notice_reminders", "notice_receivers", "notice_parts", "notices"):
        op.drop_table(table)
