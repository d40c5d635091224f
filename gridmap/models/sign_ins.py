"""Signing in at a station: of one's own free will, once a day."""

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, Id, Instant


class StationSignIn(Base):
    """That a post said on a day that it is at a station; nothing says when it left."""

    __tablename__ = "station_sign_ins"
    __table_args__ = (
        UniqueConstraint("staff_id", "station_id", "day"),
        Index("ix_station_sign_ins_station_id_day", "station_id", "day"),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"))
    day: Mapped[date]
    signed_at: Mapped[Instant]
