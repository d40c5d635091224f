"""Rules of coverage as data, with the figures that districts report, and their history by month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1610"
down_revision = "20261121_1600"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
RULES = (
    (
        "grid_officer",
        "posting",
        "网格有专职网格员",
        "Grid officer for each grid",
        {"roles": ["grid_officer"], "level": "grid", "at_least": 1},
        1.0,
        "places",
        True,
    ),
    (
        "micro_grid_head",
        "head",
        "微网格有微网格长",
        "Head of each micro-grid",
        {"roles": ["micro_grid_head"], "per": "micro_grid"},
        1.0,
        "places",
        True,
    ),
    (
        "building_head",
        "head",
        "楼栋有楼栋长",
        "Head of each building",
        {"roles": ["building_head"], "per": "building"},
        0.7,
        "places",
        True,
    ),
    (
        "entrance_head",
        "head",
        "单元有单元长",
        "Head of each entrance",
        {"roles": ["entrance_head"], "per": "entrance"},
        1.0,
        "places",
        False,
    ),
    (
        "station_500_m",
        "station_walk",
        "500 米内有服务站",
        "Station within 500 m on foot",
        {"station_kinds": ["station"], "walk_m": 500},
        0.9,
        "households",
        True,
    ),
    (
        "community_duty",
        "on_duty",
        "社区白天有人值班",
        "Somebody on duty in each community by day",
        {
            "roles": ["grid_officer", "community_worker"],
            "level": "community",
            "from_hour": 9,
            "to_hour": 18,
        },
        1.0,
        "places",
        True,
    ),
    (
        "property_service",
        "served",
        "小区有物业服务",
        "Property service in each compound",
        {"by": ["property_company"]},
        1.0,
        "places",
        True,
    ),
)


def upgrade() -> None:
    rules = op.create_table(
        "coverage_rules",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="a kind of the register, which checks the parameters",
        ),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("target_share", sa.Float(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False, comment="what the target is a share of"),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "counted_by IN ('places', 'households')", name=op.f("ck_coverage_rules_counted_by_known")
        ),
        sa.CheckConstraint(
            "target_share > 0 AND target_share <= 1", name=op.f("ck_coverage_rules_target_is_a_share")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_rules")),
        sa.UniqueConstraint("code", name=op.f("uq_coverage_rules_code")),
    )
    columns = (
        "code",
        "kind",
        "name_zh",
        "name_en",
        "parameters",
        "target_share",
        "counted_by",
        "is_active",
    )
    op.bulk_insert(rules, [dict(zip(columns, rule, strict=True)) for rule in RULES])
    op.create_table(
        "coverage_months",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("places_covered", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_covered", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("target_share", sa.Float(), nullable=False, comment="as it was then"),
        sa.Column("plan_id", sa.BigInteger(), nullable=True, comment="newest plan among the places"),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["coverage_rules.id"],
            name=op.f("fk_coverage_months_rule_id_coverage_rules"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_coverage_months_area_id_areas"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plans.id"], name=op.f("fk_coverage_months_plan_id_plans"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("rule_id", "area_id", "month", name=op.f("pk_coverage_months")),
    )
    for column in ("area_id", "plan_id"):
        op.create_index(op.f(f"ix_coverage_months_{column}"), "coverage_months", [column])


def downgrade() -> None:
    op.drop_table("coverage_months")
    op.drop_table("coverage_rules")
