"""Staff by role and number, their postings to places, and the shifts of the roster."""

from datetime import date

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, Id, Instant
from gridmap.models.places import one_of

TIERS = ("compound", "community", "street", "department")


class StaffRole(Base):
    """Register of roles; a city may add its own."""

    __tablename__ = "staff_roles"
    __table_args__ = (one_of("tier", TIERS),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(
        Text, server_default="community", comment="from here a matter goes up to the next"
    )
    duty_phone: Mapped[str | None] = mapped_column(
        Text, comment="called where neither post nor station has one"
    )


class Staff(Base):
    """A post that somebody fills, called by role and number; no person is named."""

    __tablename__ = "staff"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(ForeignKey("staff_roles.code"), index=True)
    organisation: Mapped[str] = mapped_column(Text, server_default="")
    office_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    duty_phone: Mapped[str | None] = mapped_column(Text)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class Posting(Base):
    """Who answers for which place, from when to when: exactly one place a row."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(area_id, micro_grid_code, compound_id, building_id, entrance_id, station_id) = 1",
            name="one_place",
        ),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        UniqueConstraint(
            "staff_id",
            "area_id",
            "micro_grid_code",
            "compound_id",
            "building_id",
            "entrance_id",
            "station_id",
            "starts_on",
            name="uq_postings_staff_place_start",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    micro_grid_code: Mapped[str | None] = mapped_column(
        Text, index=True, comment="the code outlives the plan versions that draw it"
    )
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"), index=True)
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), index=True)
    entrance_id: Mapped[int | None] = mapped_column(ForeignKey("entrances.id"), index=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None] = mapped_column(comment="last day included; empty = open")


class Shift(Base):
    """Rostered span at a station or area; its spot is where the duty is kept, not where a person is."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("num_nonnulls(station_id, area_id) = 1", name="one_place"),
        UniqueConstraint("staff_id", "starts_at"),
        Index("ix_shifts_spot_during", "spot", "during", postgresql_using="gist"),
        Index(
            "ix_shifts_station_id_during",
            "station_id",
            "during",
            postgresql_using="gist",
            postgresql_where="station_id IS NOT NULL",
        ),
        Index(
            "ix_shifts_area_spot_during",
            "spot",
            "during",
            postgresql_using="gist",
            postgresql_where="area_id IS NOT NULL",
        ),
        Index("ix_shifts_starts_at", "starts_at"),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    during: Mapped[Range] = mapped_column(
        TSTZRANGE, Computed("tstzrange(starts_at, ends_at)", persisted=True)
    )
    spot: Mapped[WKBElement] = mapped_column(
        Geography("POINT", srid=4326, spatial_index=False),
        comment="the station, or the area's point on surface",
    )
    pattern_id: Mapped[int | None] = mapped_column(
        ForeignKey("shift_patterns.id", ondelete="SET NULL"),
        index=True,
        comment="the pattern it follows; empty = single",
    )
