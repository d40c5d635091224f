"""Where buildings without a micro-grid should go, on the toy town (see the drawing in tests/town.py)."""

from __future__ import annotations

import pytest

from gridmap.planning.inputs import read_source
from gridmap.planning.plan import ground_of
from gridmap.planning.redraw_division import Assignment, build_division
from gridmap.planning.redraw_proposals import propose
from gridmap.planning.rules import BARRIER_COSTS, UNCROSSABLE, PlanRules
from tests import town
from tests.unit.planning.test_redraw import A, B, C, make_division

EAST = "370614001001002"


def told(division, *buildings):
    """Building -> (sequence number of the micro-grid, households then, in one piece, follows), in order."""
    return {
        one.building_id: (one.code[-2:], one.households_after, one.is_contiguous, one.follows)
        for one in propose(division, buildings)
    }


def test_a_building_joins_what_it_touches():
    division = make_division({2: A, 4: A, 3: B, 6: B, 8: B, 5: C, 7: C})
    (one,) = propose(division, [1])  # 24 to 24 + 30; the wall of 2 is 35 m away, that of 4 38 m
    assert told(division, 1) == {1: ("01", 78, True, False)}
    assert one.distance_m == pytest.approx(35, abs=0.1)


def test_room_comes_before_the_shorter_way():
    """5 stands between 4 and 6 (35 m, 84 households) and below 2 (38 m, 48 households)."""
    division = make_division({2: A, 3: A, 4: B, 6: B, 1: B, 7: C, 8: C})
    assert told(division, 5) == {5: ("01", 78, True, False)}


def test_one_it_touches_without_room_comes_before_one_apart():
    division = make_division({2: A, 3: A, 4: A, 5: B, 6: B, 8: B, 7: C})
    assert told(division, 1) == {1: ("01", 102, True, False)}


def test_room_is_given_once():
    """1 and 5 touch 01 = 2, 4 (54): 24 more fit, then 30 do not, and 02 = 3, 6 (54) has no room for 30."""
    division = make_division({2: A, 4: A, 3: B, 6: B, 7: C, 8: C})
    found = told(division, 1, 5)
    assert found[1] == ("01", 78, True, False)
    assert found[5] == ("03", 66, True, False)


def test_one_follows_the_other_to_the_micro_grid_it_reaches():
    """1 touches 2 and the locked 4; 2 touches 3."""
    division = make_division({3: A, 4: B, 5: B, 6: B, 7: C, 8: C}, locked=[B])
    assert list(told(division, 1, 2).items()) == [(2, ("01", 48, True, False)), (1, ("01", 72, True, True))]


@pytest.mark.parametrize(("cost", "is_contiguous"), [(60.0, True), (UNCROSSABLE, False)])
def test_a_barrier_that_is_never_crossed_keeps_apart(cost, is_contiguous):
    """12 stands alone south of the river; 36 households are too few, so the engine bridges it to 11."""
    rules = PlanRules(barrier_costs=BARRIER_COSTS | {"river": cost})
    layers = town.build_grids(), town.build_buildings(), town.build_entrances(), town.build_barriers()
    ground = ground_of(read_source(*layers, rules), 1, rules)
    rows = [Assignment(b, None, None, None, f"{EAST}0{n}") for b, n in ((9, 1), (10, 2), (11, 3))]
    (one,) = propose(build_division(ground, rules, rows), [12])
    assert (one.code, one.households_after) == (f"{EAST}03", 76)
    assert one.is_contiguous is is_contiguous
    assert one.distance_m == pytest.approx((40**2 + 68**2) ** 0.5, abs=0.2)


def test_where_all_is_locked_or_nothing_drawn_there_is_no_proposal():
    division = make_division({2: A, 4: A}, locked=[A])
    (one,) = propose(division, [1])
    assert (one.code, one.households_after, one.is_contiguous) == (None, None, False)
