"""Files that shall become plans: what was sent, how far it is, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id
from gridmap.models.places import one_of

IMPORT_STATUSES = ("waiting", "working", "done", "failed", "cancelled")
IMPORT_STAGES = ("reading", "matching", "drawing", "finishing")


class PlanImport(Base):
    """A file somebody sent; its draft, if it became one, was written in one transaction with ``done``."""

    __tablename__ = "plan_imports"
    __table_args__ = (one_of("status", IMPORT_STATUSES), one_of("stage", ("", *IMPORT_STAGES)))

    id: Mapped[Id]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    status: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text, server_default="")
    grids_done: Mapped[int] = mapped_column(server_default="0")
    grids_total: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", comment="how often it was begun")
    file_name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, comment="the file; gone when it is over"
    )
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="layer, crs, code_column, rules")
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"), index=True)
    answer: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, deferred=True, comment="what somebody should look at in the draft"
    )
    refusal: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, deferred=True, comment="why there is no draft: every fault with its row"
    )
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
