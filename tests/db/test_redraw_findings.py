"""Findings of a draft redrawn by hand stay true, and the check of the plan says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select

from gridmap.errors import BadInput, Conflict
from gridmap.models import Finding, MicroGrid
from gridmap.planning.redraw_report import states_of
from gridmap.services import plans
from gridmap.services.actors import SYSTEM
from gridmap.services.division_rows import BROKEN, broken_in, findings_of
from gridmap.services.division_views import codes_with_atoms
from tests.db.test_redraws import GRID_1, GRID_2, Drafted, codes_of, random_operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.planning.buildings import Building

Found = set[tuple[str, str | int, str]]
LIVE = ("outside_band", "building_broken", "barrier_crossed", "bridge")


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Drafted:
    return Drafted(copy_with("drafted", Drafted.fill))


def row(kind: str, code: str | None, details: dict[str, Any]) -> tuple[str, str | int, str]:
    """What a finding says, but for the engine's reasons."""
    place = details["building_id"] if kind == "building_broken" else code
    said = details.get("barrier") if kind == "barrier_crossed" else details.get("households")
    return kind, place or "", str(said)


def noted(town: Drafted) -> Found:
    """Findings in the table; the engine's reasons for a missed band count as that."""
    with town.database.transaction() as session:
        query = select(Finding.kind, MicroGrid.code, Finding.details)
        query = query.outerjoin(MicroGrid, MicroGrid.id == Finding.micro_grid_id)
        found = session.execute(query.where(Finding.plan_id == town.plan.id)).all()
    return {row(*one) for one in found if one.kind in LIVE}


def fresh(town: Drafted) -> Found:
    """What the divisions show when they are read anew."""
    found: Found = set()
    for grid in (GRID_1, GRID_2):
        division = town.division(grid)
        states = states_of(division, codes_with_atoms(division))
        told = [(kind, code, details) for code in states for kind, details in findings_of(states[code])]
        told += [(kind, None, details) for kind, details in broken_in(division)]
        found |= {row(*one) for one in told if one[0] in LIVE}
    return found


def checked(town: Drafted) -> Found:
    """What the check of the plan says."""
    with town.database.transaction() as session:
        found = plans.check_plan(session, SYSTEM, town.plan.id)
    return {row(one["kind"], one["micro_grid"], one["details"]) for one in found if one["kind"] in LIVE}


def is_told(building: Building, found: Found) -> bool:
    return ("building_broken", building.id, str(building.households)) in found


def take_whole(town: Drafted) -> tuple[Building, str]:
    """A building of 48 households that the engine left whole, and a micro-grid that does not hold it."""
    division = town.division()
    building = next(
        b for b in division.ground.buildings if f"b{b.id}" in division.keys and len(b.entrances) > 1
    )
    at = division.code_of(division.labels[division.row_of_key[f"b{building.id}"]])
    return building, next(code for code in codes_of(division) if code != at)


def test_a_building_broken_by_hand_is_a_finding_until_it_is_healed(town: Drafted) -> None:
    building, other = take_whole(town)
    door = f"b{building.id}/e1"
    town.redraw(town.li, GRID_1, "break", building=building.id)
    assert not is_told(building, noted(town))  # its parts lie in one micro-grid
    town.redraw(town.li, GRID_1, "move", atoms=[door], to=None)
    assert not is_told(building, noted(town))
    town.redraw(town.li, GRID_1, "move", atoms=[door], to=other)
    assert is_told(building, noted(town)) is is_told(building, checked(town)) is True
    town.redraw(town.li, GRID_1, "heal", building=building.id)
    assert is_told(building, noted(town)) is is_told(building, checked(town)) is False
    town.undo(town.li)
    assert is_told(building, noted(town)) is is_told(building, checked(town)) is True


def test_what_the_engine_said_of_a_building_stays_while_it_is_broken(town: Drafted) -> None:
    def told() -> dict[int, Any]:
        with town.database.transaction() as session:
            found = plans.check_plan(session, SYSTEM, town.plan.id)
        return {one["details"]["building_id"]: one["details"] for one in found if one["kind"] == BROKEN}

    division = town.division()
    first = next(b for b in division.ground.buildings if b.id in told())
    assert told()[first.id]["outside_unbroken"] > told()[first.id]["outside"]
    town.redraw(town.li, GRID_1, "lock", codes=codes_of(division))
    town.undo(town.li)
    assert "outside_unbroken" in told()[first.id]
    town.redraw(town.li, GRID_1, "heal", building=first.id)
    assert first.id not in told()


def test_after_any_operations_the_findings_are_those_of_a_fresh_check(town: Drafted) -> None:
    rng = np.random.default_rng(11)
    seen: Found = set()
    done = 0
    while done < 40:
        grid = GRID_1 if rng.random() < 0.5 else GRID_2
        kind, arguments = random_operation(town.division(grid), rng)
        try:
            town.redraw(town.li, grid, kind, **arguments)
        except (BadInput, Conflict):
            continue
        done += 1
        if done % 5 == 0:
            found = noted(town)
            assert found == fresh(town) == checked(town)
            seen |= found
    assert {"outside_band", "building_broken"} <= {kind for kind, *_ in seen}
    for _ in range(done):
        town.undo(town.li)
    assert noted(town) == fresh(town) == checked(town)
