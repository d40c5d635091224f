"""Homes taken together and junctions spread out, by hand."""

from __future__ import annotations

import numpy as np
import shapely

from gridmap.covering.graph import WalkingGraph
from gridmap.covering.siting_places import find_junctions, group_places, spread_out


def test_few_enough_places_are_only_joined_where_they_coincide():
    xy = np.array([[0.0, 0], [5, 0], [0, 0], [100, 0]])
    groups = group_places(xy, np.ones(4), np.zeros(4, int), 3)
    assert groups.group.tolist() == [0, 1, 0, 2]
    assert groups.middle.tolist() == [0, 1, 3]
    assert groups.farthest_m == 0


def test_too_many_places_are_joined_by_nearness_and_the_middle_stands_for_them():
    xy = np.array([[0.0, 0], [4, 0], [8, 0], [100, 0]])
    groups = group_places(xy, np.array([1, 5, 1, 1]), np.zeros(4, int), 2)
    assert groups.group.tolist() == [0, 0, 0, 1]
    assert groups.middle.tolist() == [1, 3]  # the middle of the first three is (4, 0)
    assert groups.farthest_m == 4


def test_places_kept_apart_are_not_joined():
    xy = np.array([[0.0, 0], [1, 0], [2, 0]])
    groups = group_places(xy, np.ones(3), np.array([0, 1, 0]), 1)
    assert groups.group.tolist() == [0, 1, 0]
    assert groups.farthest_m == 2


def test_nothing_to_group():
    groups = group_places(np.empty((0, 2)), np.empty(0), np.empty(0, int), 5)
    assert len(groups.group) == len(groups.middle) == groups.farthest_m == 0


def test_places_are_spread_from_the_first_to_the_farthest():
    xy = np.array([[0.0, 0], [1, 0], [10, 0], [6, 0]])
    rows, farthest_m = spread_out(xy, 2)
    assert rows.tolist() == [0, 2]
    assert farthest_m == 4  # from 6 to 10
    rows, farthest_m = spread_out(xy, 9)
    assert (rows.tolist(), farthest_m) == ([0, 2, 3, 1], 0)
    assert spread_out(np.empty((0, 2)), 3)[0].tolist() == []


def test_a_junction_is_where_three_ways_meet():
    #   1 - 2 - 3     2 is a junction, the bend and the dead ends are none
    #       |
    #       4 - 5
    spots = {1: (0, 1), 2: (1, 1), 3: (2, 1), 4: (1, 0), 5: (2, 0)}
    ends = np.array([[1, 2], [2, 3], [4, 2], [4, 5]])
    lines = np.array([shapely.LineString([spots[a], spots[b]]) for a, b in ends])
    graph = WalkingGraph(ends, np.full(4, 1000.0), lines)
    assert find_junctions(graph).tolist() == [[1, 1]]
