"""Loaded issues have the clocks of their steps; many are written as few are; real hotline files."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from gridmap.formats.columns import read_column_map
from gridmap.formats.heat_files import write_csv
from gridmap.formats.layers import read_layers
from gridmap.handling.rates import Rate
from gridmap.models import ClockRule, Issue, IssueClock
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import LoadReport, load_layers
from gridmap.services.issue_clocks import write_clocks
from gridmap.services.issue_exports import export_issues
from gridmap.services.issue_rates import find_rates, list_rate_issues
from gridmap.services.issues import IssueFilter
from tests.db.loads import figures, load, load_town
from tests.db.test_loading_issues import issue

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAPPINGS = Path(__file__).parents[2] / "geodata" / "mappings"
REAL = Path(os.environ.get("GRIDMAP_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def clocks(session: Session) -> dict[tuple[str, str], Any]:
    """Clocks by the issue's id in its source and their name."""
    session.expire_all()
    rows = session.execute(
        select(Issue.source_id, IssueClock).join(IssueClock, IssueClock.issue_id == Issue.id)
    ).all()
    return {
        (source_id, one.clock): (
            one.round_number, one.starts_at, one.due_at, one.ended_at, one.ended_how, one.escalates_at
        )
        for source_id, one in rows
    }  # fmt: skip


def give_working_days(session: Session) -> None:
    """Let matters of ``网`` go by working days; 1 and 2 January 2026 are free, Sunday the 4th is not."""
    limits = {"accept_days": 1, "settle_days": 5, "report_days": 7, "whistle_days": 1, "escalate_days": 1}
    session.add(ClockRule(category="网", valid_from=date(2020, 1, 1), working_days=True, **limits))
    session.flush()


def test_clocks_are_what_is_reckoned_from_the_steps(session: Session) -> None:
    town = load_town(session)
    give_working_days(town)
    told = [
        {},
        {"closed_at": "2026-01-03 07:00"},
        {"closed_at": "2026-01-09 08:00", "state": "verified"},
        {"closed_at": "2026-01-03 08:00", "state": "作废"},
        {"closed_at": "2026-01-02 07:00"},
        {"state": "已受理"},
        {"state": "closed"},
    ]
    rows = [
        issue(f"{category}{hour}-{number}", category=category, reported_at=f"2026-01-02 {hour}:00", **more)
        for category in "灯网"
        for hour in ("00", "08", "23")
        for number, more in enumerate(told)
    ]
    load(town, "issues", [*rows, issue("theirs", due_at="2026-02-01 08:00")])
    stored = clocks(town)
    # Reported on a free Friday, five working days: the worked Sunday, Monday to Thursday, to its midnight.
    assert stored["网08-0", "settle"][2].isoformat() == "2026-01-08T16:00:00+00:00"
    assert stored["灯08-0", "settle"][2].isoformat() == "2026-01-04T00:00:00+00:00"
    assert stored["灯08-3", "accept"][4] == "left"
    assert len(stored) == 3 * (len(rows) + 1 - 6)  # a closing without a time starts no clock
    limits = dict(town.execute(select(Issue.source_id, Issue.due_at)).all())
    for one in town.scalars(select(Issue).where(Issue.clock_rule_id.is_not(None))):
        write_clocks(town, one)
    assert clocks(town) == stored
    again = dict(town.execute(select(Issue.source_id, Issue.due_at)).all())
    assert limits.pop("theirs").isoformat() == "2026-02-01T00:00:00+00:00"
    assert {key: again[key] for key in limits} == limits


def test_news_change_clocks_but_not_where_somebody_worked(session: Session) -> None:
    town = load_town(session)
    load(town, "issues", [issue(1), issue(2, closed_at="2026-01-03 08:00")])
    town.execute(text("UPDATE issues SET state = 'accepted' WHERE source_id = '1'"))
    town.execute(
        text(
            "INSERT INTO issue_events (issue_id, at, from_state, to_state, action) SELECT id, "
            "'2026-01-02 09:00+08', 'reported', 'accepted', 'accept' FROM issues WHERE source_id = '1'"
        )
    )
    before = clocks(town)
    news = [issue(1, closed_at="2026-01-05 08:00"), issue(2, closed_at="2026-01-06 08:00")]
    assert figures(load(town, "issues", news)) == (0, 1, 1)
    after = clocks(town)
    assert after["1", "settle"] == before["1", "settle"]
    assert after["2", "settle"][3] - before["2", "settle"][3] == timedelta(days=3)


def test_many_at_once_are_written_as_few_are_and_leave_every_index(session: Session) -> None:
    town = load_town(session)
    defined = text(
        "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'issue%' UNION ALL "
        "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1"
    )
    before = town.scalars(defined).all()
    rows = [issue(number, closed_at="2026-01-03 08:00" if number % 3 else None) for number in range(5_200)]
    assert figures(load(town, "issues", rows)) == (5_200, 0, 0)
    assert town.scalars(defined).all() == before
    load(town, "issues", rows[:60], source="few")
    asked = text(
        "SELECT i.state, i.grid_id, i.compound_id, i.due_at, k.clock, k.due_at, k.ended_at, k.ended_how, "
        "k.escalates_at, e.at, e.from_state, e.to_state FROM issues i "
        "JOIN issue_clocks k ON k.issue_id = i.id JOIN issue_events e ON e.issue_id = i.id "
        "WHERE i.source = :source AND CAST(i.source_id AS int) < 60 "
        "ORDER BY CAST(i.source_id AS int), k.clock, e.id"
    )
    many, few = (town.execute(asked, {"source": source}).all() for source in ("city", "few"))
    assert len(many) == 3 * (20 + 2 * 40)
    assert many == few


def test_rates_count_what_a_source_tells_and_no_more(session: Session) -> None:
    town = load_town(session)
    rows = [
        *(issue(f"late{number}", closed_at="2026-01-09 08:00") for number in range(4)),
        *(issue(f"good{number}", closed_at="2026-01-03 07:00") for number in range(6)),
        *(issue(f"open{number}") for number in range(2)),
        *(issue(f"mad{number}", closed_at="2026-01-01 08:00") for number in range(3)),
        issue("busy", state="已受理"),
        issue("=1+1", category="\uff1dcmd", text="电话 13800000000", closed_at="2026-01-03 07:00"),
    ]
    load(town, "issues", rows)
    town.execute(
        text(
            "INSERT INTO issue_events (issue_id, at, from_state, to_state, action) SELECT id, "
            "'2026-01-20 09:00+08', 'settled', 'archived', 'archive' FROM issues WHERE source_id = 'good1'"
        )
    )
    month = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    whole = find_rates(town, SYSTEM, "d", "area", *month).whole.figures
    assert whole["settlement"] == Rate(7, 14)
    assert whole["response"] == Rate(0, 2)  # when the others were answered, nobody knows
    assert whole["fixed"] == Rate(0, 0)
    cases = list_rate_issues(town, SYSTEM, "d", "area", *month, figure="settlement")
    table = export_issues(town, SYSTEM, IssueFilter(ids=tuple(cases)))
    assert len(table) == 14
    written = write_csv([(table, {})]).decode("utf-8-sig")
    assert "13800000000" not in written
    assert "'\uff1dcmd" in written
    assert written.splitlines()[0].startswith("id,category,channel,state,reported_at")


def load_real(session: Session, folder: str, name: str, mapping: str) -> LoadReport:
    path = REAL / folder / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    layers = read_layers("issues", path, mapping=read_column_map(MAPPINGS / mapping), zone="America/New_York")
    return load_layers(session, SYSTEM, "issues", layers, source=folder)


def test_traps_of_the_hotline_of_boston(session: Session) -> None:
    report = load_real(session, "boston_311_2015_h1", "issues.csv.gz", "boston_311.csv")
    assert (report.inserted, report.rejected) == (58_119, ())
    assert report.notes == {
        "no_coordinates": 0, "placeholder_point": 8_752, "outside_city": 0, "closed_before_reported": 84,
    }  # fmt: skip
    shown = text(
        "SELECT count(*) FILTER (WHERE flags = '{}'), "
        "count(DISTINCT geom) FILTER (WHERE 'placeholder_point' = ANY (flags)), "
        "count(*) FILTER (WHERE closed_at IS NULL), count(clock_rule_id) FROM issues"
    )
    trusted, points, still_open, clocked = session.execute(shown).one()
    assert (points, still_open, clocked) == (1, 8_993, 58_119)
    assert 58_119 - 8_752 - 84 <= trusted <= 58_119 - 8_752  # an issue may have both faults
    assert session.scalar(text("SELECT count(*) FROM issue_clocks")) == 3 * 58_119


def test_traps_of_the_hotline_of_baltimore(session: Session) -> None:
    report = load_real(session, "baltimore_se", "issues.csv", "baltimore_311.csv")
    assert (report.inserted, report.rejected) == (10_000, ())
    assert (report.notes["no_coordinates"], report.notes["placeholder_point"]) == (1_499, 0)
    states = dict(session.execute(text("SELECT state, count(*) FROM issues GROUP BY state")).all())
    assert states == {"settled": 9_585, "merged": 217, "reported": 197, "dispatched": 1}
    phoned = session.scalar(text("SELECT count(*) FROM issues WHERE channel = 'phone'"))
    assert phoned == 4_995
