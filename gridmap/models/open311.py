"""Open311: which categories are offered as services, keys of applications, and what they sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id
from gridmap.models.places import one_of

SERVICE_TYPES = ("realtime", "batch", "blackbox")


class Open311Service(Base):
    """A category of issues as Open311 offers it; what stands in no row here is not in the interface."""

    __tablename__ = "open311_services"
    __table_args__ = (one_of("type", SERVICE_TYPES),)

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, unique=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    description_zh: Mapped[str] = mapped_column(Text)
    description_en: Mapped[str] = mapped_column(Text)
    group_zh: Mapped[str] = mapped_column(Text)
    group_en: Mapped[str] = mapped_column(Text)
    keywords: Mapped[str] = mapped_column(Text, server_default="", comment="separated by commas")
    type: Mapped[str] = mapped_column(
        Text,
        server_default="realtime",
        comment="batch answers with a token; blackbox takes reports and never shows them",
    )
    place_public: Mapped[bool] = mapped_column(
        server_default="false", comment="readers without a key see the place itself, not its grid"
    )
    text_public: Mapped[bool] = mapped_column(
        server_default="false", comment="readers without a key see the description"
    )
    place: Mapped[int] = mapped_column(SmallInteger, comment="in the order of lists")
    attributes: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default="[]", comment="questions asked with a report, in their order"
    )


class Open311Key(Base):
    """Key of an application; only its SHA-256 is kept."""

    __tablename__ = "open311_keys"
    __table_args__ = (CheckConstraint("per_hour > 0", name="per_hour_positive"),)

    id: Mapped[Id]
    application: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    per_hour: Mapped[int] = mapped_column(comment="reports it may send in any 60 minutes")
    reads_details: Mapped[bool] = mapped_column(
        server_default="false", comment="sees descriptions, answers and exact places of all services"
    )
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Open311Request(Base):
    """What an application sent beside the issue it became."""

    __tablename__ = "open311_requests"
    __table_args__ = (Index("ix_open311_requests_key_id_created_at", "key_id", "created_at"),)

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True)
    key_id: Mapped[int | None] = mapped_column(ForeignKey("open311_keys.id"))
    token: Mapped[UUID | None] = mapped_column(unique=True, comment="of a batch service")
    address: Mapped[str] = mapped_column(Text, server_default="", comment="as it was written")
    attributes: Mapped[dict[str, list[str]]] = mapped_column(
        JSONB, server_default="{}", comment="code of the question -> answers"
    )
    created_at: Mapped[CreatedAt]
