"""The dispatchers' desk: what is to be done next, by tabs made from the register of steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from gridmap.handling.register import read_register
from gridmap.models import Building, Compound, Issue, IssueClock
from gridmap.services.actors import Actor, require
from gridmap.services.issue_merges import MERGED
from gridmap.services.issues import IssueFilter, build_issues_where, select_issues
from gridmap.services.rows import AnyRow, fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NEW, DISPATCH, OVERDUE, VERIFY, ALL = "new", "dispatch", "overdue", "verify", "all"
TABS = (NEW, DISPATCH, OVERDUE, VERIFY, ALL)
TEXT_SHOWN = 120
"""Letters of the text that the list shows."""
LONGEST_ID = 18


@dataclass(frozen=True)
class DeskFilter:
    """What the work list holds.

    Attributes
    ----------
    tab
        One of `TABS`.
    issues
        Further conditions.
    words
        A number, or part of a text, a building or its address; empty = any.
    """

    tab: str = NEW
    issues: IssueFilter = field(default_factory=IssueFilter)
    words: str = ""


def list_work(
    session: Session,
    actor: Actor,
    which: DeskFilter,
    *,
    skip: int = 0,
    limit: int = 50,
    now: datetime | None = None,
) -> list[AnyRow]:
    """List the issues of a tab: what falls due first stands first; in ``all`` the newest.

    Returns
    -------
    list of Row
        What `gridmap.services.issues.list_issues` gives, and ``text`` (its beginning), ``tier``, ``version``,
        ``compound_name``, ``building_address``, ``dispatched_to``, ``reports`` (how many say the same), and
        of the clock that runs out next ``clock``, ``clock_starts_at``, ``clock_due_at``, ``is_overdue``.
    """
    require(actor, "duty.dispatch")
    at = now or datetime.now(UTC)
    clock = (
        select(IssueClock.clock, IssueClock.starts_at, IssueClock.due_at)
        .where(IssueClock.issue_id == Issue.id, IssueClock.ended_at.is_(None))
        .order_by(IssueClock.due_at)
        .limit(1)
        .lateral("running")
    )
    child = aliased(Issue)
    merged = select(func.count()).where(child.parent_id == Issue.id, child.state == MERGED)
    query = (
        select_issues()
        .outerjoin(Compound, Compound.id == Issue.compound_id)
        .outerjoin(clock, true())
        .add_columns(
            func.left(Issue.text, TEXT_SHOWN).label("text"),
            Issue.tier,
            Issue.version,
            Issue.dispatched_to,
            Compound.name.label("compound_name"),
            Building.address.label("building_address"),
            (1 + merged.scalar_subquery()).label("reports"),
            clock.c.clock,
            clock.c.starts_at.label("clock_starts_at"),
            clock.c.due_at.label("clock_due_at"),
            _is_overdue(at).label("is_overdue"),
        )
        .where(*_where(session, actor, which, at))
    )
    newest = (Issue.reported_at.desc(), Issue.id.desc())
    query = query.order_by(*newest) if which.tab == ALL else query.order_by(clock.c.due_at, Issue.id)
    return fetch(session, query.offset(skip).limit(limit))


def count_work(
    session: Session, actor: Actor, which: DeskFilter, *, now: datetime | None = None
) -> dict[str, int]:
    """Count what each tab holds under the same further conditions."""
    require(actor, "duty.dispatch")
    at = now or datetime.now(UTC)
    counts = {}
    for tab in TABS:
        where = _where(session, actor, replace(which, tab=tab), at)
        counts[tab] = session.scalar(select(func.count()).select_from(Issue).where(*where)) or 0
    return counts


def _where(session: Session, actor: Actor, which: DeskFilter, at: datetime) -> list[ColumnElement[bool]]:
    where = build_issues_where(session, actor, which.issues)
    if which.tab == OVERDUE:
        where.append(_is_overdue(at))
    elif which.tab != ALL:
        where.append(Issue.state.in_(states_of(which.tab)))
    if words := which.words.strip():
        where.append(_holds(words))
    return where


def states_of(tab: str) -> tuple[str, ...]:
    """Give the states of a tab: those from which its step leads on, by the register."""
    action = {NEW: "accept", DISPATCH: "dispatch", VERIFY: "verify"}[tab]
    steps = [step for step in read_register().transitions if step.action == action]
    if tab == DISPATCH:
        steps = [step for step in steps if "note" not in step.gives]  # with a note it is sent on
    return tuple(step.from_state for step in steps)


def _is_overdue(at: datetime) -> ColumnElement[bool]:
    """Build the condition that an open issue has a clock that has run out."""
    open_states = [state.name for state in read_register().states.values() if state.is_open]
    run_out = exists(
        select(IssueClock.id).where(
            IssueClock.issue_id == Issue.id, IssueClock.ended_at.is_(None), IssueClock.due_at < at
        )
    )
    return Issue.state.in_(open_states) & run_out


def _holds(words: str) -> ColumnElement[bool]:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = f"%{escaped}%"
    # Places are looked through by themselves, they are few: an issue is not joined to be looked at.
    buildings = select(Building.id).where(or_(Building.address.ilike(like), Building.name.ilike(like)))
    compounds = select(Compound.id).where(Compound.name.ilike(like))
    holds: list[ColumnElement[bool]] = [
        Issue.text.ilike(like),
        Issue.building_id.in_(buildings),
        Issue.compound_id.in_(compounds),
    ]
    number = words.lstrip("#")
    if number.isdecimal() and len(number) <= LONGEST_ID:
        holds.append(Issue.id == int(number))
    return or_(*holds)
