"""Merged issues: they lie with their parent and follow it through its states, each with its own limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.errors import Conflict
from gridmap.handling.register import read_register
from gridmap.models import Issue, IssueEvent
from gridmap.services.actors import Actor, scope_of
from gridmap.services.issue_clocks import write_clocks

MERGED = "merged"
FOLLOW = "follow"
"""Action of the event that a merged issue gets when its parent has changed its state."""


def lock_parent(session: Session, actor: Actor, issue: Issue, parent_id: int) -> Issue:
    """Lock the issue that another is merged into.

    Raises
    ------
    Conflict
        If it is the same one, not in the actor's scope, merged itself, or no longer open.
    """
    query = select(Issue).where(Issue.id == parent_id, scope_of(actor, Issue.grid_id))
    parent = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if parent is None or parent.id == issue.id or not read_register().states[parent.state].is_open:
        raise Conflict("step_bad_parent", parent=parent_id)
    return parent


def move_children(session: Session, issue: Issue, parent: Issue, at: datetime) -> None:
    """Hang the issues merged into one under the parent it is merged into now."""
    for child in _lock_children(session, issue):
        child.parent_id = parent.id
        _note(session, child, at, parent)


def follow(session: Session, parent: Issue, start: str, step: IssueEvent) -> int:
    """Let the issues merged into a parent follow the step it has just taken; gives their number."""
    if parent.state == start and step.until is None:
        return 0
    children = _lock_children(session, parent)
    for child in children:
        child.settled_at = parent.settled_at
        _note(session, child, step.at, parent)
    return len(children)


def _lock_children(session: Session, parent: Issue) -> list[Issue]:
    query = select(Issue).where(Issue.parent_id == parent.id, Issue.state == MERGED).order_by(Issue.id)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def _note(session: Session, child: Issue, at: datetime, parent: Issue) -> None:
    session.add(
        IssueEvent(
            issue_id=child.id,
            at=at,
            from_state=MERGED,
            to_state=MERGED,
            action=FOLLOW,
            counts_as=parent.state,
            parent_id=parent.id,
            until=parent.resumes_at,
            details={},
        )
    )
    child.version += 1
    write_clocks(session, child)
