"""A plan from draft to superseded on the sample town; see `tests.db.lives` for the numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text, update

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound, RuleBroken
from gridmap.models import (
    Area,
    Assignment,
    AuditEntry,
    Building,
    Finding,
    MicroGrid,
    Plan,
    PlanComment,
    Waiver,
)
from gridmap.services import plan_lives, plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.locks import lock_micro_grids
from gridmap.services.waivers import waive_all
from tests.db import lives
from tests.db.lives import GRID_1, GRID_2
from tests.working import work_off

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database

A, B = f"{GRID_2}01", f"{GRID_2}03"


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def published(town: Database) -> Plan:
    return lives.publish(town, lives.create(town).id)


def state(town: Database, plan_id: int) -> str:
    with town.transaction() as session:
        return session.get_one(Plan, plan_id).status


def actions(town: Database, plan_id: int) -> list[str]:
    query = select(AuditEntry.action).where(
        AuditEntry.subject == "plan", AuditEntry.subject_id == str(plan_id)
    )
    with town.transaction() as session:
        return list(session.scalars(query.order_by(AuditEntry.id)))


def call(town: Database, function: Any, plan_id: int, *arguments: Any, **options: Any) -> Plan:
    with town.transaction() as session:
        return function(session, SYSTEM, plan_id, *arguments, **options)


def test_a_submitted_plan_is_frozen_until_it_is_returned(town: Database) -> None:
    plan = lives.create(town)
    call(town, plan_lives.submit_plan, plan.id)
    with pytest.raises(Conflict):
        lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B)
    with pytest.raises(Conflict):
        call(town, lock_micro_grids, plan.id, [A])
    with pytest.raises(Conflict):
        call(town, plan_lives.submit_plan, plan.id)
    with pytest.raises(BadInput):
        call(town, plan_lives.return_plan, plan.id, "  ")
    with pytest.raises(BadInput) as refused:
        call(town, plan_lives.return_plan, plan.id, "请联系 13812345678")
    assert refused.value.fields[0].reason == "words_personal"
    call(town, plan_lives.return_plan, plan.id, "B10 请划入东侧")
    assert state(town, plan.id) == "draft"
    with town.transaction() as session:
        assert session.scalars(select(PlanComment.words)).one() == "B10 请划入东侧"
    lives.redraw(town, plan.id, GRID_2, "lock", codes=[A])
    with pytest.raises(Conflict):
        call(town, plan_lives.return_plan, plan.id, "不是已提交")
    call(town, plan_lives.submit_plan, plan.id)
    assert lives.publish(town, plan.id).status == "published"
    told = [action for action in actions(town, plan.id) if action != "redrawn"]
    assert told == ["requested", "computed", "submitted", "returned", "submitted", "published"]


def test_who_may_submit_return_and_roll_back(town: Database, published: Plan) -> None:
    draft = lives.create(town)
    with town.transaction() as session:
        grid_1 = session.scalars(select(Area.id).where(Area.code == GRID_1)).one()
        official = Actor(None, "o", "official", None)
        neighbour = Actor(None, "n", "planner", (grid_1,))
        writing = (
            lambda who: plan_lives.submit_plan(session, who, draft.id),
            lambda who: plan_lives.return_plan(session, who, draft.id, "退回"),
            lambda who: plan_lives.publish_at(session, who, draft.id, None),
            lambda who: plan_lives.call_off(session, who, draft.id),
            lambda who: plan_lives.branch_plan(session, who, draft.id),
            lambda who: plan_lives.roll_back(session, who, published.id),
        )
        for write in writing:
            with pytest.raises(NotAllowed):
                write(official)
            with pytest.raises(NotFound):
                write(neighbour)
        assert session.scalar(select(func.count(Plan.id))) == 2


def test_a_branch_is_the_same_plan_to_be_changed_freely(town: Database) -> None:
    plan = lives.create(town)
    b10 = lives.atom(town, "B10")
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[b10], to=B)
    lives.redraw(town, plan.id, GRID_1, "lock", codes=[f"{GRID_1}01"])
    lives.redraw(town, plan.id, GRID_1, "move", atoms=[lives.atom(town, "B06")], to=None)
    with town.transaction() as session:
        waive_all(session, SYSTEM, plan.id, "试点")
    branch = call(town, plan_lives.branch_plan, plan.id)
    assert (branch.status, branch.branched_from, branch.measures) == (
        "draft",
        plan.id,
        plan_measures(town, plan.id),
    )
    with town.transaction() as session:
        own, copied = (rows_of(session, one.id) for one in (plan, branch))
        assert copied == own
        assert len(own["waivers"]) >= 3
        assert any(code is None for _, code in own["atoms"])
        assert plans.check_plan(session, SYSTEM, branch.id) == [
            row | {"waived": row["waived"] and row["waived"] | {"id": other["waived"]["id"]}}
            for row, other in zip(
                plans.check_plan(session, SYSTEM, plan.id),
                plans.check_plan(session, SYSTEM, branch.id),
                strict=True,
            )
        ]
    lives.redraw(town, branch.id, GRID_2, "move", atoms=[b10], to=A)
    with town.transaction() as session:
        assert lives.holdings(session, plan.id)[b10] == B
        assert lives.holdings(session, branch.id)[b10] == A


def plan_measures(town: Database, plan_id: int) -> dict[str, Any]:
    with town.transaction() as session:
        return session.get_one(Plan, plan_id).measures


def rows_of(session: Any, plan_id: int) -> dict[str, Any]:
    """Everything a branch copies, but for ids."""
    grids = select(
        MicroGrid.code,
        MicroGrid.households,
        MicroGrid.locked,
        MicroGrid.contents,
        func.ST_AsEWKB(MicroGrid.geom),
    ).where(MicroGrid.plan_id == plan_id)
    found = (
        select(MicroGrid.code, Finding.kind, Finding.severity, Finding.details)
        .outerjoin(MicroGrid, MicroGrid.id == Finding.micro_grid_id)
        .where(Finding.plan_id == plan_id)
        .order_by(Finding.id)
    )
    waivers = select(Waiver.micro_grid_code, Waiver.kind, Waiver.households, Waiver.reason, Waiver.created_at)
    return {
        "micro_grids": [
            tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
            for row in session.execute(grids.order_by(MicroGrid.code))
        ],
        "atoms": sorted(lives.holdings(session, plan_id).items()),
        "findings": [tuple(row) for row in session.execute(found)],
        "waivers": [
            tuple(row)
            for row in session.execute(waivers.where(Waiver.plan_id == plan_id).order_by(Waiver.id))
        ],
    }


def test_many_who_move_are_confirmed(town: Database, published: Plan) -> None:
    draft = call(town, plan_lives.branch_plan, published.id)
    lives.redraw(
        town, draft.id, GRID_2, "swap", atoms=[lives.atom(town, "B08")], others=[lives.atom(town, "B09")]
    )
    # B08 and B09 change places: 144 of 548 households.
    with pytest.raises(Conflict, match=r"144 households \(26\.3%\)") as refused:
        call(town, plans.publish_plan, draft.id)
    assert refused.value.details["share"] == pytest.approx(144 / 548, abs=1e-4)
    assert state(town, draft.id) == "draft"
    call(town, plans.publish_plan, draft.id, confirm_moved=True)
    assert (state(town, draft.id), state(town, published.id)) == ("published", "superseded")


def test_few_who_move_are_not(town: Database, published: Plan) -> None:
    draft = call(town, plan_lives.branch_plan, published.id)
    floors = [key for key in floors_of_b07(town, draft.id) if key.endswith("/1-3")]
    lives.redraw(town, draft.id, GRID_2, "move", atoms=floors, to=f"{GRID_2}02")  # 12 of 548 households
    with town.transaction() as session:
        waive_all(session, SYSTEM, draft.id, "B10 单独成格")  # 44 are left, proved by nobody
    call(town, plans.publish_plan, draft.id)
    with town.transaction() as session:
        seen = lives.codes_seen(session)
    assert (seen[A], seen[f"{GRID_2}02"]) == (44, 72)


def floors_of_b07(town: Database, plan_id: int) -> list[str]:
    b07 = lives.atom(town, "B07")
    with town.transaction() as session:
        return [key for key in lives.holdings(session, plan_id) if key.startswith(f"{b07}/")]


def test_a_rolled_back_plan_is_the_older_one_again(town: Database, published: Plan) -> None:
    with town.transaction() as session:
        before, atoms = lives.codes_seen(session), lives.holdings(session, published.id)
    draft = call(town, plan_lives.branch_plan, published.id)
    lives.redraw(town, draft.id, GRID_2, "merge", codes=[f"{GRID_2}02", A])  # 116 households under one code
    with town.transaction() as session:
        waive_all(session, SYSTEM, draft.id, "临时合并")
    lives.publish(town, draft.id)
    with town.transaction() as session:
        assert len(lives.codes_seen(session)) == len(before) - 1
    with pytest.raises(Conflict, match="households"):
        call(town, plan_lives.roll_back, published.id)
    assert state(town, draft.id) == "published"
    again = call(town, plan_lives.roll_back, published.id, confirm_moved=True)
    assert (again.status, again.branched_from) == ("published", published.id)
    assert (state(town, draft.id), state(town, published.id)) == ("superseded", "superseded")
    with town.transaction() as session:
        assert lives.codes_seen(session) == before
        assert lives.holdings(session, again.id) == atoms
        assert session.scalar(select(func.count(Plan.id)).where(Plan.status == "published")) == 1
    assert actions(town, again.id) == ["branched", "published"]


def test_only_what_was_published_and_still_fits_is_gone_back_to(town: Database, published: Plan) -> None:
    draft = lives.create(town, seed=2)
    with pytest.raises(Conflict):
        call(town, plan_lives.roll_back, draft.id)
    lives.publish(town, draft.id)
    with town.transaction() as session:
        session.execute(update(Building).where(Building.source_id == "370698-B12").values(households=7))
    with pytest.raises(RuleBroken) as refused:
        call(town, plan_lives.roll_back, published.id, confirm_moved=True)
    assert {row["kind"] for row in refused.value.findings} == {"atom_missing"}
    with town.transaction() as session:
        assert session.scalar(select(func.count(Plan.id))) == 2


def test_a_retired_code_comes_back_only_for_the_same_area(town: Database, published: Plan) -> None:
    stale = call(town, plan_lives.branch_plan, published.id)
    b08, b09 = lives.atom(town, "B08"), lives.atom(town, "B09")
    with town.transaction() as session:
        codes = lives.holdings(session, published.id)
        retired = f"{GRID_2}04"
        assert (codes[b08], codes[b09]) == (B, retired)
        # A draft that other hands numbered anew: it calls B08 by the code of B09, and the other way round.
        swap = "UPDATE micro_grids SET code = :new WHERE plan_id = :plan AND code = :old"
        for old, new in ((B, "x"), (retired, B), ("x", retired)):
            session.execute(text(swap), {"plan": stale.id, "old": old, "new": new})
    lives.publish(town, stale.id)
    with town.transaction() as session:
        now = lives.holdings(session, stale.id)
        assert {now[b08], now[b09]} == {f"{GRID_2}05", f"{GRID_2}06"}
        assert B not in lives.codes_seen(session)
    again = call(town, plan_lives.roll_back, published.id, confirm_moved=True)
    with town.transaction() as session:
        back = lives.holdings(session, again.id)
        assert (back[b08], back[b09]) == (B, retired)


def test_a_plan_is_published_by_itself_when_its_time_has_come(town: Database, published: Plan) -> None:
    draft = call(town, plan_lives.branch_plan, published.id)
    soon = datetime.now(UTC) + timedelta(days=1)
    timed = call(town, plan_lives.publish_at, draft.id, soon)
    assert (timed.status, timed.effective_at) == ("submitted", soon)
    work_off(town)
    assert state(town, draft.id) == "submitted"  # not yet
    come(town)
    work_off(town)
    assert (state(town, draft.id), state(town, published.id)) == ("published", "superseded")
    assert actions(town, draft.id) == ["branched", "timed", "published"]


def come(town: Database) -> None:
    """Let the jobs' time come."""
    with town.transaction() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))


def test_a_publication_called_off_does_not_happen(town: Database, published: Plan) -> None:
    first, second = (call(town, plan_lives.branch_plan, published.id) for _ in range(2))
    soon = datetime.now(UTC) + timedelta(days=1)
    for draft in (first, second):
        call(town, plan_lives.publish_at, draft.id, soon)
    called_off = call(town, plan_lives.call_off, first.id)
    assert (called_off.status, called_off.effective_at) == ("submitted", None)
    with pytest.raises(Conflict):
        call(town, plan_lives.call_off, first.id)
    assert call(town, plan_lives.return_plan, second.id, "再看看").effective_at is None
    come(town)
    work_off(town)
    assert [state(town, one.id) for one in (published, first, second)] == ["published", "submitted", "draft"]


def test_what_stands_against_it_at_its_time_is_told(town: Database, published: Plan) -> None:
    draft = call(town, plan_lives.branch_plan, published.id)
    call(town, plan_lives.publish_at, draft.id, datetime.now(UTC) + timedelta(days=1))
    with town.transaction() as session:
        session.execute(update(Building).where(Building.source_id == "370698-B12").values(households=7))
    come(town)
    work_off(town)
    with town.transaction() as session:
        left = session.get_one(Plan, draft.id)
        assert (left.status, left.effective_at) == ("submitted", None)
        assert "不能发布" in left.message
        assert session.scalar(select(func.count(Assignment.atom)).where(Assignment.plan_id == draft.id)) == 19
    assert state(town, published.id) == "published"
    assert actions(town, draft.id)[-1] == "publication_failed"


def test_a_time_to_come_is_refused_for_what_cannot_be_published(town: Database, published: Plan) -> None:
    draft = call(town, plan_lives.branch_plan, published.id)
    with pytest.raises(BadInput):
        call(town, plan_lives.publish_at, draft.id, datetime.now(UTC) - timedelta(days=1))
    lives.redraw(town, draft.id, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B)
    with pytest.raises(RuleBroken):
        call(town, plan_lives.publish_at, draft.id, datetime.now(UTC) + timedelta(days=1))
    assert state(town, draft.id) == "draft"
    with town.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
