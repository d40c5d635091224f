"""Notices that an office sends down the tree: homes to reach, who is to, who was reminded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant
from gridmap.models.places import one_of

REMINDED_TIERS = ("compound", "community", "street")


class Notice(Base):
    """Something that every household of an area is to be told, through the heads of its micro-grids."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("remind_after_minutes BETWEEN 10 AND 1440", name="remind_after_minutes_in_a_day"),
        Index("ix_notices_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index("ix_notices_sent_at_open", "sent_at", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[Id]
    client_id: Mapped[UUID] = mapped_column(
        unique=True, comment="made by whoever sends it: sent twice, it is kept once"
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    sent_at: Mapped[Instant]
    plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("plans.id"), index=True, comment="newest plan that divided the area when it was sent"
    )
    households: Mapped[int] = mapped_column(comment="of the area when it was sent, each once")
    remind_after_minutes: Mapped[int] = mapped_column(SmallInteger, comment="between one tier and the next")
    remind_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when the next reminders are due; empty = none any more"
    )
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class NoticePart(Base):
    """Homes of a building, or of one entrance, in one micro-grid at sending; and when they were reached."""

    __tablename__ = "notice_parts"
    __table_args__ = (
        CheckConstraint("households > 0", name="households_positive"),
        UniqueConstraint(
            "notice_id",
            "micro_grid_code",
            "building_id",
            "entrance_number",
            name="uq_notice_parts_part",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notice_parts_building_id_notice_id", "building_id", "notice_id"),
        Index("ix_notice_parts_reached_by", "reached_by", postgresql_where=text("reached_by IS NOT NULL")),
    )

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"))
    micro_grid_code: Mapped[str | None] = mapped_column(Text, comment="empty = held by none")
    entrance_number: Mapped[int | None] = mapped_column(
        SmallInteger, comment="of an entrance that somebody was posted to; empty = all others"
    )
    households: Mapped[int]
    households_estimated: Mapped[bool]
    reached_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="as told by who reached it; the earliest that was told"
    )
    reached_by: Mapped[int | None] = mapped_column(
        ForeignKey("staff.id", ondelete="SET NULL"), comment="the post; empty = written by the desk"
    )


class NoticeReceiver(Base):
    """That a post is to take a notice round for a micro-grid."""

    __tablename__ = "notice_receivers"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    micro_grid_code: Mapped[str] = mapped_column(Text, primary_key=True)
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class NoticeReminder(Base):
    """That a post had homes left to reach when a tier's time was up: once for each tier."""

    __tablename__ = "notice_reminders"
    __table_args__ = (
        one_of("tier", REMINDED_TIERS),
        UniqueConstraint("notice_id", "staff_id", "tier"),
    )

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    tier: Mapped[str] = mapped_column(Text)
    due_at: Mapped[Instant]
    households_left: Mapped[int]
    created_at: Mapped[CreatedAt]
