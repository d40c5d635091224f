"""Weekly patterns of shifts with their exceptions, the calendar of holidays, duty phones of roles."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1630"
down_revision = "20261121_1610"
branch_labels = None
depends_on = None

# As the State Council announced on 2025-11-04: name, first and last day off, weekend days worked instead.
# 2027 was not known when this was written; a city loads it with its roster.
HOLIDAYS_2026 = (
    ("元旦", date(2026, 1, 1), date(2026, 1, 3), (date(2026, 1, 4),)),
    ("春节", date(2026, 2, 15), date(2026, 2, 23), (date(2026, 2, 14), date(2026, 2, 28))),
    ("清明节", date(2026, 4, 4), date(2026, 4, 6), ()),
    ("劳动节", date(2026, 5, 1), date(2026, 5, 5), (date(2026, 5, 9),)),
    ("端午节", date(2026, 6, 19), date(2026, 6, 21), ()),
    ("中秋节", date(2026, 9, 25), date(2026, 9, 27), ()),
    ("国庆节", date(2026, 10, 1), date(2026, 10, 7), (date(2026, 9, 20), date(2026, 10, 10))),
)


def list_days() -> list[dict[str, object]]:
    """Spread the announced holidays into days."""
    days: list[dict[str, object]] = []
    for name, first, last, worked in HOLIDAYS_2026:
        off = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        days.extend({"day": day, "kind": "holiday", "name": name} for day in off)
        days.extend({"day": day, "kind": "workday", "name": f"{name}调休"} for day in worked)
    return days


def upgrade() -> None:
    calendar = op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "stands_for",
            sa.SmallInteger(),
            nullable=True,
            comment="weekday (1 = Monday) that a worked day counts as; empty = the nearest workday",
        ),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_days_kind_known")),
        sa.CheckConstraint("stands_for BETWEEN 1 AND 7", name=op.f("ck_calendar_days_stands_for_a_weekday")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )
    op.bulk_insert(calendar, list_days())
    op.create_table(
        "shift_patterns",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "weekdays",
            postgresql.ARRAY(sa.SmallInteger()),
            nullable=False,
            comment="1 = Monday, ascending",
        ),
        sa.Column("starts_time", sa.Time(), nullable=False, comment="local time in its zone"),
        sa.Column("ends_time", sa.Time(), nullable=False, comment="not after the start = on the next day"),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="last day included; empty = open"),
        sa.Column("on_holidays", sa.Text(), nullable=False, comment="works, rests, or only then"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "on_holidays IN ('works', 'rests', 'only')", name=op.f("ck_shift_patterns_on_holidays_known")
        ),
        sa.CheckConstraint("num_nonnulls(station_id, area_id) = 1", name=op.f("ck_shift_patterns_one_place")),
        sa.CheckConstraint("starts_time <> ends_time", name=op.f("ck_shift_patterns_ends_after_start")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_shift_patterns_valid_to_after_from")
        ),
        sa.CheckConstraint(
            "cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]",
            name=op.f("ck_shift_patterns_weekdays_known"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shift_patterns_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_shift_patterns_station_id_stations")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_shift_patterns_area_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_patterns")),
        sa.UniqueConstraint(
            "staff_id",
            "weekdays",
            "starts_time",
            "valid_from",
            name=op.f("uq_shift_patterns_staff_id_weekdays_starts_time_valid_from"),
        ),
    )
    op.create_table(
        "pattern_exceptions",
        sa.Column("pattern_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.Column("starts_time", sa.Time(), nullable=True),
        sa.Column("ends_time", sa.Time(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(station_id, area_id) <= 1", name=op.f("ck_pattern_exceptions_one_place")
        ),
        sa.CheckConstraint(
            "(starts_time IS NULL) = (ends_time IS NULL)", name=op.f("ck_pattern_exceptions_both_hours")
        ),
        sa.CheckConstraint("starts_time <> ends_time", name=op.f("ck_pattern_exceptions_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["pattern_id"],
            ["shift_patterns.id"],
            name=op.f("fk_pattern_exceptions_pattern_id_shift_patterns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_pattern_exceptions_station_id_stations")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_pattern_exceptions_area_id_areas")),
        sa.PrimaryKeyConstraint("pattern_id", "day", name=op.f("pk_pattern_exceptions")),
    )
    for table in ("shift_patterns", "pattern_exceptions"):
        for column in ("station_id", "area_id"):
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index("ix_pattern_exceptions_day", "pattern_exceptions", ["day"])
    op.add_column(
        "shifts",
        sa.Column(
            "pattern_id", sa.BigInteger(), nullable=True, comment="the pattern it follows; empty = single"
        ),
    )
    op.create_foreign_key(
        op.f("fk_shifts_pattern_id_shift_patterns"),
        "shifts",
        "shift_patterns",
        ["pattern_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_shifts_pattern_id"), "shifts", ["pattern_id"])
    op.add_column(
        "staff_roles",
        sa.Column(
            "duty_phone", sa.Text(), nullable=True, comment="called where neither post nor station has one"
        ),
    )


def downgrade() -> None:
    op.drop_column("staff_roles", "duty_phone")
    op.drop_column("shifts", "pattern_id")
    op.drop_table("pattern_exceptions")
    op.drop_table("shift_patterns")
    op.drop_table("calendar_days")
