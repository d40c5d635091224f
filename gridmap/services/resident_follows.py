"""What whoever reported sees by the secret link, and may do: the steps that the register gives a resident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import aliased

from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.handling.register import read_register
from gridmap.models import Building, Issue, IssueEvent, IssuePhoto
from gridmap.services.actors import VISITOR
from gridmap.services.audit import record
from gridmap.services.issue_births import find_issue_by_secret
from gridmap.services.issue_photos import photo_of
from gridmap.services.issue_steps import NOTHING, Given, list_steps, take_step
from gridmap.services.open311_texts import is_clean
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONGEST_ADDITION = 500
LONGEST_TEXT = 4_000
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
    is_open: bool
    photos: tuple[int, ...]
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
    states = read_register().states
    query = (
        select(Issue, Building.name, Building.address, parent.state)
        .outerjoin(Building, Building.id == Issue.building_id)
        .outerjoin(parent, parent.id == Issue.parent_id)
        .where(Issue.id == issue_id)
    )
    issue, name, address, state_of_parent = session.execute(query).one()
    events = select(IssueEvent).where(IssueEvent.issue_id == issue_id).order_by(IssueEvent.at, IssueEvent.id)
    pictures = select(IssuePhoto.id).where(IssuePhoto.issue_id == issue_id).order_by(IssuePhoto.id)
    state = (issue.state == "merged" and state_of_parent) or issue.state
    return Followed(
        issue_id=issue_id,
        category=issue.category,
        state=state,
        outcome=issue.outcome if issue.outcome not in ("void", "merged") else None,
        text=issue.text,
        building=name or address or "",
        entrance_number=issue.entrance_number,
        reported_at=issue.reported_at,
        due_at=issue.due_at,
        rating=issue.rating,
        is_open=states[state].is_open,
        photos=tuple(session.scalars(pictures)),
        happenings=tuple(_happening(event) for event in session.scalars(events)),
        actions=tuple(step.action for step in list_steps(session, VISITOR, issue_id, secret=secret)),
    )


def take_residents_step(session: Session, secret: str, action: str, given: Given = NOTHING) -> None:
    """Take a step on the issue of a secret link; raises as `gridmap.services.issue_steps.take_step` does."""
    take_step(session, VISITOR, _find(session, secret), action, given, secret=secret)


def get_reporters_photo(session: Session, secret: str, photo_id: int) -> bytes:
    """Get a photo of the issue of a secret link, as JPEG.

    Raises
    ------
    NotFound
        If the link is no issue's, or the issue has no such photo.
    """
    return photo_of(session, _find(session, secret), photo_id).content


def add_words(session: Session, secret: str, words: str) -> None:
    """Add to the text of an open issue by its secret link; what was written before stays as it is.

    Raises
    ------
    NotFound
        If the link is no issue's.
    Conflict
        If the matter is no longer open, or its text is as long as it may get.
    BadInput
        If there is nothing to add, or too much at once.
    """
    said = words.strip()
    if not 0 < len(said) <= LONGEST_ADDITION or not is_clean(said):
        raise BadInput(fields=[FieldError("form", "words", "report_words", hint=str(LONGEST_ADDITION))])
    issue = session.scalars(select(Issue).where(Issue.id == _find(session, secret)).with_for_update()).one()
    if not get_followed(session, secret).is_open:
        raise Conflict("report_closed")
    now = datetime.now(ZoneInfo(LOCAL_ZONE))
    longer = f"{issue.text}\n[{now:%Y-%m-%d %H:%M}] {said}".strip()
    if len(longer) > LONGEST_TEXT:
        raise Conflict("report_full")
    issue.text = longer
    record(session, VISITOR, "words_added", "issue", issue.id, characters=len(said))


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
