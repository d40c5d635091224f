"""Buildings counted anew after a draft was made: one operation takes the count over, and gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from gridmap.errors import Conflict
from gridmap.models import Building, Plan, PlanOperation
from gridmap.services.actors import SYSTEM
from gridmap.services.building_changes import list_building_changes
from gridmap.services.locks import lock_micro_grids
from gridmap.services.redraws import preview, redo, redraw_plan, undo
from tests.db import lives
from tests.db.lives import DISTRICT, GRID_2

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.services.redraws import Done

B08 = f"{GRID_2}03"  # 72 households, its own micro-grid
ROWS = (
    (
        "SELECT atom, households, households_estimated, micro_grid_id FROM assignments"
        " WHERE plan_id = :plan ORDER BY atom"
    ),
    (
        "SELECT code, households, households_estimated, building_count, status, contents, ST_AsBinary(geom)"
        " FROM micro_grids WHERE plan_id = :plan ORDER BY code"
    ),
    (
        "SELECT kind, severity, micro_grid_id, details::text AS d FROM findings WHERE plan_id = :plan"
        " ORDER BY kind, micro_grid_id, d"
    ),
    "SELECT (measures - 'seconds')::text AS m FROM plans WHERE id = :plan",
)


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def plan(town: Database) -> int:
    return lives.create(town).id


def count_anew(town: Database, name: str, **values: Any) -> int:
    """Change a building of the sample; gives its id."""
    change = update(Building).where(Building.source_id == f"{DISTRICT}-{name}").values(**values)
    with town.transaction() as session:
        return session.execute(change.returning(Building.id)).scalar_one()


def recount(town: Database, plan_id: int, *buildings: int, op_id: UUID | None = None) -> Done:
    with town.transaction() as session:
        return redraw_plan(
            session,
            SYSTEM,
            plan_id,
            GRID_2,
            "recount",
            {"buildings": list(buildings)},
            op_id=op_id or uuid4(),
        )


def rows_of(town: Database, plan_id: int) -> list[list[tuple[Any, ...]]]:
    """Everything the plan has written."""
    with town.transaction() as session:
        return [[tuple(row) for row in session.execute(text(one), {"plan": plan_id})] for one in ROWS]


def households(town: Database, plan_id: int) -> dict[str, int]:
    return {row[0]: row[1] for row in rows_of(town, plan_id)[1]}


def recounted(town: Database, plan_id: int) -> list[int]:
    with town.transaction() as session:
        return [row["building_id"] for row in list_building_changes(session, SYSTEM, plan_id).changed]


def test_one_operation_takes_the_count_over_and_undo_gives_every_row_back(town: Database, plan: int) -> None:
    as_planned = rows_of(town, plan)
    b08 = count_anew(town, "B08", households=95, households_estimated=True)
    assert recounted(town, plan) == [b08]
    assert rows_of(town, plan) == as_planned
    done = recount(town, plan, b08)
    assert (done.entry.kind, done.entry.households_moved, done.entry.report["changed"]) == (
        "recount",
        0,
        [B08],
    )
    (row,) = done.entry.report["micro_grids"]
    assert (row["households_before"], row["households_after"], row["status_after"]) == (72, 95, "over")
    assert recounted(town, plan) == []
    as_counted = rows_of(town, plan)
    assert as_counted[0] != as_planned[0]
    assert households(town, plan)[B08] == 95
    with town.transaction() as session:
        assert session.get_one(Plan, plan).measures["households"] == 548 + 95 - 72
        assert session.scalar(select(func.count()).select_from(PlanOperation)) == 1
        undo(session, SYSTEM, plan, op_id=uuid4())
    assert rows_of(town, plan) == as_planned
    assert recounted(town, plan) == [b08]
    with town.transaction() as session:
        redo(session, SYSTEM, plan, op_id=uuid4())
    assert rows_of(town, plan) == as_counted


def test_sent_again_it_is_done_once_and_nobody_counts_twice(town: Database, plan: int) -> None:
    b08 = count_anew(town, "B08", households=70)
    op_id = uuid4()
    first = recount(town, plan, b08, op_id=op_id)
    again = recount(town, plan, b08, op_id=op_id)
    assert again.entry.id == first.entry.id
    with pytest.raises(Conflict, match="counts what it has today"):
        recount(town, plan, b08)
    with town.transaction() as session:
        assert session.scalar(select(func.count()).select_from(PlanOperation)) == 1


def test_a_lock_keeps_places_and_a_preview_writes_nothing(town: Database, plan: int) -> None:
    b08 = count_anew(town, "B08", households=70)
    with town.transaction() as session:
        lock_micro_grids(session, SYSTEM, plan, [B08])
        _, change = preview(session, SYSTEM, plan, GRID_2, "recount", {"buildings": [b08]})
    assert change.report["micro_grids"][0]["households_after"] == 70
    assert recounted(town, plan) == [b08]
    recount(town, plan, b08)
    assert households(town, plan)[B08] == 70


def test_floors_of_a_broken_building_get_their_share(town: Database, plan: int) -> None:
    """B07: 18 floors of 4, three of them in 01 with the 44 of B10, the others in 02; now 18 floors of 5."""
    b07 = count_anew(town, "B07", households=90)
    with town.transaction() as session:
        session.execute(text("UPDATE entrances SET households = 90 WHERE building_id = :id"), {"id": b07})
    recount(town, plan, b07)
    after = households(town, plan)
    assert (after[f"{GRID_2}01"], after[f"{GRID_2}02"]) == (44 + 15, 75)


def test_what_was_done_after_it_is_taken_back_first(town: Database, plan: int) -> None:
    b08 = count_anew(town, "B08", households=70)
    recount(town, plan, b08)
    lives.redraw(town, plan, GRID_2, "break", building=b08, entrance=1, floors=[7])
    with town.transaction() as session:
        undo(session, SYSTEM, plan, op_id=uuid4())
        undo(session, SYSTEM, plan, op_id=uuid4())
    assert households(town, plan)[B08] == 72
