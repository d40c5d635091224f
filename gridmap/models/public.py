"""What everybody may read: figures that were published once and never change."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, geometry_column

ENOUGH_ISSUES = "issues >= 5"


class PublicBlock(Base):
    """Issues of a community in one month, or in some that were joined."""

    __tablename__ = "public_blocks"
    __table_args__ = (
        UniqueConstraint("area_id", "first_month"),
        CheckConstraint(ENOUGH_ISSUES, name="enough_issues"),
        CheckConstraint("households >= 8", name="enough_households"),
        CheckConstraint("first_month <= last_month", name="months_in_order"),
    )

    id: Mapped[Id]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"))
    first_month: Mapped[date] = mapped_column(comment="its first day")
    last_month: Mapped[date] = mapped_column(comment="its first day; counted")
    issues: Mapped[int]
    households: Mapped[int]
    households_estimated: Mapped[bool]
    year_end: Mapped[date | None] = mapped_column(
        index=True, comment="the year its issues are told by micro-grid and category; empty = not yet"
    )
    published_at: Mapped[CreatedAt]


class PublicIssue(Base):
    """That an issue is counted in a block; the other tables divide these issues and no others."""

    __tablename__ = "public_issues"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("public_blocks.id", ondelete="CASCADE"), index=True)


class PublicCell(Base):
    """Issues of a year in one micro-grid, or in some that were joined."""

    __tablename__ = "public_cells"
    __table_args__ = (CheckConstraint(ENOUGH_ISSUES, name="enough_issues"),)

    id: Mapped[Id]
    year_end: Mapped[date] = mapped_column(index=True, comment="first day of the month after it")
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"), index=True)
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="of its micro-grids")
    issues: Mapped[int]
    households: Mapped[int]
    households_estimated: Mapped[bool]
    geom: Mapped[WKBElement | None] = geometry_column("MULTIPOLYGON", nullable=True)
    published_at: Mapped[CreatedAt]


class PublicCategory(Base):
    """Issues of a year in one category, or in all that were folded together."""

    __tablename__ = "public_categories"
    __table_args__ = (
        CheckConstraint(ENOUGH_ISSUES, name="enough_issues"),
        Index(
            "uq_public_categories_year_end_area_id_category",
            "year_end",
            "area_id",
            text("coalesce(category, '')"),
            unique=True,
        ),
    )

    id: Mapped[Id]
    year_end: Mapped[date] = mapped_column(comment="first day of the month after it")
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    category: Mapped[str | None] = mapped_column(Text, comment="empty = all that are not listed")
    issues: Mapped[int]
    published_at: Mapped[CreatedAt]
