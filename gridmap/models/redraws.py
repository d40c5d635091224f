"""Redrawing by hand: the log of operations on a draft, and who is at work on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id


class PlanOperation(Base):
    """One change somebody made to a draft; its id is the plan's sequence number after it."""

    __tablename__ = "plan_operations"
    __table_args__ = (
        UniqueConstraint("plan_id", "op_id"),
        Index("ix_plan_operations_plan_id_grid_id", "plan_id", "grid_id", "id"),
        Index("ix_plan_operations_plan_id_account_id", "plan_id", "account_id", "id"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    op_id: Mapped[UUID] = mapped_column(Uuid, comment="made by the client: a repeated request is harmless")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    operation: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="all that moved, and from where")
    refused: Mapped[list[Any]] = mapped_column(
        JSONB, comment="atoms that others had moved meanwhile; they stayed"
    )
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="counts before and after")
    households_moved: Mapped[int]
    undoes: Mapped[int | None] = mapped_column(
        ForeignKey("plan_operations.id", ondelete="CASCADE"), index=True, comment="operation it takes back"
    )
    taken_back_by: Mapped[int | None] = mapped_column(
        ForeignKey("plan_operations.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]


class PlanLockedBuilding(Base):
    """A building whose atoms stay in their micro-grids while the draft is redrawn."""

    __tablename__ = "plan_locked_buildings"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    building_id: Mapped[int] = mapped_column(
        ForeignKey("buildings.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[CreatedAt]


class PlanPresence(Base):
    """A browser that has a draft open, and the micro-grids it is dragging just now."""

    __tablename__ = "plan_presences"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    client: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="leased for a moment")
    seen_at: Mapped[CreatedAt]
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
