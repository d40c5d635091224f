"""The history of coverage: the last measure of a month stays, for every rule and area."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.services import jobs
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.coverage import day_of
from gridmap.services.coverage_months import list_months, measure_months
from gridmap.services.coverage_rules import change_rule, list_rules
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from gridmap.db import Database


@pytest.fixture
def four_grids(session: Session, connection: Connection) -> Session:
    """Four grids, G0-0 to G1-1; no staff posted to them."""
    fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
    connection.execute(text("DELETE FROM postings"))
    return session


def rule_of(session: Session, code: str = "grid_officer") -> int:
    return next(rule.id for rule in list_rules(session, SYSTEM) if rule.code == code)


def post_officer(session: Session, grid_id: int, starts_on: str) -> None:
    session.execute(
        text("INSERT INTO postings (staff_id, area_id, starts_on) VALUES (3, :grid, :starts_on)"),
        {"grid": grid_id, "starts_on": starts_on},
    )


def history(session: Session, area: str) -> list[tuple[str, int, int]]:
    months = list_months(session, SYSTEM, rule_of(session), area)
    return [(f"{row.month:%Y-%m-%d}", row.share.places, row.share.places_covered) for row in months]


def test_a_month_keeps_its_last_measure(four_grids: Session):
    post_officer(four_grids, 1_000_000, "2026-09-10")
    post_officer(four_grids, 1_001_000, "2026-10-20")
    for day in ((2026, 9, 9), (2026, 9, 30), (2026, 10, 1), (2026, 10, 31)):
        measure_months(four_grids, SYSTEM, date(*day))
    assert history(four_grids, "D1") == [("2026-09-01", 4, 1), ("2026-10-01", 4, 2)]
    assert history(four_grids, "G0-0") == [("2026-09-01", 1, 1), ("2026-10-01", 1, 1)]
    assert history(four_grids, "G1-0") == [("2026-09-01", 1, 0), ("2026-10-01", 1, 1)]


def test_target_and_plan_of_then_stay(four_grids: Session):
    heads = rule_of(four_grids, "micro_grid_head")
    measure_months(four_grids, SYSTEM, date(2026, 9, 30))
    change_rule(four_grids, SYSTEM, heads, target_share=0.5)
    measure_months(four_grids, SYSTEM, date(2026, 10, 31))
    months = list_months(four_grids, SYSTEM, heads, "D1")
    assert [(row.target_share, row.plan_version) for row in months] == [(1.0, 1), (0.5, 1)]
    assert [row.month for row in list_months(four_grids, SYSTEM, heads, "D1", limit=1)] == [date(2026, 10, 1)]


def test_rules_out_of_force_are_not_measured(four_grids: Session):
    change_rule(four_grids, SYSTEM, rule_of(four_grids), is_active=False)
    measure_months(four_grids, SYSTEM, date(2026, 9, 30))
    assert history(four_grids, "D1") == []


def test_planners_measure_their_own_areas(four_grids: Session):
    planner = Actor(account_id=None, username="p", role="planner", area_ids=(1_000_000,))
    measure_months(four_grids, planner, date(2026, 9, 30))
    assert history(four_grids, "G0-0") == [("2026-09-01", 1, 0)]
    assert history(four_grids, "D1") == []
    with pytest.raises(NotFound):
        list_months(four_grids, planner, rule_of(four_grids), "G1-0")
    with pytest.raises(NotAllowed):
        measure_months(four_grids, Actor(None, "o", "official", area_ids=None))


def test_every_night_measures_the_day_before(database: Database):
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
    with database.transaction() as session:
        jobs.defer(session, "measure_coverage")
    work_off(database)
    with database.transaction() as session:
        months = set(session.scalars(text("SELECT month FROM coverage_months")))
    assert months == {(day_of(None) - timedelta(days=1)).replace(day=1)}


def test_the_night_s_jobs_come_by_themselves():
    runs = {name: lambda _context, _given: None for name in jobs.JOB_KINDS}
    queue = jobs.build_queue("postgresql://nowhere", runs)
    by_itself = {task.task.name: task.cron for task in queue.periodic_registry.periodic_tasks.values()}
    assert by_itself == {
        "apply_retention": "30 18 * * *",
        "measure_coverage": "30 17 * * *",
        "publish_figures": "0 19 * * *",
        "remind_receivers": "*/5 * * * *",
        "send_webhooks": "*/5 * * * *",
        "unroll_rosters": "10 16 * * *",
        "watch_clocks": "*/5 * * * *",
    }


def test_a_day_to_come_is_refused(four_grids: Session):
    with pytest.raises(BadInput) as refused:
        measure_months(four_grids, SYSTEM, day_of(None) + timedelta(days=1))
    assert [field.column for field in refused.value.fields] == ["day"]
    assert measure_months(four_grids, SYSTEM, day_of(None)) > 0
