"""What time does to issues: they go up a tier when a clock has run out, pauses end, the rest is archived.

The worker asks every few minutes. Each round takes a few issues, locks them, and writes event, tier, audit
row and the row of ``issue_escalations`` that makes it happen once, in one transaction: a worker that is
killed has done it or has not. What a worker was away for is made up for later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import Conflict
from gridmap.handling.register import TIERS, read_register
from gridmap.models import Issue, IssueClock, IssueEscalation, IssueEvent
from gridmap.services.actors import SYSTEM
from gridmap.services.audit import record
from gridmap.services.issue_clocks import find_escalations
from gridmap.services.issue_merges import MERGED
from gridmap.services.issue_steps import take_step

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_A_TIME = 10
"""Issues of one round, which is one transaction."""
ARCHIVED_AFTER_DAYS = max(
    step.after_days or 0 for step in read_register().transitions if step.action == "archive"
)


@dataclass(frozen=True)
class Watched:
    """What a round did: matters that went up, pauses that ended, issues archived."""

    escalated: int
    resumed: int
    archived: int

    def __bool__(self) -> bool:
        """Tell whether it did anything, so that there may be more."""
        return bool(self.escalated or self.resumed or self.archived)


def watch_clocks(session: Session, *, now: datetime | None = None, at_a_time: int = AT_A_TIME) -> Watched:
    """Do for some issues what is due by now.

    Parameters
    ----------
    now
        With zone; the clock's by default.
    at_a_time
        Issues of each kind at most; ask again until nothing is done.
    """
    at = now or datetime.now(UTC)
    due = select(IssueClock.issue_id).where(IssueClock.escalates_at <= at)
    due = due.order_by(IssueClock.escalates_at).limit(at_a_time)
    escalated = sum(_escalate(session, issue_id, at) for issue_id in sorted(set(session.scalars(due))))
    paused = select(Issue.id).where(Issue.resumes_at <= at).order_by(Issue.resumes_at).limit(at_a_time)
    resumed = _step_all(session, session.scalars(paused).all(), "resume", at)
    told = select(Issue.id).where(
        Issue.state.in_(("verified", "rated")),
        Issue.closed_at <= at - timedelta(days=ARCHIVED_AFTER_DAYS),
        Issue.clock_rule_id.is_not(None),  # what was only loaded is the source's to archive
    )
    told = told.order_by(Issue.closed_at).limit(at_a_time)
    archived = _step_all(session, session.scalars(told).all(), "archive", at)
    return Watched(escalated, resumed, archived)


def _escalate(session: Session, issue_id: int, at: datetime) -> int:
    """Let one issue go up for each of its clocks that asks for it; gives how often it was written."""
    root = _lock_root(session, issue_id)
    query = select(IssueClock).where(
        IssueClock.issue_id == issue_id, IssueClock.escalates_at <= at, IssueClock.ended_at.is_(None)
    )
    written = 0
    for clock in session.scalars(query.order_by(IssueClock.id).with_for_update()):
        written += _go_up(session, root, issue_id, clock, at)
    return written


def _lock_root(session: Session, issue_id: int) -> Issue:
    """Lock an issue with the one it is merged into, which is what goes up."""
    parent_id = session.scalar(select(Issue.parent_id).where(Issue.id == issue_id, Issue.state == MERGED))
    ids = [issue_id] if parent_id is None else [parent_id, issue_id]
    locked = [session.get_one(Issue, one, with_for_update=True, populate_existing=True) for one in ids]
    return locked[0]


def _go_up(session: Session, root: Issue, issue_id: int, clock: IssueClock, at: datetime) -> int:
    """Write the tiers that a clock has reached by now, each once."""
    steps = find_escalations(session, session.get_one(Issue, issue_id), clock)
    written = 0
    for tier, due_at in steps:
        if due_at > at:
            break
        raised = TIERS.index(tier) > TIERS.index(root.tier)
        values = {
            "issue_id": issue_id,
            "clock_id": clock.id,
            "tier": tier,
            "due_at": due_at,
            "at": at,
            "raised": raised,
        }
        once = insert(IssueEscalation).values(values).on_conflict_do_nothing()
        if session.scalar(once.returning(IssueEscalation.id)) is None:
            continue
        written += 1
        if raised:
            _raise_tier(session, root, tier, clock, at)
    to_come = [due_at for _, due_at in steps if due_at > at]
    clock.escalates_at = to_come[0] if to_come else None
    session.flush()
    return written


def _raise_tier(session: Session, root: Issue, tier: str, clock: IssueClock, at: datetime) -> None:
    root.tier = tier
    root.version += 1
    details = {"tier": tier, "clock": clock.clock, "round": clock.round_number, "issue": clock.issue_id}
    session.add(
        IssueEvent(
            issue_id=root.id,
            at=at,
            from_state=root.state,
            to_state=root.state,
            action="escalate",
            details=details,
        )
    )
    record(session, SYSTEM, "escalated", "issue", root.id, **details)


def _step_all(session: Session, ids: Iterable[int], action: str, at: datetime) -> int:
    """Take a step of the system on issues; what somebody else has moved on meanwhile is left alone."""
    taken = 0
    for issue_id in sorted(ids):
        try:
            take_step(session, SYSTEM, issue_id, action, now=at)
        except Conflict:
            continue
        taken += 1
    return taken
