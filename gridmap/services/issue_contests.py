"""Steps that contradict each other are taken back, and the issue says so; being first makes nobody right.

An event with the action ``contest`` brings the issue to where all had agreed, and keeps all sides in its
details. Where somebody else has acted since, it takes nothing back and only tells of the step that came late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.handling.clocks import CONTEST
from gridmap.models import Issue, IssueEvent
from gridmap.services.actors import Actor
from gridmap.services.audit import record
from gridmap.services.issue_clocks import write_clocks
from gridmap.services.issue_merges import FOLLOW, MERGED
from gridmap.services.webhooks import call_sender

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PLAIN = ("state", "tier", "outcome", "resumes_to", "dispatched_to", "organisation")
INSTANTS = ("closed_at", "settled_at", "resumes_at")


def remember(issue: Issue) -> dict[str, Any]:
    """Give what a step of field staff may change of an issue, so that it can be brought back."""
    instants = {name: getattr(issue, name) for name in INSTANTS}
    return {name: getattr(issue, name) for name in PLAIN} | {
        name: value and value.isoformat() for name, value in instants.items()
    }


def contest(
    session: Session,
    actor: Actor,
    issue: Issue,
    undone: Sequence[int],
    before: Mapping[str, Any] | None,
    sides: Sequence[Mapping[str, Any]],
) -> IssueEvent:
    """Write that steps contradict each other, and take some back.

    Parameters
    ----------
    issue
        Locked.
    undone
        Ids of the events of the steps to take back: the last ones of the issue; none = only tell of it.
    before
        What `remember` gave before the first of them.
    sides
        What the contradicting entries say, plain JSON values; kept with the event.
    """
    start = issue.state
    if before is not None:
        for name in PLAIN:
            setattr(issue, name, before[name])
        for name in INSTANTS:
            setattr(issue, name, before[name] and datetime.fromisoformat(before[name]))
    event = IssueEvent(
        issue_id=issue.id,
        at=datetime.now(UTC),
        from_state=start,
        to_state=issue.state,
        action=CONTEST,
        until=issue.resumes_at,
        details={"undoes": len(undone), "sides": list(sides)},
    )
    issue.version += 1
    session.add(event)
    session.flush()
    write_clocks(session, issue)
    if undone and issue.state != MERGED:
        _lead_back_children(session, issue, min(undone))
    record(
        session,
        actor,
        "contested",
        "issue",
        issue.id,
        undone=len(undone),
        from_state=start,
        to_state=issue.state,
    )
    call_sender(session)
    return event


def _lead_back_children(session: Session, parent: Issue, first_undone: int) -> None:
    """Let the issues merged into a parent forget that they followed the steps taken back."""
    query = select(Issue).where(Issue.parent_id == parent.id, Issue.state == MERGED).order_by(Issue.id)
    for child in session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        followed = session.scalar(
            select(func.count()).where(
                IssueEvent.issue_id == child.id,
                IssueEvent.action == FOLLOW,
                IssueEvent.parent_id == parent.id,
                IssueEvent.id > first_undone,
            )
        )
        if not followed:
            continue
        child.settled_at = parent.settled_at
        child.version += 1
        session.add(
            IssueEvent(
                issue_id=child.id,
                at=datetime.now(UTC),
                from_state=MERGED,
                to_state=MERGED,
                action=FOLLOW,
                counts_as=parent.state,
                parent_id=parent.id,
                details={"undoes": followed},
            )
        )
        write_clocks(session, child)
