"""Matters go up once when their clocks run out, also under a worker that is killed; pauses and loops end."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.issue_clocks import create_clock_rule
from gridmap.services.issue_escalations import Watched, watch_clocks
from gridmap.services.postings import today
from tests.db.handled import START, Desk, open_desk
from tests.escalating import UNTOLD, WRONG, count, kill_a_worker, make_forks, make_overdue
from tests.working import work_off

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from gridmap.db import Database

KILLED = 3
OVERDUE = 60


@pytest.fixture
def desk(session: Session, connection: Connection) -> Desk:
    return open_desk(session, connection)


def watch(desk: Desk, hour: float) -> Watched:
    return watch_clocks(desk.session, now=START + timedelta(hours=hour))


def rows(desk: Desk, issue: int) -> list[tuple[Any, ...]]:
    """Escalations of an issue: clock, tier, hour due, whether it went up by it."""
    query = text(
        "SELECT c.clock, e.tier, e.due_at, e.raised FROM issue_escalations e"
        " JOIN issue_clocks c ON c.id = e.clock_id WHERE e.issue_id = :id ORDER BY e.id"
    )
    found = desk.session.execute(query, {"id": issue})
    return [(row.clock, row.tier, (row.due_at - START) // timedelta(hours=1), row.raised) for row in found]


def test_a_matter_nobody_takes_goes_up_to_the_department(desk: Desk) -> None:
    issue = desk.report()
    assert not watch(desk, 24 - 0.1)
    assert watch(desk, 24) == Watched(1, 0, 0)
    assert not watch(desk, 24)
    assert desk.row(issue).tier == "community"
    assert watch(desk, 49) == Watched(2, 0, 0)
    assert watch(desk, 200) == Watched(3, 0, 0)
    assert not watch(desk, 400)
    assert rows(desk, issue) == [
        ("accept", "community", 24, True),
        ("accept", "street", 48, True),
        ("settle", "community", 48, False),
        ("accept", "department", 72, True),
        ("settle", "street", 72, False),
        ("settle", "department", 96, False),
    ]
    assert desk.row(issue).tier == "department"
    told = desk.session.execute(UNTOLD).one()
    assert tuple(told) == (3, 3, 3)


def test_what_is_done_in_time_stays_and_what_is_reopened_begins_anew(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept dispatch respond", hour=5)
    desk.take(issue, "settle", hour=47)
    assert not watch(desk, 100)
    desk.take(issue, "reject", hour=110)
    assert watch(desk, 134) == Watched(1, 0, 0)
    assert rows(desk, issue) == [("accept", "community", 134, True)]


def test_an_overdue_issue_pushes_the_one_it_was_merged_into(desk: Desk) -> None:
    child, parent = desk.report(hour=-40), desk.report()
    desk.walk(parent, "accept", hour=1)
    desk.take(child, "merge", hour=2, parent_id=parent)
    assert watch(desk, 10) == Watched(1, 0, 0)
    assert rows(desk, child) == [("settle", "community", 8, True)]
    assert (desk.row(parent).tier, desk.row(child).tier) == ("community", "compound")


def test_a_pause_holds_the_matter_until_its_approved_end(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept dispatch", hour=1)
    desk.take(issue, "extend", hour=40, until=START + timedelta(hours=100))
    assert not watch(desk, 99)
    assert watch(desk, 100) == Watched(0, 1, 0)
    assert desk.row(issue).state == "dispatched"
    assert watch(desk, 108) == Watched(1, 0, 0)
    assert rows(desk, issue) == [("settle", "community", 108, True)]


def test_a_department_that_was_called_has_its_own_clock(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept whistle", hour=1)
    assert watch(desk, 25) == Watched(1, 0, 0)
    assert rows(desk, issue) == [("whistle", "community", 25, False)]  # it lies with the department already


def test_what_was_told_is_archived_after_seven_days(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept settle", hour=10)
    desk.take(issue, "verify", by="admin", hour=11)
    assert not watch(desk, 10 + 24 * 7 - 1)
    assert watch(desk, 10 + 24 * 7) == Watched(0, 0, 1)
    assert desk.row(issue).state == "archived"


def test_a_new_rule_rewrites_no_past_limit(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept", hour=1)
    before = desk.clocks(issue)
    create_clock_rule(
        desk.session, SYSTEM, "water", today() + timedelta(days=1), settle_days=10, working_days=True
    )
    # Had the rule been there when it was reported, it would be another limit; as it is, it keeps its own.
    desk.session.execute(text("UPDATE clock_rules SET valid_from = '2026-01-01' WHERE category = 'water'"))
    desk.reckon(issue)
    assert desk.clocks(issue) == before
    assert desk.clocks(desk.report())["settle", 1].due_at == START + timedelta(days=14)  # ten working days


def test_killed_workers_miss_nothing_and_double_nothing(database: Database) -> None:
    make_overdue(database, OVERDUE)
    lot, forks = random.Random(6), make_forks()
    killed = sum(kill_a_worker(forks, database, lot, 400) for _ in range(KILLED))
    assert killed
    assert count(database, WRONG) > 0  # they were killed before the end
    work_off(database, dead_after_seconds=0)
    assert count(database, WRONG) == 0
    with database.transaction() as session:
        assert tuple(session.execute(UNTOLD).one()) == (3 * OVERDUE,) * 3
