"""Issues with the events that made them what they are."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, Instant, geometry_column
from gridmap.models.places import one_of
from gridmap.models.staff import TIERS

ISSUE_STATES = (
    "reported",
    "accepted",
    "dispatched",
    "responded",
    "settled",
    "verified",
    "rated",
    "archived",
    "returned",
    "merged",
    "extended",
    "deferred",
    "void",
    "reopened",
)
CLOSED_STATES = ("settled", "verified", "rated", "archived", "merged", "void")
OUTCOMES = ("fixed", "cannot_fix", "not_ours", "merged", "withdrawn", "void")
RATERS = ("resident", "desk")
CLOCKS = ("accept", "settle", "report", "whistle")
ISSUE_FLAGS = ("no_coordinates", "placeholder_point", "outside_city", "closed_before_reported")


_RARE = ("parent_id", "compound_id", "rated_at")


def _index_where_given(table: str, column: str, *, unique: bool = False) -> Index:
    """Declare an index on the rows that have a value; most issues have none and load faster."""
    name = f"{'uq' if unique else 'ix'}_{table}_{column}"
    return Index(name, column, unique=unique, postgresql_where=text(f"{column} IS NOT NULL"))


class Issue(Base):
    """A reported matter: a place, a category, a state; never only a grid code."""

    __tablename__ = "issues"
    __table_args__ = (
        one_of("state", ISSUE_STATES),
        one_of("outcome", OUTCOMES),
        one_of("tier", TIERS),
        one_of("resumes_to", ISSUE_STATES),
        one_of("rated_by", RATERS),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_of_five"),
        CheckConstraint("parent_id <> id", name="parent_is_another"),
        Index(
            "ix_issues_closed_at_told", "closed_at", postgresql_where=text("state IN ('verified', 'rated')")
        ),
        Index("ix_issues_resumes_at", "resumes_at", postgresql_where=text("resumes_at IS NOT NULL")),
        Index(
            "ix_issues_state_unfinished",
            "state",
            postgresql_where=text("state NOT IN ('verified', 'rated', 'archived', 'merged', 'void')"),
        ),
        UniqueConstraint("source", "source_id"),
        Index("ix_issues_reported_at_category", "reported_at", "category"),
        Index(
            "ix_issues_building_id",
            "building_id",
            "category",
            "reported_at",
            postgresql_where=text("building_id IS NOT NULL"),
        ),
        *(_index_where_given("issues", column) for column in _RARE),
        Index("ix_issues_dispatched_to", "dispatched_to", postgresql_where=text("dispatched_to <> ''")),
        _index_where_given("issues", "secret_hash", unique=True),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text, index=True)
    channel: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, server_default="")
    reported_at: Mapped[Instant]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    entrance_number: Mapped[int | None] = mapped_column(SmallInteger)
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    grid_id: Mapped[int | None] = mapped_column(
        ForeignKey("areas.id"),
        index=True,
        comment="grid of its point; for scope, not for counting",
    )
    geom: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)
    flags: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="why it is kept out of maps; empty = trusted"
    )
    version: Mapped[int] = mapped_column(server_default="0", comment="steps taken; one more with each")
    outcome: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("issues.id"), comment="the issue it was merged into"
    )
    tier: Mapped[str] = mapped_column(Text, server_default="compound")
    dispatched_to: Mapped[str] = mapped_column(
        Text,
        server_default="",
        comment="staff:<code>, station:<code> or department:<name>; empty = nobody yet",
    )
    organisation: Mapped[str] = mapped_column(
        Text, server_default="", comment="of whom it was dispatched to last"
    )
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"))
    property_company: Mapped[str] = mapped_column(
        Text, server_default="", comment="of the compound when it was reported"
    )
    clock_rule_id: Mapped[int | None] = mapped_column(
        ForeignKey("clock_rules.id"), index=True, comment="the rule it was born under; it keeps it"
    )
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rating: Mapped[int | None] = mapped_column(SmallInteger, comment="1 to 5, 5 is best")
    rated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rated_by: Mapped[str | None] = mapped_column(
        Text, comment="by the link, or the desk for the one who reported"
    )
    secret_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="SHA-256 of the secret in the link of the one who reported"
    )
    resumes_to: Mapped[str | None] = mapped_column(Text, comment="the state before a pause")
    resumes_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="approved end of the pause"
    )
    created_at: Mapped[CreatedAt]
    changed_in: Mapped[int] = mapped_column(
        BigInteger,
        server_default=literal_column("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
        index=True,
        comment="transaction that wrote it last",
    )


class IssueEvent(Base):
    """One step in the life of an issue."""

    __tablename__ = "issue_events"
    __table_args__ = (
        UniqueConstraint("issue_id", "client_id"),
        Index(
            "ix_issue_events_acts",
            "issue_id",
            "at",
            postgresql_where=text("action <> ALL (ARRAY['report', 'escalate', 'archive'])"),
        ),
        Index("ix_issue_events_pauses", "issue_id", postgresql_where=text("action IN ('extend', 'defer')")),
        *(_index_where_given("issue_events", column) for column in ("account_id", "staff_id", "parent_id")),
    )

    id: Mapped[Id]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    at: Mapped[Instant]
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str] = mapped_column(Text, server_default="")
    action: Mapped[str | None] = mapped_column(Text, comment="empty = known from the source of a load only")
    counts_as: Mapped[str | None] = mapped_column(Text, comment="of a merged issue: the state of its parent")
    outcome: Mapped[str | None] = mapped_column(Text)
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="end of a pause")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    details: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default="{}", comment="of a dispatch: to whom and why; of an escalation: tier and clock"
    )
    client_id: Mapped[str | None] = mapped_column(Text, comment="made by the client; a retry is harmless")


class ClockRule(Base):
    """Limits of a category from a day on; never changed, only followed by a newer one."""

    __tablename__ = "clock_rules"
    __table_args__ = (
        UniqueConstraint("category", "valid_from"),
        CheckConstraint(
            "least(accept_days, settle_days, report_days, whistle_days, escalate_days) > 0",
            name="days_positive",
        ),
    )

    id: Mapped[Id]
    category: Mapped[str] = mapped_column(Text, comment="empty = all that have no rule of their own")
    valid_from: Mapped[date]
    accept_days: Mapped[int] = mapped_column(SmallInteger)
    settle_days: Mapped[int] = mapped_column(SmallInteger)
    report_days: Mapped[int] = mapped_column(SmallInteger)
    whistle_days: Mapped[int] = mapped_column(SmallInteger)
    escalate_days: Mapped[int] = mapped_column(SmallInteger)
    working_days: Mapped[bool]
    created_at: Mapped[CreatedAt]


class IssueClock(Base):
    """One limit of an issue, reckoned from its events; see `gridmap.handling.clocks`."""

    __tablename__ = "issue_clocks"
    __table_args__ = (
        one_of("clock", CLOCKS),
        UniqueConstraint("issue_id", "clock", "round_number"),
        Index(
            "ix_issue_clocks_due_at_first",
            "due_at",
            postgresql_where=text("round_number = 1 AND clock IN ('accept', 'settle')"),
        ),
        Index(
            "ix_issue_clocks_escalates_at", "escalates_at", postgresql_where=text("escalates_at IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    clock: Mapped[str] = mapped_column(Text)
    round_number: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[Instant]
    due_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_how: Mapped[str] = mapped_column(Text, server_default="")
    escalates_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when it goes up a tier unless it ends before; empty = not any more"
    )


class IssueEscalation(Base):
    """A matter went up to a tier because a clock had run out: once for each tier and clock."""

    __tablename__ = "issue_escalations"
    __table_args__ = (one_of("tier", TIERS), UniqueConstraint("issue_id", "tier", "clock_id"))

    id: Mapped[Id]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    clock_id: Mapped[int] = mapped_column(ForeignKey("issue_clocks.id", ondelete="CASCADE"), index=True)
    tier: Mapped[str] = mapped_column(Text)
    due_at: Mapped[Instant]
    at: Mapped[Instant]
    raised: Mapped[bool] = mapped_column(comment="false: the matter was as high already")
