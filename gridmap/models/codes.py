"""Codes on the doors of buildings: residents report by them, without an account."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id


class BuildingCode(Base):
    """What a sticker on a door says; a place has one valid code at most."""

    __tablename__ = "building_codes"

    id: Mapped[Id]
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"), index=True)
    entrance_number: Mapped[int | None] = mapped_column(
        SmallInteger, comment="empty = the building as a whole"
    )
    digest: Mapped[bytes] = mapped_column(
        LargeBinary, unique=True, comment="SHA-256 of what the sticker says; no more is kept"
    )
    issued_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


Index(
    "ix_building_codes_valid",
    BuildingCode.building_id,
    func.coalesce(BuildingCode.entrance_number, text("0")),
    unique=True,
    postgresql_where=BuildingCode.revoked_at.is_(None),
)


class CodeUse(Base):
    """A report by a code, or a try of one that does not exist: counted for the limits, then deleted."""

    __tablename__ = "code_uses"
    __table_args__ = (
        Index("ix_code_uses_sender_at", "sender", "at"),
        Index("ix_code_uses_code_id_at", "code_id", "at"),
    )

    id: Mapped[Id]
    code_id: Mapped[int | None] = mapped_column(
        ForeignKey("building_codes.id", ondelete="CASCADE"), comment="empty = what was tried is no code"
    )
    sender: Mapped[str] = mapped_column(
        Text, comment="digest of day and network address, keyed; ends with the day"
    )
    at: Mapped[CreatedAt]
