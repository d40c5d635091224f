"""What is told of a division redrawn by hand is what an independent check of its tables finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.planning.check import check_plan
from gridmap.planning.redraw_report import states_of
from gridmap.services.division_rows import broken_in, findings_of
from gridmap.services.division_views import codes_with_atoms
from gridmap.services.plan_drafts import result_of
from tests.property.test_planning_laws import SHAPES, building_rows, make_frames
from tests.property.test_redraw_laws import KINDS, RULES, SETTINGS, ask, make_division


def told_of(division):
    """Findings as they are kept with every operation: kind, what it concerns, households."""
    states = states_of(division, codes_with_atoms(division))
    found = {
        (kind, code, details.get("households"))
        for code, state in states.items()
        for kind, details in findings_of(state)
        if kind == "outside_band"
    }
    return found | {(kind, row["building_id"], row["households"]) for kind, row in broken_in(division)}


def checked(division, parents, buildings):
    result = result_of([division])
    found = check_plan(parents, buildings, result.assignments, result.micro_grids, RULES)
    codes = dict(zip(result.micro_grids["number"], result.micro_grids["code"], strict=True))
    noted = {
        (row.kind, row.details["building_id"], row.details["households"])
        for row in result.findings.itertuples()
        if row.kind == "building_broken"
    }
    rows = [row for row in found.itertuples() if row.kind in ("outside_band", "building_broken")]
    return noted, {
        (row.kind, codes.get(row.micro_grid, row.details.get("building_id")), row.details["households"])
        for row in rows
    }


@settings(SETTINGS, max_examples=20)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    rows=building_rows(),
    kinds=st.lists(st.sampled_from((*KINDS, "break", "break", "new", "move")), min_size=1, max_size=12),
    dice=st.randoms(use_true_random=False),
)
def test_what_is_told_after_any_operations_is_what_a_fresh_check_finds(shape, rows, kinds, dice):
    parents, buildings, _ = make_frames(SHAPES[shape], rows)
    division, done = make_division(shape, rows), []
    for kind in kinds:
        change = ask(division, kind, dice, done)
        if change is None:
            continue
        if kind == "undo":
            done.pop()
        else:
            done.append(change)
        division = change.division
    noted, found = checked(division, parents, buildings)
    assert told_of(division) == found
    assert noted == {row for row in found if row[0] == "building_broken"}
