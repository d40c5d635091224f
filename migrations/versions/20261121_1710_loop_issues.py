"""The loop of issues: steps with what they give, clocks by dated rules, escalations."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1710"
down_revision = "20261121_1700"
branch_labels = None
depends_on = None

STATES = (
    "'reported', 'accepted', 'dispatched', 'responded', 'settled', 'verified', 'rated', 'archived', "
    "'returned', 'merged', 'extended', 'deferred', 'void', 'reopened'"
)
TIERS = "'compound', 'community', 'street', 'department'"
CHECKS = {
    "outcome_known": "outcome IN ('fixed', 'cannot_fix', 'not_ours', 'merged', 'withdrawn', 'void')",
    "tier_known": f"tier IN ({TIERS})",
    "resumes_to_known": f"resumes_to IN ({STATES})",
    "rated_by_known": "rated_by IN ('resident', 'desk')",
    "rating_of_five": "rating BETWEEN 1 AND 5",
    "parent_is_another": "parent_id <> id",
}
INSTANT = sa.DateTime(timezone=True)


def issue_columns() -> list[sa.Column]:
    """New columns of issues."""
    return [
        sa.Column(
            "version",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="steps taken; one more with each",
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True, comment="the issue it was merged into"),
        sa.Column("tier", sa.Text(), server_default="compound", nullable=False),
        sa.Column(
            "dispatched_to",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="staff:<code>, station:<code> or department:<name>; empty = nobody yet",
        ),
        sa.Column(
            "organisation",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="of whom it was dispatched to last",
        ),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "property_company",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="of the compound when it was reported",
        ),
        sa.Column(
            "clock_rule_id",
            sa.BigInteger(),
            nullable=True,
            comment="the rule it was born under; it keeps it",
        ),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True, comment="1 to 5, 5 is best"),
        sa.Column("rated_at", INSTANT, nullable=True),
        sa.Column(
            "rated_by",
            sa.Text(),
            nullable=True,
            comment="by the link, or the desk for the one who reported",
        ),
        sa.Column(
            "secret_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the secret in the link of the one who reported",
        ),
        sa.Column("resumes_to", sa.Text(), nullable=True, comment="the state before a pause"),
        sa.Column("resumes_at", INSTANT, nullable=True, comment="approved end of the pause"),
    ]


def event_columns() -> list[sa.Column]:
    """New columns of events."""
    return [
        sa.Column("action", sa.Text(), nullable=True, comment="empty = known from the source of a load only"),
        sa.Column(
            "counts_as", sa.Text(), nullable=True, comment="of a merged issue: the state of its parent"
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("until", INSTANT, nullable=True, comment="end of a pause"),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "details",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="of a dispatch: to whom and why; of an escalation: tier and clock",
        ),
        sa.Column("client_id", sa.Text(), nullable=True, comment="made by the client; a retry is harmless"),
    ]


def upgrade() -> None:
    create_rules()
    for column in issue_columns():
        op.add_column("issues", column)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_issues_{name}"), "issues", condition)
    for column, table in (
        ("parent_id", "issues"),
        ("compound_id", "compounds"),
        ("clock_rule_id", "clock_rules"),
    ):
        op.create_foreign_key(op.f(f"fk_issues_{column}_{table}"), "issues", table, [column], ["id"])
        op.create_index(op.f(f"ix_issues_{column}"), "issues", [column])
    op.create_index(op.f("ix_issues_rated_at"), "issues", ["rated_at"])
    op.create_index(
        "ix_issues_resumes_at", "issues", ["resumes_at"], postgresql_where=sa.text("resumes_at IS NOT NULL")
    )
    op.create_index(
        "ix_issues_closed_at_told",
        "issues",
        ["closed_at"],
        postgresql_where=sa.text("state IN ('verified', 'rated')"),
    )
    op.create_unique_constraint(op.f("uq_issues_secret_hash"), "issues", ["secret_hash"])
    for column in event_columns():
        op.add_column("issue_events", column)
    op.create_foreign_key(
        op.f("fk_issue_events_parent_id_issues"), "issue_events", "issues", ["parent_id"], ["id"]
    )
    op.create_index(op.f("ix_issue_events_parent_id"), "issue_events", ["parent_id"])
    op.create_unique_constraint(
        op.f("uq_issue_events_issue_id_client_id"), "issue_events", ["issue_id", "client_id"]
    )
    op.execute(
        "UPDATE issue_events SET action = 'report' WHERE account_id IS NOT NULL AND from_state IS NULL"
    )
    create_clocks()


def create_rules() -> None:
    """Create the rules with the one of "123"."""
    rules = op.create_table(
        "clock_rules",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "category", sa.Text(), nullable=False, comment="empty = all that have no rule of their own"
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("accept_days", sa.SmallInteger(), nullable=False),
        sa.Column("settle_days", sa.SmallInteger(), nullable=False),
        sa.Column("report_days", sa.SmallInteger(), nullable=False),
        sa.Column("whistle_days", sa.SmallInteger(), nullable=False),
        sa.Column("escalate_days", sa.SmallInteger(), nullable=False),
        sa.Column("working_days", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "least(accept_days, settle_days, report_days, whistle_days, escalate_days) > 0",
            name=op.f("ck_clock_rules_days_positive"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_rules")),
        sa.UniqueConstraint("category", "valid_from", name=op.f("uq_clock_rules_category_valid_from")),
    )
    first = {"category": "", "valid_from": date(1970, 1, 1), "working_days": False}
    days = {"accept_days": 1, "settle_days": 2, "report_days": 3, "whistle_days": 1, "escalate_days": 1}
    op.bulk_insert(rules, [first | days])


def create_clocks() -> None:
    """Create the clocks and what went up because of them."""
    op.create_table(
        "issue_clocks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("round_number", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_how", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "escalates_at",
            INSTANT,
            nullable=True,
            comment="when it goes up a tier unless it ends before; empty = not any more",
        ),
        sa.CheckConstraint(
            "clock IN ('accept', 'settle', 'report', 'whistle')", name=op.f("ck_issue_clocks_clock_known")
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_clocks_issue_id_issues"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_clocks")),
        sa.UniqueConstraint(
            "issue_id", "clock", "round_number", name=op.f("uq_issue_clocks_issue_id_clock_round_number")
        ),
    )
    op.create_index("ix_issue_clocks_clock_due_at", "issue_clocks", ["clock", "due_at"])
    op.create_index(
        "ix_issue_clocks_escalates_at",
        "issue_clocks",
        ["escalates_at"],
        postgresql_where=sa.text("escalates_at IS NOT NULL"),
    )
    op.create_table(
        "issue_escalations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("raised", sa.Boolean(), nullable=False, comment="false: the matter was as high already"),
        sa.CheckConstraint(f"tier IN ({TIERS})", name=op.f("ck_issue_escalations_tier_known")),
        sa.ForeignKeyConstraint(
            ["clock_id"],
            ["issue_clocks.id"],
            name=op.f("fk_issue_escalations_clock_id_issue_clocks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_escalations_issue_id_issues"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_escalations")),
        sa.UniqueConstraint(
            "issue_id", "tier", "clock_id", name=op.f("uq_issue_escalations_issue_id_tier_clock_id")
        ),
    )
    op.create_index(op.f("ix_issue_escalations_clock_id"), "issue_escalations", ["clock_id"])


def downgrade() -> None:
    op.drop_table("issue_escalations")
    op.drop_table("issue_clocks")
    op.drop_constraint(op.f("uq_issue_events_issue_id_client_id"), "issue_events")
    for column in reversed(event_columns()):
        op.drop_column("issue_events", column.name)
    for name in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_issues_{name}"), "issues")
    op.drop_index("ix_issues_closed_at_told", table_name="issues")
    for column in reversed(issue_columns()):
        op.drop_column("issues", column.name)
    op.drop_table("clock_rules")
