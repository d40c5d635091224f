"""The roster's pattern: weekly shifts, their exceptions, and the calendar of public holidays."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id
from gridmap.models.places import one_of

DAY_KINDS = ("holiday", "workday")
ON_HOLIDAYS = ("works", "rests", "only")


class CalendarDay(Base):
    """A day that is not what its weekday says: a public holiday, or a weekend day that is worked."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        one_of("kind", DAY_KINDS),
        CheckConstraint("stands_for BETWEEN 1 AND 7", name="stands_for_a_weekday"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    stands_for: Mapped[int | None] = mapped_column(
        SmallInteger, comment="weekday (1 = Monday) that a worked day counts as; empty = the nearest workday"
    )


class ShiftPattern(Base):
    """Hours that somebody keeps week after week at a station or area; `shifts` holds what follows from it."""

    __tablename__ = "shift_patterns"
    __table_args__ = (
        one_of("on_holidays", ON_HOLIDAYS),
        CheckConstraint("num_nonnulls(station_id, area_id) = 1", name="one_place"),
        CheckConstraint("starts_time <> ends_time", name="ends_after_start"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_to_after_from"),
        CheckConstraint(
            "cardinality(weekdays) > 0 AND weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]",
            name="weekdays_known",
        ),
        UniqueConstraint("staff_id", "weekdays", "starts_time", "valid_from"),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), comment="1 = Monday, ascending")
    starts_time: Mapped[time] = mapped_column(comment="local time in its zone")
    ends_time: Mapped[time] = mapped_column(comment="not after the start = on the next day")
    zone: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None] = mapped_column(comment="last day included; empty = open")
    on_holidays: Mapped[str] = mapped_column(Text, comment="works, rests, or only then")
    created_at: Mapped[CreatedAt]


class PatternException(Base):
    """One day on which a pattern is not kept, or at other hours or another place; empty = as the pattern."""

    __tablename__ = "pattern_exceptions"
    __table_args__ = (
        CheckConstraint("num_nonnulls(station_id, area_id) <= 1", name="one_place"),
        CheckConstraint("(starts_time IS NULL) = (ends_time IS NULL)", name="both_hours"),
        CheckConstraint("starts_time <> ends_time", name="ends_after_start"),
        Index("ix_pattern_exceptions_day", "day"),
    )

    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("shift_patterns.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    is_off: Mapped[bool]
    starts_time: Mapped[time | None]
    ends_time: Mapped[time | None]
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
