"""What publishing a plan changed for each post: its postings, and the buildings it gained and lost."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id
from gridmap.models.places import one_of

DIRECTIONS = ("gained", "lost")
OUTCOMES = ("carried", "undecided", "returned")


class Handoff(Base):
    """That a post has something to hand over or to take over since a plan was published."""

    __tablename__ = "handoffs"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    effective_on: Mapped[date] = mapped_column(comment="the day of publishing in the city")
    created_at: Mapped[CreatedAt]
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)


class HandoffPart(Base):
    """A building, or a part of one, that a post gained or lost with a plan."""

    __tablename__ = "handoff_parts"
    __table_args__ = (
        one_of("direction", DIRECTIONS),
        ForeignKeyConstraint(
            ["plan_id", "staff_id"], ["handoffs.plan_id", "handoffs.staff_id"], ondelete="CASCADE"
        ),
        UniqueConstraint(
            "plan_id",
            "staff_id",
            "direction",
            "building_id",
            "entrance_number",
            "floor_from",
            name="uq_handoff_parts_part",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(BigInteger)
    staff_id: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(Text)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"), index=True)
    entrance_number: Mapped[int | None] = mapped_column(SmallInteger, comment="empty = all of them")
    floor_from: Mapped[int | None] = mapped_column(SmallInteger)
    floor_to: Mapped[int | None] = mapped_column(SmallInteger)
    households: Mapped[int]
    households_estimated: Mapped[bool]
    code_before: Mapped[str | None] = mapped_column(Text, comment="micro-grid that held it; empty = none")
    code_after: Mapped[str | None] = mapped_column(Text, comment="micro-grid that holds it; empty = none")


class HandoffCarry(Base):
    """What became of a posting to a micro-grid whose code retired, or came back, with a plan."""

    __tablename__ = "handoff_carries"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        ForeignKeyConstraint(
            ["plan_id", "staff_id"], ["handoffs.plan_id", "handoffs.staff_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("plan_id", "staff_id", "from_code", "starts_on", name="uq_handoff_carries_posting"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(BigInteger)
    staff_id: Mapped[int] = mapped_column(BigInteger)
    from_code: Mapped[str] = mapped_column(Text)
    to_code: Mapped[str | None] = mapped_column(Text, comment="empty = people decide")
    outcome: Mapped[str] = mapped_column(Text)
    households: Mapped[int] = mapped_column(comment="of the retired micro-grid")
    households_shared: Mapped[int] = mapped_column(comment="of these, in the one that holds most of them")
    starts_on: Mapped[date] = mapped_column(comment="of the posting that ended")
    ends_on: Mapped[date | None] = mapped_column(comment="of the posting before it was ended; empty = open")
