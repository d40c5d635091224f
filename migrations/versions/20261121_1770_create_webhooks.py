"""Webhooks: addresses that are told of steps; what is to be told is written by the database itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "20261121_1770"
down_revision = "20261121_1760"
branch_labels = None
depends_on = None

NOTE_STEPS = """
CREATE FUNCTION note_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_targets) THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_deliveries (target_id, delivery_id, body)
    SELECT t.id, gen_random_uuid(), jsonb_build_object(
        'action', e.action, 'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'from_state', e.from_state, 'to_state', e.to_state, 'outcome', e.outcome,
        'issue', jsonb_build_object(
            'id', i.id, 'category', i.category, 'channel', i.channel, 'tier', i.tier,
            'building_id', i.building_id, 'grid_code', a.code,
            'reported_at', to_char(i.reported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        )
    )
    FROM written e
    JOIN issues i ON i.id = e.issue_id
    LEFT JOIN areas a ON a.id = i.grid_id
    JOIN webhook_targets t ON t.actions = '{}' OR e.action = ANY (t.actions)
    WHERE e.action IS NOT NULL;
    RETURN NULL;
END $$
"""
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook_targets",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="signs what is sent; shown once"),
        sa.Column("actions", ARRAY(sa.Text()), server_default="{}", nullable=False, comment="empty = all"),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_targets")),
        sa.UniqueConstraint("address", name=op.f("uq_webhook_targets_address")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False, comment="the same with every attempt"),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False, comment="of the last attempt"),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["webhook_targets.id"],
            name=op.f("fk_webhook_deliveries_target_id_webhook_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_webhook_deliveries_delivery_id")),
    )
    op.create_index(op.f("ix_webhook_deliveries_target_id"), "webhook_deliveries", ["target_id"])
    op.create_index(
        "ix_webhook_deliveries_next_at",
        "webhook_deliveries",
        ["next_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.execute(NOTE_STEPS)
    op.execute(
        "CREATE TRIGGER note_steps AFTER INSERT ON issue_events "
        "REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_steps()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_steps ON issue_events")
    op.execute("DROP FUNCTION note_steps()")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_targets")
