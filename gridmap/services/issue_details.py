"""A single issue with all that belongs to it: text, clocks, events, merged issues, what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.errors import NotFound
from gridmap.handling.register import CLOCKS, read_register
from gridmap.models import (
    Account,
    Compound,
    Issue,
    IssueClock,
    IssueEvent,
    Open311Request,
    Open311Service,
    Staff,
)
from gridmap.services.actors import Actor, require
from gridmap.services.issue_clocks import find_estimates
from gridmap.services.issue_merges import MERGED
from gridmap.services.issue_scope import is_seen_by
from gridmap.services.issues import select_issues
from gridmap.services.open311_questions import read_questions
from gridmap.services.rows import AnyRow, fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Answered:
    """A question of an Open311 service and what was answered, in the reader's words."""

    question: str
    answers: list[str]


@dataclass(frozen=True)
class Sent:
    """What an application sent beside the issue: the address as written, and answers."""

    address: str
    answers: list[Answered]


def get_issue(
    session: Session, actor: Actor, issue_id: int, *, language: str | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Get an issue with its text, its clocks and its events, the first one first.

    Returns
    -------
    dict
        What `gridmap.services.issues.list_issues` gives, and ``text``, ``source``, ``tier``, ``version``,
        ``outcome``, ``rating``, ``rated_by``, ``dispatched_to``, ``organisation``, ``property_company``,
        ``compound_name``, ``resumes_to``, ``resumes_at``, ``parent_id``; ``children`` merged into it;
        ``reports``: how many say the same, itself included; ``clocks`` by round; ``events``; ``sent`` by
        Open311, None without one or for whom it is not; ``as_of``.

    Raises
    ------
    NotFound
        If there is none, or it lies outside the actor's scope.
    """
    require(actor, "issues.read")
    query = _issue().where(Issue.id == issue_id)
    row = session.execute(query.where(is_seen_by(actor))).one_or_none()
    if row is None:
        raise NotFound
    at = now or datetime.now(UTC)
    children = _list_children(session, issue_id)
    return {
        **row._asdict(),
        "children": children,
        "reports": 1 + len(children),
        "clocks": _list_clocks(session, row, at),
        "events": _list_events(session, issue_id),
        "sent": _find_sent(session, actor, row, language or actor.language),
        "as_of": at,
    }


def _issue() -> Any:
    columns = (
        Issue.text,
        Issue.source,
        Issue.tier,
        Issue.version,
        Issue.outcome,
        Issue.rating,
        Issue.rated_by,
        Issue.dispatched_to,
        Issue.organisation,
        Issue.property_company,
        Issue.resumes_to,
        Issue.resumes_at,
        Issue.parent_id,
        Compound.name.label("compound_name"),
    )
    return select_issues().add_columns(*columns).outerjoin(Compound, Compound.id == Issue.compound_id)


def _list_children(session: Session, issue_id: int) -> list[AnyRow]:
    query = select(Issue.id, Issue.state, Issue.channel, Issue.reported_at)
    query = query.where(Issue.parent_id == issue_id, Issue.state == MERGED)
    return fetch(session, query.order_by(Issue.reported_at, Issue.id))


def _list_clocks(session: Session, issue: AnyRow, at: datetime) -> list[dict[str, Any]]:
    """List the clocks round by round, in the order in which they fall due; only an open issue is overdue."""
    is_open = read_register().states[issue.state].is_open
    order = func.array_position(list(CLOCKS), IssueClock.clock)
    query = select(
        IssueClock.clock,
        IssueClock.round_number,
        IssueClock.starts_at,
        IssueClock.due_at,
        IssueClock.ended_at,
        IssueClock.ended_how,
    ).where(IssueClock.issue_id == issue.id)
    rows = fetch(session, query.order_by(IssueClock.starts_at, order))
    return [
        {
            **row._asdict(),
            "is_overdue": is_open and row.ended_at is None and row.due_at < at,
            "estimated_year": year,
        }
        for row, year in zip(rows, find_estimates(session, issue.id, rows), strict=True)
    ]


def _list_events(session: Session, issue_id: int) -> list[AnyRow]:
    query = (
        select(
            IssueEvent.at,
            IssueEvent.action,
            IssueEvent.from_state,
            IssueEvent.to_state,
            IssueEvent.counts_as,
            IssueEvent.outcome,
            IssueEvent.until,
            IssueEvent.parent_id,
            IssueEvent.details,
            Staff.code.label("staff_code"),
            Account.role.label("role"),
            IssueEvent.note,
        )
        .outerjoin(Staff, Staff.id == IssueEvent.staff_id)
        .outerjoin(Account, Account.id == IssueEvent.account_id)
        .where(IssueEvent.issue_id == issue_id)
        .order_by(IssueEvent.at, IssueEvent.id)
    )
    return fetch(session, query)


def _find_sent(session: Session, actor: Actor, issue: AnyRow, language: str) -> Sent | None:
    """Find what an application sent; the words of questions and choices come from the register."""
    if not actor.may("open311.details"):
        return None
    sent = session.get(Open311Request, issue.id)
    if sent is None:
        return None
    query = select(Open311Service.attributes).where(Open311Service.category == issue.category)
    questions = {one.code: one for one in read_questions(session.scalar(query) or [])}
    answers = []
    for code, values in sent.attributes.items():
        question = questions.get(code)
        names = question.choices if question else {}
        said = [names[value][language] if value in names else value for value in values]
        answers.append(Answered(question.text[language] if question else code, said))
    return Sent(sent.address, answers)
