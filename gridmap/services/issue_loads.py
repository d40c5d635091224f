"""Issues that come from another system, many at once: rows, the steps that system tells of, clocks.

What a step taken here would write, in statements for all rows together: the clocks are those that
`gridmap.handling.clocks` reckons from the report and the closing.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from gridmap.db import driver_connection, sql
from gridmap.handling.clocks import ROUND
from gridmap.handling.register import read_register
from gridmap.models import ClockRule
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.bulk_indexes import indexes_made_after
from gridmap.services.issue_clocks import ESCALATING, read_calendar
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A point is a placeholder when so many reports, and such a share of their source, lie exactly on it.
PLACEHOLDER_ROWS, PLACEHOLDER_SHARE = 100, 0.01
WRITTEN = """
CREATE TEMPORARY TABLE written_issues (
    id int8, is_new bool, state text, reported_at timestamptz, closed_at timestamptz, clock_rule_id int8,
    has_limit bool
) ON COMMIT DROP
"""
TABLES = ("issues", "issue_events", "issue_clocks", "clock_rules")
RELIED_ON = ("uq_issues_source_source_id",)
MANY_ROWS = 5_000  # from so many on, and if they are more than there are, indexes are made afterwards
LONGEST_LIMIT_DAYS = 366
WORKING_SHARE = 1 / 4  # of the days of a year that are working days at least, holidays and all


def write_staged_issues(session: Session, source: str, rows: int) -> tuple[int, int]:
    """Write so many staged issues; gives how many are new and how many have changed."""
    known = session.scalar(text("SELECT greatest(reltuples, 0) FROM pg_class WHERE relname = 'issues'")) or 0
    if rows < max(MANY_ROWS, known):
        _look_at_tables(session)
        return _write(session, source)
    with indexes_made_after(session, TABLES, kept=RELIED_ON):
        # There is no index to go by, and no figures to plan by: everything is hashed.
        session.execute(text("SET LOCAL enable_nestloop = off"))
        written = _write(session, source)
        session.execute(text("SET LOCAL enable_nestloop = DEFAULT"))
    return written


def _look_at_tables(session: Session) -> None:
    """Let the planner see tables that it has not seen since they were filled."""
    if not session.scalar(text("SELECT EXISTS (SELECT FROM pg_stats WHERE tablename = 'issue_events')")):
        with driver_connection(session).cursor() as cursor:
            cursor.execute("ANALYZE issues, issue_events, issue_clocks")


def _write(session: Session, source: str) -> tuple[int, int]:
    crowd = {"source": source, "least_rows": PLACEHOLDER_ROWS, "least_share": PLACEHOLDER_SHARE}
    with driver_connection(session).cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS written_issues")
        cursor.execute(WRITTEN)
        # Sorting both sides of a join by place costs more than all the rest of it.
        cursor.execute("SET LOCAL enable_mergejoin = off")
    closed = {"closed_states": list(CLOSED_STATES), "zone": LOCAL_ZONE}
    row = session.execute(sql("load_issues"), crowd | closed).one()
    session.execute(text("SET LOCAL enable_mergejoin = DEFAULT"))
    if row.updated:
        session.execute(sql("drop_issue_clocks"))
    if row.others and row.inserted + row.updated:
        session.execute(sql("flag_issues"), crowd)
    if row.inserted + row.updated:
        session.execute(sql("load_issue_events"))
        _write_clocks(session)
    return row.inserted, row.updated


def _write_clocks(session: Session) -> None:
    by_working_days = bool(session.scalar(select(func.count()).where(ClockRule.working_days)))
    days = _calendar(session) if by_working_days else {"days": [], "working": []}
    states = read_register().states
    met = [f"{name} {clock}" for name, state in states.items() for clock in state.ends if clock in ROUND]
    how = {"met": met, "left_states": ["void", "merged"], "escalating": list(ESCALATING), "zone": LOCAL_ZONE}
    session.execute(sql("load_issue_clocks"), how | days)
    if by_working_days:
        session.execute(sql("limit_issues"))


def _calendar(session: Session) -> dict[str, Any]:
    """Every day from the first report to the last limit, and whether the city works on it."""
    span = session.execute(text("SELECT min(reported_at), max(reported_at) FROM written_issues")).one()
    first: date = span[0].date() - timedelta(days=1)
    last: date = span[1].date() + timedelta(days=int(LONGEST_LIMIT_DAYS / WORKING_SHARE))
    calendar = read_calendar(session)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return {"days": days, "working": [calendar.is_working(day) for day in days]}
