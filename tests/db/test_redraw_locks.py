"""Locked buildings on the tables of the sample town."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from gridmap.errors import BadInput, Conflict
from gridmap.models import PlanLockedBuilding
from gridmap.services.actors import SYSTEM
from gridmap.services.division_views import describe_buildings
from gridmap.services.locks import lock_micro_grids
from gridmap.services.plan_lives import branch_plan
from gridmap.services.redraw_log import list_operations
from gridmap.services.redraws import preview, redraw_plan
from tests.db.test_redraws import GRID_1, GRID_2, Drafted, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Drafted:
    return Drafted(copy_with("drafted", Drafted.fill))


def locked_in(town: Drafted, plan_id: int) -> set[int]:
    with town.database.transaction() as session:
        own = select(PlanLockedBuilding.building_id).where(PlanLockedBuilding.plan_id == plan_id)
        return set(session.scalars(own))


def two_atoms(town: Drafted) -> tuple[list[str], list[int], str, str]:
    """Two whole buildings of 48 households, moved to one micro-grid; their ids, its code, and another's."""
    division = town.division()
    one, other = codes_of(division)[:2]
    atoms = [key for key in division.keys if "/" not in key][:2]
    town.redraw(SYSTEM, GRID_1, "move", atoms=atoms, to=other)
    town.redraw(SYSTEM, GRID_1, "move", atoms=atoms, to=one)
    return atoms, [int(atom[1:]) for atom in atoms], one, other


def test_a_locked_building_stays_whoever_moves_it_and_who_locked_it_is_named(town: Drafted) -> None:
    atoms, ids, one, other = two_atoms(town)
    town.redraw(town.li, GRID_1, "lock_buildings", buildings=ids[:1])
    assert locked_in(town, town.plan.id) == {ids[0]}
    for _ in range(2):  # from memory, and from the tables as another process reads them
        assert {b["id"] for b in describe_buildings(town.division()) if b["locked"]} == {ids[0]}
        with town.database.transaction() as session:
            asked = {"atoms": atoms, "to": other}
            _, change = preview(session, town.wu, town.plan.id, GRID_1, "move", asked)
        assert change.refused == (atoms[0],)
        town.forget()
    done = town.redraw(town.wu, GRID_1, "move", atoms=atoms, to=other, expected=dict.fromkeys(atoms, one))
    (refused,) = done.entry.refused
    assert refused["at"] is not None
    assert {key: refused[key] for key in ("atom", "expected", "now", "by", "locked")} == {
        "atom": atoms[0], "expected": one, "now": one, "by": "li", "locked": True,
    }  # fmt: skip
    rows = town.rows()[0]
    assert (rows[atoms[0]], rows[atoms[1]]) == (one, other)
    for kind, arguments in (
        ("move", {"atoms": atoms[:1], "to": other}),
        ("break", {"building": ids[0]}),
    ):
        with pytest.raises(Conflict, match="locked"):
            town.redraw(town.wu, GRID_1, kind, **arguments)
    with pytest.raises(BadInput):
        town.redraw(town.wu, GRID_1, "lock_buildings", buildings=["one"])


def test_locking_is_logged_taken_back_and_done_again(town: Drafted) -> None:
    atoms, ids, _, other = two_atoms(town)
    town.redraw(town.li, GRID_1, "lock_buildings", buildings=ids)
    town.undo(town.li)
    assert locked_in(town, town.plan.id) == set()
    town.redo(town.li)
    assert locked_in(town, town.plan.id) == set(ids)
    with town.database.transaction() as session:
        kinds = [row.operation.kind for row in list_operations(session, town.li, town.plan.id)]
    assert kinds[:3] == ["lock_buildings", "undo", "lock_buildings"]
    town.redraw(town.wu, GRID_1, "unlock_buildings", buildings=ids[:1])
    town.redraw(town.wu, GRID_1, "move", atoms=atoms[:1], to=other)
    town.redraw(town.li, GRID_1, "lock_buildings", buildings=ids)
    with pytest.raises(Conflict, match="locked"):
        town.undo(town.wu)


def test_a_copy_of_a_plan_has_the_same_buildings_locked(town: Drafted) -> None:
    atoms, ids, _, other = two_atoms(town)
    town.redraw(town.li, GRID_1, "lock_buildings", buildings=ids)
    with town.database.transaction() as session:
        copy = branch_plan(session, town.wu, town.plan.id).id
    town.redraw(town.li, GRID_1, "unlock_buildings", buildings=ids)
    assert (locked_in(town, town.plan.id), locked_in(town, copy)) == (set(), set(ids))
    asked = {"atoms": atoms, "to": other}
    with town.database.transaction() as session, pytest.raises(Conflict, match="locked"):
        redraw_plan(session, town.wu, copy, GRID_1, "move", asked, op_id=uuid4())


def test_all_of_a_grid_is_locked_at_once_and_a_lock_from_elsewhere_counts_too(town: Drafted) -> None:
    codes = codes_of(town.division())
    town.redraw(town.li, GRID_1, "lock", codes=codes)
    assert town.division().locked == set(codes)
    assert {code for code, row in town.rows()[1].items() if row[4]} == set(codes)
    town.undo(town.li)
    assert not any(row[4] for row in town.rows()[1].values())
    others = codes_of(town.division(GRID_2))
    with town.database.transaction() as session:
        lock_micro_grids(session, SYSTEM, town.plan.id, others)
    assert town.division(GRID_2).locked == set(others)
