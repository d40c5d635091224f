"""Accounts with roles and area scopes, their tokens, failed sign-ins, and the audit of every change."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id
from gridmap.models.places import one_of

ACCOUNT_ROLES = ("admin", "planner", "official", "dispatcher", "field")


class Account(Base):
    """Somebody or something that signs in; sees and does what its role allows inside its areas."""

    __tablename__ = "accounts"
    __table_args__ = (one_of("role", ACCOUNT_ROLES),)

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text, comment="argon2id; empty = tokens only")
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="zh")
    active: Mapped[bool] = mapped_column(server_default="true")
    session_epoch: Mapped[int] = mapped_column(
        server_default="0", comment="raised to end every open session of the account"
    )
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[CreatedAt]


class AccountArea(Base):
    """Area scope of an account; an admin without rows sees the whole city, others nothing."""

    __tablename__ = "account_areas"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    area_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ApiToken(Base):
    """Bearer token of a machine; only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class FailedSignIn(Base):
    """Failed sign-in, counted against the name and the address for the rate limit, then deleted."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (
        Index("ix_failed_sign_ins_username_at", "username", "at"),
        Index("ix_failed_sign_ins_address_at", "address", "at"),
    )

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[CreatedAt]


class AuditEntry(Base):
    """Who changed what, when: one row a change, in the change's own transaction."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject_subject_id", "subject", "subject_id"),)

    id: Mapped[Id]
    at: Mapped[CreatedAt]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, comment="kind of thing changed: plan, building, account ...")
    subject_id: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
