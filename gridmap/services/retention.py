"""How long what people leave behind is kept: one register, and the nightly job that applies it.

Every table that names a post or an account stands here, with its days or with what it is kept for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, CursorResult, delete

from gridmap.models import (
    ApiToken,
    AuditEntry,
    Base,
    CodeUse,
    FailedSignIn,
    FieldEntry,
    Notice,
    Order,
    PlanPresence,
    Shift,
    StationSignIn,
    Visit,
    WebhookDelivery,
)
from gridmap.services.actors import SYSTEM
from gridmap.services.audit import record

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute, Session

MONTH_DAYS, THIRTEEN_MONTHS_DAYS, THREE_YEARS_DAYS = 30, 400, 1095
JOB_DAYS = MONTH_DAYS
"""Finished jobs stay so long (`gridmap.services.jobs.remove_finished`)."""


@dataclass(frozen=True)
class Retention:
    """How long the rows of a table are kept.

    Attributes
    ----------
    ages_by
        Time from which the days count; rows without one stay.
    purpose
        What they are kept for, until then.
    only
        Which rows; None = all. Where several rules fit a row, the shortest holds.
    """

    model: type[Base]
    ages_by: InstrumentedAttribute[Any]
    days: int
    purpose: str
    only: ColumnElement[bool] | None = None

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.model.__tablename__


REGISTER = (
    Retention(FailedSignIn, FailedSignIn.at, 1, "slow down who guesses passwords"),
    Retention(CodeUse, CodeUse.at, 1, "limits of reports by the codes on doors"),
    Retention(PlanPresence, PlanPresence.seen_at, 1, "show who else has a draft open"),
    Retention(ApiToken, ApiToken.expires_at, MONTH_DAYS, "say that a token has expired"),
    Retention(WebhookDelivery, WebhookDelivery.created_at, MONTH_DAYS, "say what could not be told"),
    Retention(
        Visit, Visit.visited_at, THIRTEEN_MONTHS_DAYS, "due dates, and this quarter beside last year's"
    ),
    Retention(Notice, Notice.sent_at, THIRTEEN_MONTHS_DAYS, "how fast a notice spread, this year and last"),
    Retention(
        FieldEntry,
        FieldEntry.received_at,
        THIRTEEN_MONTHS_DAYS,
        "the visits they made, and what contradicted",
    ),
    Retention(StationSignIn, StationSignIn.signed_at, MONTH_DAYS, "show it to who signed in"),
    Retention(
        FieldEntry,
        FieldEntry.received_at,
        MONTH_DAYS,
        "the sign-ins they made",
        only=FieldEntry.what == "sign_in",
    ),
    Retention(Order, Order.created_at, THIRTEEN_MONTHS_DAYS, "what was asked for and done"),
    Retention(Shift, Shift.ends_at, THIRTEEN_MONTHS_DAYS, "who was on duty, this month and a year ago"),
    Retention(AuditEntry, AuditEntry.at, THREE_YEARS_DAYS, "trace what was changed by whom"),
)
KEPT = {
    "accounts": "as long as somebody signs in with it; closed by hand",
    "account_areas": "with the account",
    "postings": "who answered where and when: months of coverage are measured by them",
    "shift_patterns": "until they are taken off the roster",
    "issue_events": "the file of the matter itself",
    "notice_parts": "with the notice",
    "notice_receivers": "with the notice",
    "notice_reminders": "with the notice",
    "order_events": "with the order",
    "graph_edits": "the planners' work",
    "plans": "the city's record of its division",
    "plan_comments": "with the plan",
    "plan_imports": "with the plan; the file is gone when the import is over",
    "plan_locked_buildings": "with the plan",
    "plan_operations": "with the plan",
    "waivers": "with the plan",
    "handoffs": "with the plan: who has taken over what",
}
"""Tables that name a post or an account and lose no rows by age: what for."""


def apply_retention(session: Session, *, now: datetime | None = None) -> dict[str, int]:
    """Delete what is older than the register allows, and leave one audit row with the numbers.

    Returns
    -------
    dict
        Table -> rows removed.
    """
    moment = now or datetime.now(UTC)
    removed: dict[str, int] = {}
    for rule in REGISTER:
        old = delete(rule.model).where(rule.ages_by < moment - timedelta(days=rule.days))
        if rule.only is not None:
            old = old.where(rule.only)
        result = session.execute(old.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        removed[rule.table] = removed.get(rule.table, 0) + result.rowcount
    if any(removed.values()):
        record(session, SYSTEM, "removed", "retention", moment.date().isoformat(), **removed)
    return removed
