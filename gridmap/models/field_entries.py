"""What phones have sent: every entry once, as it came, with what became of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Instant
from gridmap.models.places import one_of

ENTRY_STATES = ("stored", "held", "conflict", "refused")


class FieldEntry(Base):
    """An entry of a phone: never changed nor taken away, only its state moves on with the others'."""

    __tablename__ = "field_entries"
    __table_args__ = (
        one_of("state", ENTRY_STATES),
        Index("ix_field_entries_subject_subject_id", "subject", "subject_id"),
        Index("ix_field_entries_staff_id_received_at", "staff_id", "received_at"),
        Index("ix_field_entries_waits_for", "waits_for", postgresql_where=text("waits_for IS NOT NULL")),
        Index("ix_field_entries_conflicts", "subject_id", postgresql_where=text("state = 'conflict'")),
        Index("ix_field_entries_account_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, comment="made by the phone: sent twice, it is kept once"
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id"), comment="empty = a visit that was there before the first entry about it"
    )
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, server_default="", comment="kind of thing it is about")
    subject_id: Mapped[str] = mapped_column(Text, server_default="", comment="its public id")
    waits_for: Mapped[UUID | None] = mapped_column(comment="entry or record that has not come yet")
    made_at: Mapped[Instant] = mapped_column(comment="by the clock of the phone; orders nothing")
    clock_ahead_s: Mapped[int] = mapped_column(
        server_default="0", comment="seconds by which that clock was wrong when it sent this"
    )
    received_at: Mapped[CreatedAt]
    client_version: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="as it was sent")
    state: Mapped[str] = mapped_column(Text)
    answer: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default="{}", comment="what it led to: issue, version it began at, steps taken"
    )
