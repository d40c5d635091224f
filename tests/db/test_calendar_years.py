"""Limits by working days beyond the calendar: said to be estimates, and reckoned anew when the days come.

The calendar of the migrations is that of 2026; whatever year it is, of the next but one nothing is known.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.formats.rosters import read_roster
from gridmap.services.actors import SYSTEM
from gridmap.services.issue_details import get_issue
from gridmap.services.postings import today
from gridmap.services.roster_weeks import get_week
from gridmap.services.rosters import load_roster
from tests.db.handled import Desk, open_desk

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

AHEAD = today().year + 2
RULES = """
INSERT INTO clock_rules (category, valid_from, accept_days, settle_days, report_days, whistle_days,
                         escalate_days, working_days)
VALUES ('slow', '2020-01-01', 1, 600, 610, 1, 1, true), ('plain', '2020-01-01', 1, 600, 610, 1, 1, false)
"""


@pytest.fixture
def desk(session: Session, connection: Connection) -> Desk:
    session.execute(text(RULES))
    return open_desk(session, connection)


def _report_now(desk: Desk, category: str) -> int:
    issue_id = desk.report(category=category)
    desk.session.execute(text("UPDATE issues SET reported_at = now() WHERE id = :id"), {"id": issue_id})
    desk.session.execute(text("UPDATE issue_events SET at = now() WHERE issue_id = :id"), {"id": issue_id})
    desk.reckon(issue_id)
    return issue_id


def _clocks(desk: Desk, issue_id: int) -> dict[str, tuple[datetime, int | None]]:
    found = get_issue(desk.session, SYSTEM, issue_id)["clocks"]
    return {clock["clock"]: (clock["due_at"], clock["estimated_year"]) for clock in found}


def _load(desk: Desk, folder: Path, *rows: str) -> None:
    file = folder / "calendar.csv"
    file.write_text("\n".join(["类型,日期,日期类型,名称", *rows]), encoding="utf-8")
    load_roster(desk.session, SYSTEM, read_roster(file))


def _weekdays(year: int) -> list[date]:
    """Three weekdays of March, the same week."""
    monday = date(year, 3, 8) - timedelta(days=date(year, 3, 8).weekday())
    return [monday + timedelta(days=number) for number in range(3)]


def test_a_limit_beyond_the_calendar_is_an_estimate_until_the_days_are_loaded(
    desk: Desk, tmp_path: Path
) -> None:
    slow, plain = _report_now(desk, "slow"), _report_now(desk, "plain")
    unknown = next(year for year in range(today().year, AHEAD + 1) if year != 2026)
    before, untouched = _clocks(desk, slow), _clocks(desk, plain)
    assert before["settle"][0].year >= AHEAD
    assert before["settle"][1] == unknown
    assert {year for _, year in untouched.values()} == {None}  # natural days need no calendar

    off = _weekdays(AHEAD)
    _load(desk, tmp_path, *(f"日历,{day},节假日,测试" for day in off))
    after = _clocks(desk, slow)
    # 600 working days end after March of the year after next; three of them are gone.
    due, moved = before["settle"][0], after["settle"][0]
    gone = sum(
        (due + timedelta(days=number)).astimezone(UTC).weekday() < 5 for number in range((moved - due).days)
    )
    assert gone == 3
    assert after["accept"][0] == before["accept"][0]
    assert _clocks(desk, plain) == untouched
    assert desk.row(slow).due_at == moved

    _load(desk, tmp_path, *(f"日历,{day},平日," for day in off))
    assert _clocks(desk, slow) == before


def test_days_that_no_running_limit_meets_change_nothing(desk: Desk, tmp_path: Path) -> None:
    issue = _report_now(desk, "slow")
    before = _clocks(desk, issue)
    desk.session.execute(text("UPDATE issue_clocks SET ended_at = now(), ended_how = 'met'"))
    _load(desk, tmp_path, *(f"日历,{day},节假日,测试" for day in _weekdays(AHEAD)))
    stands = text("SELECT due_at FROM issue_clocks WHERE issue_id = :id AND clock = 'settle'")
    assert desk.session.scalar(stands, {"id": issue}) == before["settle"][0]


def test_the_roster_says_which_year_is_wanting(desk: Desk, tmp_path: Path) -> None:
    def unknown(on: date) -> list[int]:
        return get_week(desk.session, SYSTEM, area_code="D1", on=on).years_unknown

    assert AHEAD in unknown(date(AHEAD, 6, 1))
    assert 2026 not in unknown(date(2026, 6, 1))
    _load(desk, tmp_path, f"日历,{AHEAD}-01-01,节假日,元旦")
    assert AHEAD not in unknown(date(AHEAD, 6, 1))
