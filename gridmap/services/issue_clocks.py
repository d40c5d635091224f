"""Clocks of issues in the database: dated rules, and the limits reckoned anew after each step.

What stands in ``issue_clocks`` is always what `gridmap.handling.clocks` makes of the events, the rule the
issue was born under and the calendar of the roster.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import BadInput, Conflict, FieldError
from gridmap.handling import clocks as reckoning
from gridmap.handling.clocks import Calendar, Clock, Event, Span, find_pauses, list_escalations, reckon_clocks
from gridmap.handling.register import FIRST, read_register
from gridmap.models import CalendarDay, ClockRule, Issue, IssueClock, IssueEscalation, IssueEvent
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.postings import today
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.services.rows import AnyRow

ESCALATING = ("accept", "settle", "whistle")
"""Clocks that wait for an open issue; the report back comes after it."""


def read_calendar(session: Session) -> Calendar:
    """Read the calendar of the roster: the one source of holidays and worked weekends."""
    return Calendar({row.day: row.kind for row in session.execute(select(CalendarDay.day, CalendarDay.kind))})


def list_clock_rules(session: Session, actor: Actor) -> list[ClockRule]:
    """List all rules: by category, the oldest first; those of a category without one of its own first."""
    require(actor, "issues.read")
    return list(session.scalars(select(ClockRule).order_by(ClockRule.category, ClockRule.valid_from)))


def create_clock_rule(
    session: Session, actor: Actor, category: str, valid_from: date, **limits: Any
) -> ClockRule:
    """Let new limits hold for a category (empty = all without a rule of their own) from a day to come.

    Parameters
    ----------
    limits
        Fields of `gridmap.handling.clocks.ClockRule`; what is left out is as in "123".

    Raises
    ------
    BadInput
        If the day is not after today, or a limit is less than a day.
    Conflict
        If there is a rule from that day: rules are never rewritten.
    """
    require(actor, "issues.rule")
    values = asdict(reckoning.ClockRule(**limits))
    faults = [
        FieldError("body", name, "api_out_of_range", value=str(days), hint="1-366")
        for name, days in values.items()
        if name.endswith("_days") and name != "working_days" and not 1 <= days <= 366
    ]
    if valid_from <= today():
        faults.append(FieldError("body", "valid_from", "clock_rule_past", value=valid_from.isoformat()))
    if faults:
        raise BadInput(fields=faults)
    once = insert(ClockRule).values(category=category, valid_from=valid_from, **values)
    rule = session.scalar(once.on_conflict_do_nothing().returning(ClockRule))
    if rule is None:
        raise Conflict("clock_rule_taken", day=valid_from.isoformat())
    record(session, actor, "created", "clock_rule", rule.id, category=category, valid_from=str(valid_from))
    return rule


def write_clocks(session: Session, issue: Issue) -> list[Clock]:
    """Reckon an issue's clocks from its events and write them, with the moment each goes up a tier next.

    An issue without a rule gets the one that held for its category on the day it was reported.
    """
    session.flush()
    rule_row = _rule_of(session, issue)
    issue.clock_rule_id = rule_row.id
    rule, calendar = _limits(rule_row), read_calendar(session)
    events = _events_of(session, issue)
    clocks = reckon_clocks(events, rule, calendar, read_register())
    pauses = find_pauses(events, read_register())
    _upsert(session, issue.id, clocks)
    _set_escalations(session, issue.id, clocks, rule, calendar, pauses)
    settle = [clock for clock in clocks if clock.name == "settle"]
    issue.due_at = settle[-1].due_at
    session.flush()
    return clocks


def renew_clocks(session: Session, first: date, last: date) -> int:
    """Reckon clocks anew after days of the calendar have changed; gives of how many issues.

    Those of issues of which a clock by working days runs that meets these days and has not run out yet: a
    limit that has passed stays where it was.
    """
    begins, ends = (
        datetime.combine(day, time(), ZoneInfo(LOCAL_ZONE))
        for day in (max(first, today()), last + timedelta(days=1))
    )
    runs = (
        select(IssueClock.issue_id)
        .where(IssueClock.ended_at.is_(None), IssueClock.due_at >= begins, IssueClock.starts_at < ends)
        .where(IssueClock.issue_id == Issue.id)
    )
    by_working_days = select(ClockRule.id).where(ClockRule.working_days)
    query = select(Issue).where(Issue.clock_rule_id.in_(by_working_days), runs.exists())
    issues = session.scalars(query.order_by(Issue.id).with_for_update()).all()
    for issue in issues:
        write_clocks(session, issue)
    return len(issues)


def find_estimates(session: Session, issue_id: int, clocks: Sequence[AnyRow]) -> list[int | None]:
    """Find of which year each clock of an issue that runs by working days lacks the holidays; None of none.

    Parameters
    ----------
    clocks
        With ``starts_at``, ``due_at`` and ``ended_at``.
    """
    query = select(ClockRule.working_days).join(Issue, Issue.clock_rule_id == ClockRule.id)
    if not session.scalar(query.where(Issue.id == issue_id)):
        return [None] * len(clocks)
    calendar = read_calendar(session)
    return [
        None if row.ended_at is not None else calendar.find_gap(row.starts_at, row.due_at) for row in clocks
    ]


def _rule_of(session: Session, issue: Issue) -> ClockRule:
    if issue.clock_rule_id is not None:
        return session.get_one(ClockRule, issue.clock_rule_id)
    day = issue.reported_at.astimezone(ZoneInfo(LOCAL_ZONE)).date()
    query = select(ClockRule).where(ClockRule.category.in_((issue.category, "")), ClockRule.valid_from <= day)
    return session.scalars(
        query.order_by(ClockRule.category.desc(), ClockRule.valid_from.desc()).limit(1)
    ).one()


def _limits(row: ClockRule) -> reckoning.ClockRule:
    return reckoning.ClockRule(
        accept_days=row.accept_days,
        settle_days=row.settle_days,
        report_days=row.report_days,
        whistle_days=row.whistle_days,
        escalate_days=row.escalate_days,
        working_days=row.working_days,
    )


def _events_of(session: Session, issue: Issue) -> list[Event]:
    """Read the events as clocks see them; an issue without a report event began when it was reported."""
    query = (
        select(
            IssueEvent.at,
            IssueEvent.action,
            IssueEvent.to_state,
            IssueEvent.counts_as,
            IssueEvent.until,
            IssueEvent.details["undoes"].as_integer().label("undoes"),
        )
        .where(IssueEvent.issue_id == issue.id)
        .order_by(IssueEvent.at, IssueEvent.id)
    )
    events = [
        Event(row.at, row.action or "", row.counts_as or row.to_state, row.until, row.undoes)
        for row in session.execute(query)
    ]
    if not events or events[0].state != FIRST:
        events.insert(0, Event(issue.reported_at, "report", FIRST))
    return events


def _upsert(session: Session, issue_id: int, clocks: Sequence[Clock]) -> None:
    rows = [
        {
            "issue_id": issue_id,
            "clock": clock.name,
            "round_number": clock.round_number,
            "starts_at": clock.starts_at,
            "due_at": clock.due_at,
            "ended_at": clock.ended_at,
            "ended_how": clock.ended_how,
        }
        for clock in clocks
    ]
    statement = insert(IssueClock).values(rows)
    changed = {name: statement.excluded[name] for name in ("starts_at", "due_at", "ended_at", "ended_how")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["issue_id", "clock", "round_number"], set_=changed)
    )


def _set_escalations(
    session: Session,
    issue_id: int,
    clocks: Sequence[Clock],
    rule: reckoning.ClockRule,
    calendar: Calendar,
    pauses: Sequence[Span],
) -> None:
    """Write when each running clock goes up next: after as many times as it has already."""
    done = select(IssueEscalation.clock_id, func.count().label("times")).group_by(IssueEscalation.clock_id)
    counts = {
        row.clock_id: row.times for row in session.execute(done.where(IssueEscalation.issue_id == issue_id))
    }
    reckoned = {(clock.name, clock.round_number): clock for clock in clocks}
    rows = session.scalars(
        select(IssueClock).where(IssueClock.issue_id == issue_id).execution_options(populate_existing=True)
    )
    for row in rows:
        clock = reckoned[row.clock, row.round_number]
        row.escalates_at = None
        if clock.ended_at is None and row.clock in ESCALATING:
            to_come = list_escalations(clock, rule, calendar, pauses)[counts.get(row.id, 0) :]
            row.escalates_at = to_come[0][1] if to_come else None


def find_escalations(session: Session, issue: Issue, clock: IssueClock) -> list[tuple[str, datetime]]:
    """Find the tiers a running clock goes up to, and when."""
    rule = _limits(_rule_of(session, issue))
    pauses = find_pauses(_events_of(session, issue), read_register())
    running = Clock(clock.clock, clock.round_number, clock.starts_at, clock.due_at)
    return list_escalations(running, rule, read_calendar(session), pauses)
