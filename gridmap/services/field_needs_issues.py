"""What a phone needs of issues: the open ones at a post's buildings or in its hands, and their next steps."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.handling.register import action_text
from gridmap.i18n import LANGUAGES, catalogue
from gridmap.models import Account, Issue, IssueEvent, IssuePhoto, Open311Service
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.actors import Actor
from gridmap.services.issue_legality import Taker, list_legal
from gridmap.services.issue_receivers import STAFF
from gridmap.services.issue_scope import is_seen_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from gridmap.services.field_needs_buildings import Held

EVENTS = 5
"""Of each issue, the last ones."""
CATEGORY = "pages.category_"


def list_field_issues(
    session: Session,
    actor: Actor,
    held: Held,
    post_code: str,
    *,
    language: str,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """List the open issues at the buildings or dispatched to the post, by due time; no contact, ever."""
    issues = _read_issues(session, actor, held, post_code)
    ids = [issue.id for issue in issues]
    events, photos = _read_events(session, ids), _read_photos(session, ids)
    taker, at = Taker(actor, actor.role), now or datetime.now(UTC)
    return [
        {
            "id": issue.id,
            "category": issue.category,
            "channel": issue.channel,
            "state": issue.state,
            "version": issue.version,
            "text": issue.text,
            "building_id": issue.building_id,
            "entrance_number": issue.entrance_number,
            "floor": issue.floor,
            "reported_at": issue.reported_at,
            "due_at": issue.due_at,
            "tier": issue.tier,
            "dispatched_to_me": issue.dispatched_to == f"{STAFF}:{post_code}",
            "steps": [
                {
                    "action": step.action,
                    "name": action_text(step.action, language),
                    "gives": step.gives,
                    "outcomes": step.outcomes,
                    "to_state": step.to_state,
                }
                for step in list_legal(session, taker, issue, at)
            ],
            "events": events[issue.id],
            "photos": photos[issue.id],
        }
        for issue in issues
    ]


def _read_issues(session: Session, actor: Actor, held: Held, post_code: str) -> Sequence[Issue]:
    is_open = Issue.state.not_in(CLOSED_STATES)
    here = select(Issue.id).where(Issue.building_id.in_(held.ids), is_open)
    mine = select(Issue.id).where(
        Issue.dispatched_to == f"{STAFF}:{post_code}", Issue.dispatched_to != "", is_open
    )
    ids = set(session.scalars(here.union(mine)))
    query = select(Issue).where(Issue.id.in_(ids), is_seen_by(actor))
    return session.scalars(query.order_by(Issue.due_at, Issue.id)).all()


def _read_events(session: Session, ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    from_last = func.row_number().over(partition_by=IssueEvent.issue_id, order_by=IssueEvent.id.desc())
    numbered = select(IssueEvent.id, from_last.label("place")).where(IssueEvent.issue_id.in_(ids)).subquery()
    query = (
        select(
            IssueEvent.issue_id,
            IssueEvent.at,
            IssueEvent.action,
            IssueEvent.to_state,
            IssueEvent.note,
            Account.role.label("role"),
        )
        .join(numbered, numbered.c.id == IssueEvent.id)
        .outerjoin(Account, Account.id == IssueEvent.account_id)
        .where(numbered.c.place <= EVENTS)
        .order_by(IssueEvent.id)
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(query):
        facts = row._asdict()
        found[facts.pop("issue_id")].append(facts)
    return found


def _read_photos(session: Session, ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    query = select(IssuePhoto.issue_id, IssuePhoto.id).where(IssuePhoto.issue_id.in_(ids))
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(query.order_by(IssuePhoto.id)):
        found[row.issue_id].append({"id": row.id})
    return found


def list_field_categories(session: Session) -> list[dict[str, Any]]:
    """List the categories that an issue may be reported in: those with a name, and those of Open311."""
    texts = catalogue()
    named = {
        key.removeprefix(CATEGORY): {f"name_{language}": said[language] for language in LANGUAGES}
        for key, said in texts.items()
        if key.startswith(CATEGORY)
    }
    query = select(Open311Service.category, Open311Service.name_zh, Open311Service.name_en)
    for row in session.execute(query.order_by(Open311Service.place)):
        named.setdefault(row.category, {"name_zh": row.name_zh, "name_en": row.name_en})
    return [{"category": code, **names} for code, names in named.items()]
