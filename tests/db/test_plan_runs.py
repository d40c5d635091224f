"""A plan is made batch by batch: the same by whoever divides, whole or not seen, and taken up where it ended.

The city has 10 x 8 grids of 390 households, which is three batches: 32, 32 and 16 grids in the order of ids.
The last grid is G9-7.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client, LocalCluster
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotFound, Unavailable
from gridmap.services import plan_runs, plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.micro_grids import list_micro_grids, list_plan_findings
from gridmap.services.plan_crews import Workforce, open_crew, wait_for
from tests.spatial_city import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gridmap.db import Database

WAIT_SECONDS = 300  # the engine may have to be compiled first
ROWS = {
    "micro_grids": "SELECT row_number() OVER (ORDER BY id) AS number, grid_id, code, households,"
    " building_count, households_estimated, status, stacked, colour, contents, compactness,"
    " ST_AsEWKB(label) AS label, ST_AsEWKB(geom) AS geom"
    " FROM micro_grids WHERE plan_id = :plan_id ORDER BY id",
    "assignments": "SELECT s.atom, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households,"
    " s.households_estimated, m.code FROM assignments s JOIN micro_grids m ON m.id = s.micro_grid_id"
    " WHERE s.plan_id = :plan_id ORDER BY m.id, s.atom",
    "findings": "SELECT f.grid_id, m.code, f.kind, f.severity, CAST(f.details AS text) AS details"
    " FROM findings f LEFT JOIN micro_grids m ON m.id = f.micro_grid_id"
    " WHERE f.plan_id = :plan_id ORDER BY f.id",
}


@pytest.fixture
def city(database: Database) -> Database:
    """Homes of 13 households in blocks of six storeys; some grids are without, some hold one tower of 400."""
    with database.engine.begin() as connection:
        fill(connection, columns=10, rows=8, staff=3, days=1, issues=0)
        connection.execute(text("SELECT setval('plans_id_seq', 1), setval('micro_grids_id_seq', 100000000)"))
        connection.execute(text("UPDATE micro_grids SET valid_to = now()"))
        connection.execute(text("UPDATE buildings SET households = 0 WHERE grid_id % 1000 = 3"))
        connection.execute(
            text(
                "UPDATE buildings SET households = 400, storeys = 33"
                " WHERE grid_id % 1000 = 5 AND id % 100 = 11"
            )
        )
    return database


def rows_of(database: Database, plan_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a plan wrote, byte by byte, but for ids."""
    with database.transaction() as session:
        return {
            table: [
                tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
                for row in session.execute(text(query), {"plan_id": plan_id})
            ]
            for table, query in ROWS.items()
        }


def make(database: Database, **workforce: Any) -> dict[str, list[tuple[Any, ...]]]:
    plan = plan_runs.create_plan(database, SYSTEM, "D1", workforce=Workforce(**workforce))
    assert plan.status == "draft"
    return rows_of(database, plan.id)


def ask(database: Database) -> int:
    with database.transaction() as session:
        return plans.request_plan(session, SYSTEM, "D1").id


def state(database: Database, plan_id: int) -> tuple[str, str]:
    query = text("SELECT status, message FROM plans WHERE id = :plan_id")
    with database.transaction() as session:
        return tuple(session.execute(query, {"plan_id": plan_id}).one())


def written_grids(database: Database, plan_id: int) -> int:
    query = text("SELECT count(DISTINCT grid_id) FROM micro_grids WHERE plan_id = :plan_id")
    with database.transaction() as session:
        return session.scalar(query, {"plan_id": plan_id})


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def refusing(database: Database, condition: str, state: str) -> Iterator[None]:
    """Make the server refuse micro-grids with an error of its own, as a full disk would."""
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {condition} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END IF;"
                " RETURN NEW; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER refuse BEFORE INSERT ON micro_grids FOR EACH ROW EXECUTE FUNCTION refuse()")
        )
    yield
    with database.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION refuse() CASCADE"))


@contextmanager
def start_workers(address: str, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Dask workers without a nanny that would raise them from the dead."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address]
    command += ["--no-nanny", "--nthreads", "1", "--no-dashboard"]
    workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(count)]
    yield workers
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a Dask scheduler without workers."""
    with LocalCluster(n_workers=0, dashboard_address=None, protocol="tcp://") as cluster:
        yield cluster.scheduler_address


def test_rows_are_the_same_whoever_divides(city: Database, scheduler: str) -> None:
    alone = make(city, processes=1)
    assert len({row[1] for row in alone["micro_grids"]}) == 80
    assert [row[1] for row in alone["micro_grids"]] == sorted(row[1] for row in alone["micro_grids"])
    assert len(alone["assignments"]) >= 2400
    assert {row[2] for row in alone["findings"]} == {"no_households"}
    assert make(city, processes=2) == alone
    with start_workers(scheduler, 2):
        assert make(city, scheduler=scheduler) == alone


def test_neighbours_differ_across_batches(city: Database) -> None:
    plan = plan_runs.create_plan(city, SYSTEM, "D1")
    query = text(
        "SELECT m.colour = n.colour AS same, m.grid_id = n.grid_id AS inside"
        " FROM micro_grids m JOIN micro_grids n ON m.id < n.id AND n.geom && ST_Expand(m.geom, 0.000001)"
        " WHERE m.plan_id = :plan_id AND n.plan_id = :plan_id"
        # A border of ten metres, be it that rounding drew the two sides apart.
        " AND ST_Area(ST_Intersection(ST_Buffer(m.geom, 0.000001), n.geom)) > 0.0000000001"
    )
    with city.transaction() as session:
        pairs = session.execute(query, {"plan_id": plan.id}).all()
    assert (
        len([pair for pair in pairs if not pair.inside]) > 142
    )  # each grid has micro-grids at all its sides
    assert not [pair for pair in pairs if pair.same]


def test_nobody_sees_half_a_plan(city: Database) -> None:
    with refusing(city, "NEW.grid_id = 1009007", "53100"), pytest.raises(Unavailable, match="disk"):
        plan_runs.create_plan(city, SYSTEM, "D1")
    with city.transaction() as session:
        (plan,) = plans.list_plans(session, SYSTEM, area_code="D1", limit=1)
        assert plan.status == "failed"
        assert "磁盘" in plan.message
        assert plan.progress_share == pytest.approx(64 / 80)
        assert list_micro_grids(session, SYSTEM, plan_id=plan.id) == []
        assert list_plan_findings(session, SYSTEM, plan.id) == []
        with pytest.raises(Conflict):
            plans.check_plan(session, SYSTEM, plan.id)
    with city.transaction() as session, pytest.raises(Conflict):
        plans.publish_plan(session, SYSTEM, plan.id)
    assert written_grids(city, plan.id) == 64  # kept: the plan can be resumed
    resumed = plan_runs.resume_plan(city, SYSTEM, plan.id)
    assert (resumed.status, resumed.message) == ("draft", "")
    assert rows_of(city, plan.id) == make(city)


def test_a_bad_batch_fails_the_plan_and_leaves_no_rows(city: Database) -> None:
    with city.engine.begin() as connection:
        connection.execute(text("ALTER TABLE buildings DROP CONSTRAINT ck_buildings_households_not_negative"))
        connection.execute(text("UPDATE buildings SET households = -1 WHERE id = 100900711"))
    plan_id = ask(city)
    with pytest.raises(BadInput, match="negative"):
        plan_runs.compute_plan(city, plan_id, workforce=Workforce(processes=2))
    status, message = state(city, plan_id)
    assert status == "failed"
    assert message
    assert written_grids(city, plan_id) == 0
    with city.engine.begin() as connection:
        connection.execute(text("UPDATE buildings SET households = 13 WHERE id = 100900711"))
    plan_runs.resume_plan(city, SYSTEM, plan_id)
    assert written_grids(city, plan_id) == 80


def test_a_retried_job_finds_its_plan_computing(city: Database) -> None:
    plan_id = ask(city)
    with refusing(city, "NEW.grid_id = 1009007", "53100"), pytest.raises(Unavailable):
        plan_runs.compute_plan(city, plan_id, will_retry=True)
    status, message = state(city, plan_id)
    assert status == "computing"
    assert message
    told: list[tuple[int, int]] = []
    plan_runs.compute_plan(city, plan_id, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (64, 80)
    assert told[-1] == (80, 80)
    assert state(city, plan_id) == ("draft", "")


def test_a_killed_maker_is_resumed_and_leaves_no_process(city: Database, tmp_path: Path) -> None:
    address = city.engine.url.render_as_string(hide_password=False)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GRIDMAP_")}
    # It can write the first two batches; the third waits for the grid that we hold.
    with city.engine.begin() as holding:
        holding.execute(text("SELECT FROM areas WHERE code = 'G9-7' FOR UPDATE"))
        maker = subprocess.Popen(
            [sys.executable, "-m", "gridmap", "plan", "create", "D1", "--processes", "2"],
            env=environ | {"DATABASE_URL": address, "GRIDMAP_HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        until(lambda: is_waiting_for_lock(city))
        children = children_of(maker.pid)
        maker.kill()
        printed, _ = maker.communicate(timeout=WAIT_SECONDS)
    assert len(children) >= 2
    until(lambda: not any(is_alive(child) for child in children))
    with city.transaction() as session:
        (plan,) = plans.list_plans(session, SYSTEM, area_code="D1", limit=1)
    assert str(plan.id) in printed
    assert plan.status == "computing"
    assert written_grids(city, plan.id) == 64
    until(lambda: not is_locked(city))
    plan_runs.resume_plan(city, SYSTEM, plan.id)
    assert rows_of(city, plan.id) == make(city)


def test_a_killed_process_is_told_from_a_fault_of_the_work() -> None:
    with open_crew(Workforce(processes=2), 2) as crew:
        until(lambda: crew.ahead == 4)  # the processes are up
        error = wait_for(crew, crew.submit(b"no batch"), lambda: None)
        assert error is not None
        assert crew.loss_of(error) is None
        (forking,) = (child for child in own_children(os.getpid()) if "forkserver" in command_of(child))
        for child in own_children(forking):
            os.kill(child, signal.SIGKILL)

        def hand_out() -> None:
            error = wait_for(crew, crew.submit(b"no batch"), lambda: None)
            assert error is not None
            raise crew.loss_of(error) or error

        with pytest.raises(Unavailable, match="--processes"):
            hand_out()


def test_a_killed_dask_worker_stops_nothing(city: Database, scheduler: str) -> None:
    plan_id = ask(city)
    with start_workers(scheduler, 1) as (first,), Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
        os.kill(first.pid, signal.SIGSTOP)  # so that it has batches in hand and cannot finish them
        maker = threading.Thread(
            target=plan_runs.compute_plan,
            args=(city, plan_id),
            kwargs={"workforce": Workforce(None, scheduler)},
        )
        maker.start()
        until(lambda: any(client.processing().values()))
        first.kill()
        with start_workers(scheduler, 1):
            maker.join(WAIT_SECONDS)
    assert state(city, plan_id) == ("draft", "")
    assert rows_of(city, plan_id) == make(city)


def test_a_scheduler_that_is_not_there_is_named(city: Database) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 .*dask scheduler"):
        make(city, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(BadInput, match="nonsense"):
        make(city, scheduler="nonsense://x")


def test_only_an_unfinished_plan_is_resumed_by_who_may(city: Database) -> None:
    plan = plan_runs.create_plan(city, SYSTEM, "G0-0")
    with pytest.raises(Conflict, match="draft"):
        plan_runs.resume_plan(city, SYSTEM, plan.id)
    with pytest.raises(Conflict, match="draft"):
        plan_runs.compute_plan(city, plan.id)
    assert state(city, plan.id) == ("draft", "")
    with pytest.raises(NotFound):
        plan_runs.resume_plan(city, SYSTEM, 987654)
    unfinished = ask(city)
    with pytest.raises(NotFound):
        plan_runs.resume_plan(city, Actor(2, "planner", "planner", (1_000_000,)), unfinished)


def is_waiting_for_lock(database: Database) -> bool:
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.transaction() as session:
        return bool(session.scalar(text(query)))


def is_locked(database: Database) -> bool:
    """Whether the server has not noticed yet that a maker is gone."""
    query = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE datname = current_database() AND locktype = 'advisory' AND classid = :key"
    )
    with database.transaction() as session:
        return bool(session.scalar(text(query), {"key": plans.COMPUTE_LOCK}))


def own_children(process: int) -> list[int]:
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as listed:
        return [int(child) for child in listed.read().split()]


def children_of(process: int) -> list[int]:
    """Its children and theirs: the process that forks, and what it forked."""
    own = own_children(process)
    return own + [below for child in own for below in children_of(child)]


def command_of(process: int) -> str:
    with open(f"/proc/{process}/cmdline", encoding="utf-8") as command:
        return command.read()
