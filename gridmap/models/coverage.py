"""Rules of coverage as a city sets them, and what was measured month by month."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant
from gridmap.models.places import one_of

COUNTED_BY = ("places", "households")


class CoverageRule(Base):
    """What must be present where, and for which share of the places or of their households."""

    __tablename__ = "coverage_rules"
    __table_args__ = (
        one_of("counted_by", COUNTED_BY),
        CheckConstraint("target_share > 0 AND target_share <= 1", name="target_is_a_share"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text, comment="a kind of the register, which checks the parameters")
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    target_share: Mapped[float]
    counted_by: Mapped[str] = mapped_column(Text, comment="what the target is a share of")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[CreatedAt]


class CoverageMonth(Base):
    """What was measured last in a month for a rule and an area; only areas that have such places."""

    __tablename__ = "coverage_months"

    rule_id: Mapped[int] = mapped_column(
        ForeignKey("coverage_rules.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    month: Mapped[date] = mapped_column(primary_key=True, comment="its first day")
    places: Mapped[int]
    places_covered: Mapped[int]
    households: Mapped[int]
    households_covered: Mapped[int]
    estimated: Mapped[bool]
    target_share: Mapped[float] = mapped_column(comment="as it was then")
    plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("plans.id", ondelete="SET NULL"), index=True, comment="newest plan among the places"
    )
    measured_at: Mapped[Instant]
