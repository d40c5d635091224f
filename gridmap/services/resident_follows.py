"""What whoever reported sees by the secret link, and may do: the steps that the register gives a resident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from gridmap.errors import NotFound
from gridmap.models import Building, Issue, IssueEvent
from gridmap.services.actors import VISITOR
from gridmap.services.issue_births import find_issue_by_secret
from gridmap.services.issue_steps import NOTHING, Given, list_steps, take_step

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SAID_TO_RESIDENTS = frozenset({"settle", "reopen", "withdraw"})
"""Steps whose note is meant for whoever reported, or is their own; other notes stay in the house."""


@dataclass(frozen=True)
class Happening:
    """What happened when; nobody is named.

    Attributes
    ----------
    state
        That it was in from then on; of a merged one the state of the matter it was merged into.
    """

    at: datetime
    action: str
    state: str
    outcome: str | None
    note: str


@dataclass(frozen=True)
class Followed:
    """An issue as its reporter sees it."""

    issue_id: int
    category: str
    state: str
    outcome: str | None
    text: str
    building: str
    entrance_number: int | None
    reported_at: datetime
    due_at: datetime | None
    rating: int | None
    happenings: tuple[Happening, ...]
    actions: tuple[str, ...]


def get_followed(session: Session, secret: str) -> Followed:
    """Get the issue of a secret link.

    Raises
    ------
    NotFound
        If the link is no issue's.
    """
    issue_id = _find(session, secret)
    parent = aliased(Issue)
    query = (
        select(Issue, Building.name, Building.address, parent.state)
        .outerjoin(Building, Building.id == Issue.building_id)
        .outerjoin(parent, parent.id == Issue.parent_id)
        .where(Issue.id == issue_id)
    )
    issue, name, address, state_of_parent = session.execute(query).one()
    events = select(IssueEvent).where(IssueEvent.issue_id == issue_id).order_by(IssueEvent.at, IssueEvent.id)
    return Followed(
        issue_id=issue_id,
        category=issue.category,
        state=(issue.state == "merged" and state_of_parent) or issue.state,
        outcome=issue.outcome if issue.outcome not in ("void", "merged") else None,
        text=issue.text,
        building=name or address or "",
        entrance_number=issue.entrance_number,
        reported_at=issue.reported_at,
        due_at=issue.due_at,
        rating=issue.rating,
        happenings=tuple(_happening(event) for event in session.scalars(events)),
        actions=tuple(step.action for step in list_steps(session, VISITOR, issue_id, secret=secret)),
    )


def take_residents_step(session: Session, secret: str, action: str, given: Given = NOTHING) -> None:
    """Take a step on the issue of a secret link; raises as `gridmap.services.issue_steps.take_step` does."""
    take_step(session, VISITOR, _find(session, secret), action, given, secret=secret)


def _find(session: Session, secret: str) -> int:
    issue_id = find_issue_by_secret(session, secret)
    if issue_id is None:
        raise NotFound("link_unknown")
    return issue_id


def _happening(event: IssueEvent) -> Happening:
    return Happening(
        at=event.at,
        action=event.action or "",
        state=event.counts_as or event.to_state,
        outcome=event.outcome if event.outcome not in ("void", "merged") else None,
        note=event.note if event.action in SAID_TO_RESIDENTS else "",
    )
