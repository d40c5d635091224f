"""Imports made by a worker: whole or not at all, whoever dies, and called off at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text, update

from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.models import AuditEntry, MicroGrid, Plan, PlanImport
from gridmap.services import plan_import_runs
from gridmap.services.accounts import actor_of_account, create_account, set_active
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.plan_imports import Source
from gridmap.worker import JOB_KINDS
from tests.db import lives
from tests.db.imports import export, table_of
from tests.db.lives import DISTRICT, GRID_1
from tests.db.test_jobs import is_waited_for, start_worker, until
from tests.working import work_off

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database

B01 = "(SELECT id FROM buildings WHERE source_id = :name)"
DEMOLISH = (
    f"DELETE FROM assignments WHERE building_id = {B01}",
    f"DELETE FROM entrances WHERE building_id = {B01}",
    "DELETE FROM buildings WHERE source_id = :name",
)


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def file(town: Database, tmp_path: Path) -> Path:
    """The equivalency list of a plan of the district: 19 atoms."""
    return export(town, lives.create(town), tmp_path / "plan.csv")


def ask(town: Database, file: Path, actor: Actor = SYSTEM) -> int:
    with town.transaction() as session:
        content = file.read_bytes()
        return plan_import_runs.request_import(session, actor, DISTRICT, Source(file), content).id


def read(town: Database, import_id: int, actor: Actor = SYSTEM) -> PlanImport:
    with town.transaction() as session:
        return plan_import_runs.get_import(session, actor, import_id)


def is_broken_off(town: Database, import_id: int) -> bool:
    with town.transaction() as session:
        asked = plan_import_runs.get_import(session, SYSTEM, import_id)
        return plan_import_runs.find_broken_off(session, asked)


def cancel(town: Database, import_id: int) -> None:
    with town.transaction() as session:
        plan_import_runs.cancel_import(session, SYSTEM, import_id)


def count_drafts(town: Database) -> tuple[int, int]:
    """Plans and micro-grids beside those of the plan that was exported."""
    with town.transaction() as session:
        plans = session.scalar(select(func.count()).select_from(Plan)) or 0
        micro_grids = session.scalar(select(func.count()).select_from(MicroGrid)) or 0
    return plans - 1, micro_grids - 8


def test_a_worker_makes_the_draft_and_forgets_the_file(town: Database, file: Path) -> None:
    import_id = ask(town, file)
    assert read(town, import_id).status == "waiting"
    work_off(town)
    done = read(town, import_id)
    assert (done.status, done.stage, done.grids_done, done.grids_total) == ("done", "finishing", 2, 2)
    assert (done.attempts, done.refusal) == (1, None)
    assert done.answer is not None
    assert done.answer["rows"] == 19
    assert count_drafts(town) == (1, 8)
    with town.transaction() as session:
        assert session.scalar(text("SELECT count(content) FROM plan_imports")) == 0
        # The worker also looks at the clocks of issues, which may send some of them up.
        told = select(AuditEntry.action, AuditEntry.subject).where(AuditEntry.subject != "issue")
        told = told.order_by(AuditEntry.id.desc()).limit(2)
        assert session.execute(told).all() == [("imported", "plan"), ("sent", "plan_import")]


def test_every_stage_is_told_and_nothing_is_there_before_the_end(town: Database, file: Path) -> None:
    import_id = ask(town, file)
    seen: list[tuple[str, tuple[int, int], bool]] = []

    def look() -> None:
        seen.append((read(town, import_id).stage, count_drafts(town), is_broken_off(town, import_id)))

    plan_import_runs.run_import(town, import_id, heed=look)
    # Each is seen when the next one is told; the first is told before anything is.
    nothing = (0, 0)
    assert seen == [
        ("", nothing, False), ("reading", nothing, False), ("matching", nothing, False),
        ("drawing", nothing, False),
    ]  # fmt: skip
    assert count_drafts(town) == (1, 8)


@pytest.mark.parametrize("stage", ["reading", "matching", "drawing"])
def test_it_can_be_called_off_at_every_stage(town: Database, file: Path, stage: str) -> None:
    import_id = ask(town, file)

    def call_off() -> None:
        if read(town, import_id).stage == stage:
            cancel(town, import_id)

    plan_import_runs.run_import(town, import_id, heed=call_off)
    assert read(town, import_id).status == "cancelled"
    assert count_drafts(town) == (0, 0)
    with pytest.raises(Conflict):
        cancel(town, import_id)


def test_a_killed_worker_leaves_nothing_and_the_next_one_begins_again(
    town: Database, file: Path, tmp_path: Path
) -> None:
    import_id = ask(town, file)
    # The worker has written its plan and then waits for a table that we hold.
    with town.engine.begin() as holding:
        holding.execute(text("LOCK TABLE findings IN ACCESS EXCLUSIVE MODE"))
        with start_worker(town, tmp_path) as worker:
            until(lambda: is_waited_for(town, "findings"))
            assert not is_broken_off(town, import_id)
            worker.kill()
    until(lambda: is_broken_off(town, import_id))
    assert read(town, import_id).status == "working"
    assert count_drafts(town) == (0, 0)
    work_off(town, dead_after_seconds=0)
    done = read(town, import_id)
    assert (done.status, done.attempts) == ("done", 2)
    assert count_drafts(town) == (1, 8)


def test_one_that_takes_its_workers_down_is_given_up(town: Database, file: Path) -> None:
    import_id = ask(town, file)
    with town.transaction() as session:
        session.execute(update(PlanImport).values(status="working", stage="drawing"))
        last = {"attempts": JOB_KINDS["import_plan"].attempts - 1}
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', attempts = :attempts"), last)
    work_off(town, dead_after_seconds=0)
    failed = read(town, import_id)
    refusal = plan_import_runs.find_refusal(failed)
    assert failed.status == "failed"
    assert refusal is not None
    assert "nothing was written" in refusal.detail("en")


def test_every_fault_is_kept_with_its_row(town: Database, tmp_path: Path) -> None:
    import_id = ask(town, table_of(tmp_path, (f"{GRID_1}01", "city", "nowhere", "", "", "")))
    work_off(town)
    failed = read(town, import_id)
    refusal = plan_import_runs.find_refusal(failed)
    assert isinstance(refusal, BadInput)
    assert [(one.where, one.reason, one.hint) for one in refusal.fields] == [
        ("list.csv:2", "import_unknown_building", DISTRICT)
    ]
    assert refusal.detail("en").startswith("The file has 1 faults")


def test_a_building_that_goes_while_it_is_imported_refuses_it(town: Database, file: Path) -> None:
    import_id = ask(town, file)

    def demolish() -> None:
        if read(town, import_id).stage == "drawing":
            with town.transaction() as session:
                for statement in DEMOLISH:
                    session.execute(text(statement), {"name": f"{DISTRICT}-B01"})

    plan_import_runs.run_import(town, import_id, heed=demolish)
    failed = read(town, import_id)
    assert failed.refusal is not None
    assert (failed.status, failed.refusal["message"]) == ("failed", "import_data_changed")
    assert count_drafts(town)[0] == 0


def test_the_sender_is_asked_again_when_it_is_made(town: Database, file: Path) -> None:
    with town.transaction() as session:
        create_account(session, SYSTEM, "p", role="planner", area_codes=[DISTRICT])
        planner = actor_of_account(session, "p")
    import_id = ask(town, file, planner)
    with pytest.raises(NotFound):
        read(town, import_id)  # it is nobody else's
    with town.transaction() as session:
        set_active(session, SYSTEM, "p", False)
    work_off(town)
    assert (read(town, import_id, planner).status, count_drafts(town)) == ("failed", (0, 0))


def test_what_was_sent_a_week_ago_is_forgotten(town: Database, file: Path) -> None:
    old, unfinished = ask(town, file), ask(town, file)
    cancel(town, old)
    with town.transaction() as session:
        session.execute(text("UPDATE plan_imports SET finished_at = finished_at - interval '8 days'"))
    ask(town, file)
    with pytest.raises(NotFound):
        read(town, old)
    assert read(town, unfinished).status == "waiting"
