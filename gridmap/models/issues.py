"""Issues with the events that made them what they are."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import DateTime, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant, geometry_column
from gridmap.models.places import one_of

ISSUE_STATES = (
    "reported",
    "accepted",
    "dispatched",
    "responded",
    "settled",
    "verified",
    "rated",
    "archived",
    "returned",
    "merged",
    "extended",
    "deferred",
    "void",
    "reopened",
)
CLOSED_STATES = ("settled", "verified", "rated", "archived", "merged", "void")
ISSUE_FLAGS = ("no_coordinates", "placeholder_point", "outside_city", "closed_before_reported")


class Issue(Base):
    """A reported matter: a place, a category, a state; never only a grid code."""

    __tablename__ = "issues"
    __table_args__ = (
        one_of("state", ISSUE_STATES),
        UniqueConstraint("source", "source_id"),
        Index("ix_issues_reported_at_category", "reported_at", "category"),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text, index=True)
    channel: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, server_default="")
    reported_at: Mapped[Instant]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), index=True)
    entrance_number: Mapped[int | None] = mapped_column(SmallInteger)
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    grid_id: Mapped[int | None] = mapped_column(
        ForeignKey("areas.id"),
        index=True,
        comment="grid of its point; for scope, not for counting",
    )
    geom: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)
    flags: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="why it is kept out of maps; empty = trusted"
    )
    created_at: Mapped[CreatedAt]


class IssueEvent(Base):
    """One step in the life of an issue."""

    __tablename__ = "issue_events"

    id: Mapped[Id]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    at: Mapped[Instant]
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    note: Mapped[str] = mapped_column(Text, server_default="")
