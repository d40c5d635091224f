"""Visits to buildings: kinds, who has to, and what was done. No position, no track, no photo."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant
from gridmap.models.places import one_of

PERIODS = ("day", "month", "quarter")


class VisitKind(Base):
    """Register of kinds of visits, each due once a period; a city may add its own."""

    __tablename__ = "visit_kinds"
    __table_args__ = (one_of("period", PERIODS),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text, comment="of the calendar, in which one visit is due")
    place: Mapped[int] = mapped_column(SmallInteger, comment="in the order of lists")


class VisitPlan(Base):
    """That posts of a role have to visit the buildings they answer for."""

    __tablename__ = "visit_plans"

    kind: Mapped[str] = mapped_column(ForeignKey("visit_kinds.code", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(
        ForeignKey("staff_roles.code", ondelete="CASCADE"), primary_key=True, index=True
    )


class Visit(Base):
    """That a post visited a building, or one entrance of it."""

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_building_id_kind_visited_at", "building_id", "kind", "visited_at"),
        Index("ix_visits_staff_id_visited_at", "staff_id", "visited_at"),
    )

    id: Mapped[Id]
    client_id: Mapped[UUID] = mapped_column(
        unique=True, comment="made by whoever sends it: sent twice, it is kept once"
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    entrance_id: Mapped[int | None] = mapped_column(
        ForeignKey("entrances.id"), index=True, comment="empty = the building as a whole"
    )
    kind: Mapped[str] = mapped_column(ForeignKey("visit_kinds.code"), index=True)
    visited_at: Mapped[Instant]
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
