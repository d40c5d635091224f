"""Webhooks: whom to tell of steps, and what is still to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, text, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant
from gridmap.models.places import one_of

DELIVERY_STATES = ("waiting", "delivered", "dead")


class WebhookTarget(Base):
    """An address that is told of steps."""

    __tablename__ = "webhook_targets"

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(Text, unique=True)
    secret: Mapped[str] = mapped_column(Text, comment="signs what is sent; shown once")
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", comment="empty = all")
    is_on: Mapped[bool] = mapped_column(server_default=true(), comment="off = told nothing")
    created_at: Mapped[CreatedAt]


class WebhookDelivery(Base):
    """One thing to tell one address: written with the step, sent by the worker."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("state", DELIVERY_STATES),
        Index("ix_webhook_deliveries_next_at", "next_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Id]
    target_id: Mapped[int] = mapped_column(ForeignKey("webhook_targets.id", ondelete="CASCADE"), index=True)
    delivery_id: Mapped[UUID] = mapped_column(unique=True, comment="the same with every attempt")
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[Instant] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    answer: Mapped[str] = mapped_column(Text, server_default="", comment="of the last attempt")
    tried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="the last attempt")
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[CreatedAt]
