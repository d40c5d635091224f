"""Visits to buildings with the register of their kinds, and rules of coverage that ask for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1700"
down_revision = "20261121_1640"
branch_labels = None
depends_on = None

KINDS = (
    ("daily", "日常走访", "Daily round", "day", 1),
    ("key", "重点走访", "Key visit", "month", 2),
    ("full", "全面走访", "Full visit", "quarter", 3),
)
# A city changes, adds and takes away rows of these.
PLANS = (
    ("daily", "micro_grid_head"),
    ("daily", "building_head"),
    ("key", "grid_officer"),
    ("key", "micro_grid_head"),
    ("full", "grid_officer"),
    ("full", "community_worker"),
)
RULES = """
INSERT INTO coverage_rules (code, kind, name_zh, name_en, parameters, target_share, counted_by) VALUES
('visited_daily', 'visited', '当天走访的楼栋', 'Buildings on a daily round',
 '{"visit_kind": "daily", "period": "day", "per": "building"}', 0.5, 'places'),
('visited_key', 'visited', '当月重点走访的楼栋', 'Buildings with a key visit this month',
 '{"visit_kind": "key", "period": "month", "per": "building"}', 0.9, 'places'),
('visited_full', 'visited', '当季全面走访的楼栋', 'Buildings with a full visit this quarter',
 '{"visit_kind": "full", "period": "quarter", "per": "building"}', 1, 'places')
ON CONFLICT (code) DO NOTHING
"""


def upgrade() -> None:
    kinds = op.create_table(
        "visit_kinds",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False, comment="of the calendar, in which one visit is due"),
        sa.Column("place", sa.SmallInteger(), nullable=False, comment="in the order of lists"),
        sa.CheckConstraint("period IN ('day', 'month', 'quarter')", name=op.f("ck_visit_kinds_period_known")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_visit_kinds")),
    )
    columns = ("code", "name_zh", "name_en", "period", "place")
    op.bulk_insert(kinds, [dict(zip(columns, kind, strict=True)) for kind in KINDS])
    plans = op.create_table(
        "visit_plans",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind"], ["visit_kinds.code"], name=op.f("fk_visit_plans_kind_visit_kinds"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role"], ["staff_roles.code"], name=op.f("fk_visit_plans_role_staff_roles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("kind", "role", name=op.f("pk_visit_plans")),
    )
    op.create_index(op.f("ix_visit_plans_role"), "visit_plans", ["role"])
    op.bulk_insert(plans, [{"kind": kind, "role": role} for kind, role in PLANS])
    _create_visits()
    op.execute(RULES)


def _create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "client_id",
            postgresql.UUID(),
            nullable=False,
            comment="made by whoever sends it: sent twice, it is kept once",
        ),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("entrance_id", sa.BigInteger(), nullable=True, comment="empty = the building as a whole"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_visits_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.id"], name=op.f("fk_visits_building_id_buildings")
        ),
        sa.ForeignKeyConstraint(
            ["entrance_id"], ["entrances.id"], name=op.f("fk_visits_entrance_id_entrances")
        ),
        sa.ForeignKeyConstraint(["kind"], ["visit_kinds.code"], name=op.f("fk_visits_kind_visit_kinds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("client_id", name=op.f("uq_visits_client_id")),
    )
    op.create_index("ix_visits_building_id_kind_visited_at", "visits", ["building_id", "kind", "visited_at"])
    op.create_index("ix_visits_staff_id_visited_at", "visits", ["staff_id", "visited_at"])
    for column in ("entrance_id", "kind"):
        op.create_index(op.f(f"ix_visits_{column}"), "visits", [column])


def downgrade() -> None:
    op.execute("DELETE FROM coverage_rules WHERE kind = 'visited'")
    op.drop_table("visits")
    op.drop_table("visit_plans")
    op.drop_table("visit_kinds")
