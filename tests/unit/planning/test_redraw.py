"""Every operation on grid 1 of the toy town, divided by hand (see the drawing in tests/town.py).

::

    01: buildings 1, 2, 4      24 + 24 + 30      = 78
    02: buildings 3, 6, 8      24 + 30 + 0       = 54
    03: buildings 5, 7         30 + 36           = 66
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from gridmap.errors import BadInput, Conflict
from gridmap.planning import redraw, redraw_locks
from gridmap.planning.inputs import read_source
from gridmap.planning.plan import ground_of
from gridmap.planning.redraw_division import Assignment, Edge, build_division
from gridmap.planning.redraw_operations import apply, read_operation
from gridmap.planning.rules import PlanRules
from tests import town

PARENT = "370614001001001"
A, B, C, D = (f"{PARENT}0{i}" for i in (1, 2, 3, 4))
HELD = {1: A, 2: A, 4: A, 3: B, 6: B, 8: B, 5: C, 7: C}


def make_ground(index=0):
    rules = PlanRules()
    source = read_source(
        town.build_grids(), town.build_buildings(), town.build_entrances(), town.build_barriers(), rules
    )
    return ground_of(source, index, rules)


GROUND = make_ground()


def make_division(held=None, **more):
    rows = [Assignment(b, None, None, None, code) for b, code in (held or HELD).items()]
    return build_division(GROUND, PlanRules(), rows, **more)


@pytest.fixture(scope="module")
def division():
    return make_division()


def counts(division):
    there = {code: int(n) for code, n in zip(division.codes, division.households[1:], strict=True)}
    return {code[-2:]: n for code, n in there.items()}


def degrees(*points):
    return [[town.LON + x * town.X_DEGREES, town.LAT + y * town.Y_DEGREES] for x, y in points]


def changes(change):
    return {row["code"][-2:]: row for row in change.report["micro_grids"]}


def test_the_division_is_what_was_written(division):
    assert counts(division) == {"01": 78, "02": 54, "03": 66}
    assert division.keys == ("b7", "b8", "b1", "b2", "b3", "b4", "b5", "b6")  # without a compound first
    assert shapely.area(division.polygons[1:]).sum() == pytest.approx(205 * 200, rel=2e-3)
    assert division.polygons[0] is None


def test_moving_reports_both_sides(division):
    change = redraw.move(division, ["b2"], B)
    assert counts(change.division) == {"01": 54, "02": 78, "03": 66}
    assert change.operation["moves"] == [["b2", A, B]]
    assert change.report["households_moved"] == 24
    assert change.report["moved_share"] == 24 / (78 + 54)
    assert {row["status_after"] for row in change.report["micro_grids"]} == {"in_band"}
    back = apply(change.division, change.inverse)
    assert back.division.digest() == division.digest()


def test_what_breaks_the_band_is_done_and_told(division):
    change = redraw.move(division, ["b7"], A)
    assert counts(change.division) == {"01": 114, "02": 54, "03": 30}
    assert changes(change)["01"]["appeared"] == ["over"]
    assert changes(change)["03"]["appeared"] == ["under"]
    assert changes(change)["01"]["households_before"] == 78


def test_what_tears_a_micro_grid_is_done_and_told(division):
    change = redraw.move(division, ["b1"], B)  # 2 stands between 1 and 3
    assert changes(change)["02"]["appeared"] == ["not_contiguous"]  # 54 + 24 = 78
    assert changes(change)["02"]["pieces_after"] == 2


def test_a_new_micro_grid_takes_the_next_code_never_a_retired_one(division):
    merged = redraw.merge(division, [B, C])
    assert counts(merged.division) == {"01": 78, "02": 0, "03": 120}
    assert merged.division.polygons[2] is None
    fresh = redraw.new(merged.division, ["b3"])
    assert counts(fresh.division) == {"01": 78, "02": 0, "03": 96, "04": 24}
    undone = apply(fresh.division, fresh.inverse)
    assert undone.division.codes == (A, B, C)
    assert undone.division.digest() == merged.division.digest()


def test_a_line_cuts_off_the_smaller_side(division):
    change = redraw.cut_by_line(division, [A], degrees((60, 10), (60, 190)))  # between 1, 4 and 2
    assert counts(change.division) == {"01": 54, "02": 54, "03": 66, "04": 24}
    assert change.operation["moves"] == [["b2", A, D]]


def test_a_bent_line_leaves_everything_on_its_side(division):
    # round building 4 from the north: 4 is cut off, 1 and 2 stay
    change = redraw.cut_by_line(division, [A], degrees((0, 150), (60, 150), (60, 0)))
    assert change.operation["moves"] == [["b4", A, D]]


def test_a_line_beside_the_atoms_is_refused(division):
    with pytest.raises(BadInput, match="Draw it between buildings"):
        redraw.cut_by_line(division, [A], degrees((2, 0), (2, 200)))
    with pytest.raises(BadInput, match="two different points"):
        redraw.cut_by_line(division, [A], degrees((2, 0), (2, 0)))


def test_a_pushed_boundary_takes_what_stands_in_the_area(division):
    area = degrees((70, 110), (110, 110), (110, 130), (70, 130))
    change = redraw.push_boundary(division, B, area)
    assert change.operation["moves"] == [["b5", C, B]]
    assert counts(change.division) == {"01": 78, "02": 84, "03": 36}
    with pytest.raises(BadInput):
        redraw.push_boundary(division, B, area, take_from=[A])


def test_a_pushed_path_takes_the_buildings_it_touches(division):
    change = redraw.push_boundary(division, B, degrees((90, 190), (90, 121)), is_area=False)
    assert sorted(key for key, *_ in change.operation["moves"]) == ["b2", "b5"]
    assert counts(change.division) == {"01": 54, "02": 108, "03": 36}


def test_pushing_passes_over_locked_micro_grids(division):
    locked = redraw_locks.lock(division, [A]).division
    change = redraw.push_boundary(locked, B, degrees((90, 190), (90, 121)), is_area=False)
    assert change.operation["moves"] == [["b5", C, B]]


def test_a_boundary_pushed_step_by_step_takes_the_atoms_named(division):
    change = redraw.push_step_by_step(division, B, ["b5", "b2", "b3"])  # 3 is there already
    assert change.operation["kind"] == "push"
    assert change.operation["moves"] == [["b2", A, B], ["b5", C, B]]
    assert counts(change.division) == {"01": 54, "02": 108, "03": 36}
    back = redraw.push_step_by_step(change.division, None, ["b5"])
    assert back.operation["moves"] == [["b5", B, None]]
    with pytest.raises(BadInput, match="Nothing would change"):
        redraw.push_step_by_step(division, B, ["b3"])


def test_breaking_moves_nothing_and_healing_brings_it_back(division):
    change = redraw.break_building(division, 7)
    assert {"b7/e1", "b7/e2", "b7/e3"} < set(change.division.keys)
    assert counts(change.division) == counts(division)
    assert shapely.to_wkb(change.division.polygons).tolist() == shapely.to_wkb(division.polygons).tolist()
    moved = redraw.move(change.division, ["b7/e1"], A).division
    assert counts(moved) == {"01": 90, "02": 54, "03": 54}
    healed = redraw.heal_building(moved, 7)
    assert counts(healed.division) == counts(division)  # 24 of 36 live in 03
    assert healed.report["households_moved"] == 12
    assert counts(redraw.heal_building(moved, 7, A).division) == {"01": 114, "02": 54, "03": 30}


def test_floors_become_bands(division):
    change = redraw.break_building(division, 7, entrance=1, floors=[3])
    rows = {key: division.ground for key in change.division.keys if key.startswith("b7")}
    assert sorted(rows) == ["b7/e1/1-2", "b7/e1/3-6", "b7/e2", "b7/e3"]
    households = dict(zip(change.division.keys, change.division.graph.households.tolist(), strict=True))
    assert households["b7/e1/1-2"] == 4  # 12 households on 6 floors
    again = redraw.break_building(change.division, 7, entrance=1)
    assert sum(key.startswith("b7/e1/") for key in again.division.keys) == 6


def crowded(division):
    """Take building 7 out, and fill what it stood in, so that it cannot go back."""
    return redraw.merge(redraw.move(division, ["b7"], None).division, [B, C]).division


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: redraw.move(d, ["b99"], A), "no b99"),
        (lambda d: redraw.move(d, ["b9"], A), "no b9 in grid"),  # stands in the other grid
        (lambda d: redraw.move(d, ["b7/e1"], A), "no b7/e1"),
        (lambda d: redraw.move(d, ["b1"], "77"), "no micro-grid 77"),
        (lambda d: redraw.move(d, [], A), "Nothing would change"),
        (lambda d: redraw.move(d, ["b1"], A), "Nothing would change"),
        (lambda d: redraw.merge(d, [A, A]), "Nothing would change"),
        (lambda d: redraw.break_building(d, 7, entrance=4), "no entrance 4"),
        (lambda d: redraw.break_building(d, 7, entrance=1, floors=[7]), "floors 7"),
        (lambda d: redraw.break_building(d, 7, entrance=1, floors=[1]), "cannot begin a band"),
        (lambda d: redraw.break_building(d, 8), "8号楼 has no households"),
        (lambda d: redraw.break_building(d, 8, entrance=1), "8号楼 has no households"),
        (lambda d: redraw.heal_building(d, 7), "whole already"),
        (lambda d: redraw.swap(d, ["b1"], ["b2"]), "two different micro-grids"),
        (redraw.fill_unassigned, "Nothing would change"),
        (lambda d: redraw.fill_unassigned(crowded(d)), "room for the 36 unassigned"),
        (lambda d: redraw_locks.unlock(d, [A]), "Nothing would change"),
        (lambda d: redraw.edit_edge(d, "b1", "b9", is_added=True), "no b9"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(division, ask, words):
    before = division.digest()
    with pytest.raises(BadInput, match=words):
        ask(division)
    assert division.digest() == before


def test_swapping_exchanges(division):
    change = redraw.swap(division, ["b2"], ["b3"])
    assert counts(change.division) == counts(division)
    assert change.report["households_moved"] == 48


def test_a_locked_micro_grid_neither_gives_nor_takes(division):
    locked = redraw_locks.lock(division, [B]).division
    for ask in (lambda: redraw.move(locked, ["b3"], A), lambda: redraw.move(locked, ["b2"], B)):
        with pytest.raises(Conflict, match="locked"):
            ask()
    assert counts(redraw_locks.unlock(locked, [B]).division) == counts(division)


def test_an_operation_made_for_another_state_is_refused(division):
    stale = redraw.move(division, ["b2"], B).operation
    now = redraw.move(division, ["b2"], C).division
    with pytest.raises(Conflict, match="no longer"):
        apply(now, stale)


def test_operations_travel_as_json(division):
    change = redraw.break_building(division, 7, entrance=1, floors=[3])
    again = apply(division, json.loads(json.dumps(change.operation)))
    assert again.division.digest() == change.division.digest()
    assert again.inverse == change.inverse


@pytest.mark.parametrize(
    "spoil",
    [
        lambda o: [],
        lambda o: {k: v for k, v in o.items() if k != "locks"},
        lambda o: o | {"kind": 3},
        lambda o: o | {"moves": [["b1", A]]},
        lambda o: o | {"moves": [["b1", A, 3]]},
        lambda o: o | {"codes": [["rename", A, 0]]},
        lambda o: o | {"parts": [[7, [[0, 0, 0, C]], [[0, 0, C]]]]},
        lambda o: o | {"edges": [["add", "b1", "b2", 1, 0]]},
    ],
)
def test_what_is_no_operation_is_refused(division, spoil):
    operation = json.loads(json.dumps(redraw.move(division, ["b2"], B).operation))
    assert read_operation(operation) == operation
    with pytest.raises(BadInput, match="not an operation"):
        read_operation(spoil(operation))


@pytest.mark.parametrize(
    "after",
    [
        [[1, 0, 0, C], [2, 0, 0, C]],  # entrance 3 is forgotten
        [[1, 0, 0, C], [2, 0, 0, C], [2, 0, 0, C], [3, 0, 0, C]],
        [[2, 0, 0, C], [1, 0, 0, C], [3, 0, 0, C]],  # out of order
        [[1, 1, 2, C], [1, 2, 6, C], [2, 0, 0, C], [3, 0, 0, C]],  # floor 2 twice
    ],
)
def test_parts_that_do_not_make_the_building_are_refused(division, after):
    operation = redraw.break_building(division, 7).operation
    with pytest.raises(BadInput, match="twice"):
        apply(division, operation | {"parts": [[7, operation["parts"][0][1], after]]})


def test_unassigned_atoms_go_where_there_is_room(division):
    loose = redraw.move(division, ["b3", "b8"], None)
    assert loose.report["unassigned_after"] == 24
    assert shapely.area(loose.division.polygons[0]) > 1000
    # 3 touches 01 (78, full) and 02 (30)
    assert counts(redraw.fill_unassigned(loose.division).division) == counts(division)


def test_balance_moves_as_few_as_can_be():
    # 108 and 36: only one of the buildings of 30 brings both into the band at once
    division = make_division(HELD | {5: A})
    change = redraw.rebalance(division, [A, C])
    assert changes(change)["01"]["households_after"] == 78
    assert changes(change)["03"]["households_after"] == 66
    assert change.report["households_moved"] == 30


def test_balance_takes_a_new_code_where_two_are_too_few():
    division = make_division(dict.fromkeys(range(1, 9), A) | {7: B})  # 162 and 36: 198 needs three
    after = redraw.rebalance(division, [A, B]).division
    assert len([n for n in counts(after).values() if 50 <= n <= 80]) == 3
    assert after.codes == (A, B, C)


def test_removed_edges_part_neighbours(division):
    change = redraw.edit_edge(division, "b5", "b7", is_added=False)
    assert changes(change)["03"]["appeared"] == ["not_contiguous"]
    assert change.division.edges == (Edge("b5", "b7", False),)
    assert apply(change.division, change.inverse).division.digest() == division.digest()


def test_rows_that_overlap_are_refused():
    rows = [Assignment(7, 1, 1, 4, A), Assignment(7, 1, 4, 6, B)]
    with pytest.raises(BadInput, match="twice"):
        build_division(GROUND, PlanRules(), rows)
    # what no row names has no micro-grid
    division = build_division(GROUND, PlanRules(), [Assignment(7, 1, 2, 4, A)])
    parts = dict(zip(division.keys, division.labels.tolist(), strict=True))
    assert parts["b7/e1/2-4"] == 0
    assert parts["b7/e1/1-1"] == parts["b7/e1/5-6"] == parts["b7/e2"] == parts["b1"] == -1


def test_a_border_over_open_land_is_one_straight_line():
    # the row 1-3 against all others: nothing stands between, so nothing bends the border
    division = make_division({b: A if b <= 3 else B for b in range(1, 9)})
    border = shapely.intersection(division.polygons[1], division.polygons[2])
    assert shapely.get_num_coordinates(shapely.line_merge(border)) <= 3
    y = shapely.get_coordinates(border)[:, 1] - shapely.bounds(GROUND.outline)[1]
    assert (np.abs(y - 146) < 15).all()  # between 127 and 165
