"""Orders: small wishes and tasks that volunteers and partner organisations claim, with their steps."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant
from gridmap.models.places import one_of

ORDER_STATES = ("open", "claimed", "done", "confirmed", "withdrawn")


class Order(Base):
    """A wish or task at a place, never of a person: written by the desk or by field staff."""

    __tablename__ = "orders"
    __table_args__ = (
        one_of("state", ORDER_STATES),
        Index("ix_orders_area_id_state", "area_id", "state"),
        *(
            Index(f"ix_orders_{name}", name, postgresql_where=text(f"{name} IS NOT NULL"))
            for name in ("building_id", "created_by", "ordered_by", "claimed_by")
        ),
    )

    id: Mapped[Id]
    client_id: Mapped[UUID] = mapped_column(
        unique=True, comment="made by whoever writes it: sent twice, it is kept once"
    )
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, server_default="")
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), comment="where it is wanted")
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    wanted_by: Mapped[date | None]
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default="0", comment="steps taken; one more with each")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ordered_by: Mapped[int | None] = mapped_column(
        ForeignKey("staff.id", ondelete="SET NULL"), comment="the post that wrote it; empty = the desk"
    )
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OrderEvent(Base):
    """One step in the life of an order."""

    __tablename__ = "order_events"
    __table_args__ = (
        Index("ix_order_events_order_id", "order_id"),
        *(
            Index(f"ix_order_events_{name}", name, postgresql_where=text(f"{name} IS NOT NULL"))
            for name in ("account_id", "staff_id")
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[Instant]
    action: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
