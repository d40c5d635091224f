"""What residents report by the code on their door: no account, no name, no position.

Whoever reports gets a secret link in return; that it is the same matter as another is written down for the
desk, which merges: the register gives that step to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from gridmap.errors import BadInput, FieldError
from gridmap.formats.photos import redraw_photo
from gridmap.handling.register import read_register
from gridmap.models import Building, Issue, IssueEvent, Open311Service
from gridmap.services.actors import Actor
from gridmap.services.building_codes import OpenCode, note_use
from gridmap.services.issue_births import give_secret
from gridmap.services.issue_photos import attach_photos
from gridmap.services.issues import create_issue
from gridmap.services.open311_register import BLACKBOX, pick
from gridmap.services.open311_texts import is_clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

CHANNEL = "qr_code"
LONGEST_TEXT = 1_000
MOST_KNOWN = 5
MOST_PHOTOS = 3
KNOWN_FOR = timedelta(days=60)
FEWEST_HOUSEHOLDS = 8
"""In a smaller building a category would tell of a family."""


@dataclass(frozen=True)
class Choice:
    """A category as a resident reads it."""

    category: str
    name: str


@dataclass(frozen=True)
class KnownMatter:
    """An open matter of the building: never its words."""

    id: int
    name: str
    state: str
    reported_at: datetime
    reports: int


def list_choices(session: Session, language: str) -> list[Choice]:
    """List the categories that the register of services offers."""
    rows = session.scalars(select(Open311Service).order_by(Open311Service.place))
    return [Choice(row.category, pick(row, "name", language)) for row in rows]


def list_known(session: Session, code: OpenCode, language: str) -> list[KnownMatter]:
    """List open matters of the building, the newest first; those for their handlers alone stay out."""
    states = [state.name for state in read_register().states.values() if state.is_open]
    child = aliased(Issue)
    merged = select(func.count()).where(child.parent_id == Issue.id, child.state == "merged")
    query = (
        select(Issue.id, Issue.state, Issue.reported_at, merged.scalar_subquery(), Open311Service)
        .join(Open311Service, Open311Service.category == Issue.category)
        .join(Building, Building.id == Issue.building_id)
        .where(
            Issue.building_id == code.building_id,
            Issue.state.in_(states),
            Issue.reported_at > datetime.now(UTC) - KNOWN_FOR,
            Open311Service.type != BLACKBOX,
            Building.households >= FEWEST_HOUSEHOLDS,
        )
        .order_by(Issue.reported_at.desc(), Issue.id.desc())
        .limit(MOST_KNOWN)
    )
    return [
        KnownMatter(number, pick(service, "name", language), state, at, 1 + more)
        for number, state, at, more, service in session.execute(query)
    ]


def send_report(
    session: Session,
    code: OpenCode,
    sender: str,
    *,
    category: str = "",
    text: str = "",
    same_as: int | None = None,
    client_id: str = "",
    photos: Sequence[bytes] = (),
) -> str:
    """Report an issue at a door; gives the secret of its link, which is shown this once.

    Parameters
    ----------
    sender
        Digest of who sends, for the limits.
    same_as
        Number of a matter that `list_known` names: the same, once more.
    client_id
        UUID made with the form; the same one again is the same report.
    photos
        Files, at most `MOST_PHOTOS`; they are drawn anew.

    Raises
    ------
    BadInput
        If no category is chosen, the text is too long, there is no such matter, or a photo is not taken.
    TooMany
        If the address or the code has sent too much.
    """
    known = {} if same_as is None else {one.id for one in list_known(session, code, "zh")}
    faults = _find_faults(session, category, text, client_id, needs_category=same_as is None)
    if same_as is not None and same_as not in known:
        faults.append(FieldError("form", "same", "report_not_known", value=str(same_as)))
    if len(photos) > MOST_PHOTOS:
        faults.append(FieldError("form", "photos", "report_photos", hint=str(MOST_PHOTOS)))
    if faults:
        raise BadInput(fields=faults)
    note_use(session, code, sender)
    if same_as is not None:
        category = session.get_one(Issue, same_as).category
    actor = Actor(None, f"code:{code.id}", "visitor", area_ids=None, rights=frozenset({"issues.write"}))
    issue_id = create_issue(
        session,
        actor,
        category=category,
        text=text.strip(),
        building_id=code.building_id,
        entrance_number=code.entrance_number,
        client_id=f"{code.id}:{client_id}",
        channel=CHANNEL,
    )
    attach_photos(session, actor, issue_id, [redraw_photo(one) for one in photos])
    if same_as is not None:
        born = select(IssueEvent).where(IssueEvent.issue_id == issue_id, IssueEvent.action == "report")
        session.scalars(born).one().details = {"same_as": same_as}
    return give_secret(session, actor, issue_id)


def _find_faults(
    session: Session, category: str, text: str, client_id: str, *, needs_category: bool
) -> list[FieldError]:
    faults = []
    if needs_category and category not in {one.category for one in list_choices(session, "zh")}:
        faults.append(FieldError("form", "category", "report_category"))
    if len(text) > LONGEST_TEXT or not is_clean(text):
        faults.append(FieldError("form", "text", "report_text", hint=str(LONGEST_TEXT)))
    try:
        UUID(client_id)
    except ValueError:
        faults.append(FieldError("form", "client_id", "report_form"))
    return faults
