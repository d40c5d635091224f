"""Today's counts on grid 1 of the toy town: building 2 has 24 households, 7 has 36 behind three doors."""

from __future__ import annotations

import json

import pytest

from gridmap.errors import BadInput, Conflict
from gridmap.planning import redraw
from gridmap.planning.redraw_counts import recount, rows_to_write
from gridmap.planning.redraw_locks import lock, lock_buildings
from gridmap.planning.redraw_operations import apply, invert, read_operation
from tests.unit.planning.test_redraw import A, changes, counts, make_division


def written(change, before):
    """Micro-grids as the plan's rows will have them, and the buildings all of whose rows are written."""
    out, after = rows_to_write(before, change)
    return counts(after), sorted(set(after.keys) - set(out.keys))


def test_a_recount_writes_today_and_its_inverse_what_was_there():
    division = make_division()
    change = recount(division, [2], [["b2", 20, True]])
    assert change.division is division
    assert change.operation["arguments"] == {"buildings": [2], "counts": [["b2", 20, True, 24, False]]}
    row = changes(change)["01"]
    assert (row["households_before"], row["households_after"]) == (74, 78)
    assert change.report["households_moved"] == 0
    assert written(change, division) == ({"01": 78, "02": 54, "03": 66}, ["b2"])
    back = apply(division, read_operation(json.loads(json.dumps(change.inverse))))
    assert written(back, division) == ({"01": 74, "02": 54, "03": 66}, ["b2"])
    _, after = rows_to_write(division, back)
    _, building = after.building_of(2)
    assert (building.households, building.is_estimate) == (20, True)
    again = apply(division, invert(back.operation))
    assert written(again, division)[0]["01"] == 78


def test_what_counts_the_same_is_passed_over():
    rows = [["b1", 24, False], ["b2", 23, False]]
    change = recount(make_division(), [1, 2], rows)
    assert change.operation["arguments"]["buildings"] == [2]
    with pytest.raises(Conflict, match="Building 1 counts what it has today"):
        recount(make_division(), [1], rows[:1])


def test_a_building_whose_doors_are_others_now_is_placed_by_hand():
    """Behind the doors of 7 live 12, 12 and 12."""
    broken = redraw.break_building(make_division(), 7).division
    change = recount(broken, [7], [["b7/e1", 12, False], ["b7/e2", 11, False], ["b7/e3", 12, False]])
    assert [row[0] for row in change.operation["arguments"]["counts"]] == ["b7/e1", "b7/e2", "b7/e3"]
    assert written(change, broken) == ({"01": 78, "02": 54, "03": 66}, ["b7/e1", "b7/e2", "b7/e3"])
    with pytest.raises(Conflict, match="Place it anew"):
        recount(make_division(), [7], [["b7/e1", 12, False], ["b7/e2", 24, False]])
    with pytest.raises(Conflict, match="no longer stands where"):
        rows_to_write(make_division(), apply(make_division(), change.inverse))


def test_locks_hold_places_not_counts():
    division = lock_buildings(lock(make_division(), [A]).division, [2]).division
    assert recount(division, [2], [["b2", 20, False]]).operation["arguments"]["buildings"] == [2]


def test_what_cannot_be_asked():
    with pytest.raises(BadInput):
        recount(make_division(), [], [])
    with pytest.raises(BadInput):
        recount(make_division(), [9], [])
