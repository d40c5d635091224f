"""Jobs outlive requests, go with a transaction that is rolled back, and survive the death of a worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import Unavailable
from gridmap.services import jobs, plans
from gridmap.services.actors import SYSTEM
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database

WAIT_SECONDS = 60


@pytest.fixture
def city(database: Database) -> Database:
    """Four grids of 390 households, with real commits."""
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
        connection.execute(text("SELECT setval('plans_id_seq', 1)"))
    return database


def ask_for_plan(database: Database) -> int:
    with database.transaction() as session:
        plan = plans.request_plan(session, SYSTEM, "S0")
        jobs.defer(session, "compute_plan", plan_id=plan.id)
        return plan.id


def age_plans(database: Database) -> None:
    """A plan asked for less than a minute ago is left to whoever may be taking it up."""
    with database.transaction() as session:
        session.execute(text("UPDATE plans SET created_at = created_at - interval '2 minutes'"))


def plan_status(database: Database, plan_id: int) -> str:
    with database.transaction() as session:
        return session.execute(text("SELECT status FROM plans WHERE id = :id"), {"id": plan_id}).scalar_one()


def job_states(database: Database) -> list[tuple[str, int]]:
    """State and attempts of each job, but for those that come by themselves every few minutes."""
    query = (
        "SELECT status::text, attempts FROM procrastinate_jobs "
        "WHERE task_name NOT IN ('watch_clocks', 'send_webhooks', 'remind_receivers') ORDER BY id"
    )
    with database.transaction() as session:
        return [tuple(row) for row in session.execute(text(query))]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_a_job_makes_the_plan(city: Database) -> None:
    plan_id = ask_for_plan(city)
    assert plan_status(city, plan_id) == "computing"
    work_off(city)
    assert plan_status(city, plan_id) == "draft"
    assert [state for state, _ in job_states(city)] == ["succeeded"]


def test_a_job_goes_with_its_transaction(city: Database) -> None:
    def ask_and_fail() -> None:
        with city.transaction() as session:
            plan = plans.request_plan(session, SYSTEM, "S0")
            assert jobs.defer(session, "compute_plan", plan_id=plan.id) > 0
            raise Unavailable

    with pytest.raises(Unavailable):
        ask_and_fail()
    assert job_states(city) == []


def test_an_unknown_kind_is_a_mistake(city: Database) -> None:
    with pytest.raises(KeyError), city.transaction() as session:
        jobs.defer(session, "make_coffee")


def test_a_waiting_plan_is_not_abandoned_but_an_orphan_is(city: Database) -> None:
    waiting = ask_for_plan(city)
    with city.transaction() as session:
        orphan = plans.request_plan(session, SYSTEM, "S0").id
    age_plans(city)
    with city.transaction() as session:
        assert plans.fail_abandoned_plans(session) == 1
    assert plan_status(city, waiting) == "computing"
    assert plan_status(city, orphan) == "failed"


def test_a_killed_worker_stops_nothing(city: Database, tmp_path: Path) -> None:
    plan_id = ask_for_plan(city)
    # The worker reads the plan and then waits for a table that we hold, so that it can be killed in its work.
    with city.engine.begin() as holding:
        holding.execute(text("LOCK TABLE micro_grids IN ACCESS EXCLUSIVE MODE"))
        with start_worker(city, tmp_path) as worker:
            until(lambda: is_waited_for(city, "micro_grids"))
            worker.kill()
    assert plan_status(city, plan_id) == "computing"
    assert job_states(city) == [("doing", 0)]
    work_off(city, dead_after_seconds=0)
    assert plan_status(city, plan_id) == "draft"
    assert job_states(city) == [("succeeded", 2)]


def test_a_job_that_kills_its_workers_is_given_up(city: Database) -> None:
    plan_id = ask_for_plan(city)
    with city.transaction() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', attempts = 2"))
    age_plans(city)
    work_off(city, dead_after_seconds=0)
    assert [state for state, _ in job_states(city)] == ["failed"]
    assert plan_status(city, plan_id) == "failed"


def test_a_worker_told_to_stop_ends_in_order(city: Database, tmp_path: Path) -> None:
    with start_worker(city, tmp_path) as worker:
        plan_id = ask_for_plan(city)
        until(lambda: plan_status(city, plan_id) == "draft")  # it was told of the job
        worker.send_signal(signal.SIGTERM)
        _, errors = worker.communicate(timeout=WAIT_SECONDS)
    assert worker.returncode == 0, errors
    until(lambda: job_states(city) == [("succeeded", 1)])


def start_worker(database: Database, folder: Path) -> subprocess.Popen[bytes]:
    address = database.engine.url.render_as_string(hide_password=False)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GRIDMAP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gridmap", "worker"],
        env=environ | {"DATABASE_URL": address, "GRIDMAP_HOME": str(folder)},
        stderr=subprocess.PIPE,
    )


def is_waited_for(database: Database, table: str) -> bool:
    """Whether somebody waits for a whole table; workers also wait for each other, shortly."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = CAST(:table AS regclass)"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    with database.transaction() as session:
        return session.execute(text(query), {"table": table}).scalar_one()
