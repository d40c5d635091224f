"""Divisions in memory: what other processes wrote is caught up with, what was rolled back is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest

from gridmap.errors import BadInput, Conflict
from gridmap.models import Plan
from gridmap.services import divisions
from gridmap.services.divisions import KeptDivisions
from gridmap.services.locks import lock_micro_grids
from gridmap.services.plans import count_totals
from gridmap.services.redraws import redraw_plan
from tests.db.test_redraws import GRID_1, GRID_2, Drafted, atoms_of, codes_of, random_operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.planning.redraw_division import Division


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Drafted:
    return Drafted(copy_with("drafted", Drafted.fill))


def same(one: Division, other: Division) -> bool:
    """Tell whether two divisions hold the same atoms in the same micro-grids, drawn the same."""
    held = [dict(zip(d.keys, map(d.code_of, d.labels.tolist()), strict=True)) for d in (one, other)]
    if held[0] != held[1] or one.locked != other.locked:
        return False
    drawn = [{code: d.polygons[d.codes.index(code) + 1] for code in codes_of(d)} for d in (one, other)]
    return all(
        (shape is None and drawn[1][code] is None) or shape.equals_exact(drawn[1][code], 0)
        for code, shape in drawn[0].items()
    )


def roll_back(town: Drafted, asked: dict[str, Any]) -> None:
    """Let li move something, and the commit fail."""

    def fail() -> None:
        with town.database.transaction() as session:
            redraw_plan(session, town.li, town.plan.id, GRID_1, "move", asked, op_id=uuid4())
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()


def test_a_process_catches_up_with_what_another_wrote(town: Drafted) -> None:
    """Two memories stand for two processes; the one that fell behind reads the log, not the land."""
    behind, ahead = KeptDivisions(4), KeptDivisions(4)
    divisions.KEPT = behind
    first = {grid: town.division(grid) for grid in (GRID_1, GRID_2)}
    rng = np.random.default_rng(3)
    done = 0
    while done < 40:
        divisions.KEPT, actor = (behind, town.wu) if done % 7 == 0 else (ahead, town.li)
        grid = GRID_1 if rng.random() < 0.5 else GRID_2
        kind, arguments = random_operation(town.division(grid), rng)
        try:
            town.redraw(actor, grid, kind, **arguments)
        except (BadInput, Conflict):
            continue
        done += 1
    with town.database.transaction() as session:
        counted = count_totals(session, town.plan.id)
        measures = session.get_one(Plan, town.plan.id).measures
    assert {name: measures[name] for name in counted} == counted
    divisions.KEPT = behind
    for grid, before in first.items():
        caught = town.division(grid)
        assert caught.ground is before.ground
        town.forget()
        assert same(caught, town.division(grid))
        divisions.KEPT = behind


def test_what_was_rolled_back_is_nothing_to_go_on_from(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    taken, moved = atoms_of(division, one)[:2]
    asked = {"atoms": [taken], "to": other}
    roll_back(town, asked)
    assert town.division().code_of(town.division().labels[division.row_of_key[taken]]) == one
    roll_back(town, asked)
    town.redraw(town.wu, GRID_1, "move", atoms=[moved], to=other)
    kept = town.division()
    town.forget()
    assert same(kept, town.division())


def test_a_lock_set_beside_the_editor_counts_at_once(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    atom = atoms_of(division, one)[0]
    with town.database.transaction() as session:
        lock_micro_grids(session, town.wu, town.plan.id, [one])
    with pytest.raises(Conflict):
        town.redraw(town.li, GRID_1, "move", atoms=[atom], to=other)
    with town.database.transaction() as session:
        lock_micro_grids(session, town.wu, town.plan.id, [one], locked=False)
    town.redraw(town.li, GRID_1, "move", atoms=[atom], to=other)
