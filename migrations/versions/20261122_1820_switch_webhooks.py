"""Let an address that is told of steps be switched off and on, and remember when it was last tried."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1820"
down_revision = "20261122_1830"
branch_labels = None
depends_on = None

WANTED = "t.actions = '{}' OR e.action = ANY (t.actions)"
NOTE_STEPS = """
CREATE OR REPLACE FUNCTION note_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_targets{only_on}) THEN
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
    JOIN webhook_targets t ON {condition}
    WHERE e.action IS NOT NULL;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "webhook_targets",
        sa.Column(
            "is_on", sa.Boolean(), server_default=sa.true(), nullable=False, comment="off = told nothing"
        ),
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True, comment="the last attempt"),
    )
    op.execute(NOTE_STEPS.format(only_on=" WHERE is_on", condition=f"t.is_on AND ({WANTED})"))


def downgrade() -> None:
    op.execute(NOTE_STEPS.format(only_on="", condition=WANTED))
    op.drop_column("webhook_deliveries", "tried_at")
    op.drop_column("webhook_targets", "is_on")
