"""Walks and ways on a graph of a few edges, worked by hand.

0.001 degrees at the equator are 111.3 m by 110.6 m.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod

from gridmap.covering.graph import WalkingGraph

GEOD = Geod(ellps="WGS84")


def build(*edges: tuple[int, int, list[tuple[float, float]]]) -> WalkingGraph:
    lines = np.array([shapely.LineString(np.array(points) / 1000) for _, _, points in edges])
    lengths = np.array([GEOD.geometry_length(line) for line in lines])
    return WalkingGraph(np.array([[one, other] for one, other, _ in edges]), lengths, lines)


@pytest.mark.parametrize("from_loop", [True, False])
def test_the_way_leaves_a_loop_by_its_nearer_end(from_loop):
    street = (1, 2, [(0, 0), (5, 0)])
    loop = (2, 2, [(5, 0), (5, 1), (6, 1), (6, 0), (5, 0)])
    graph = build(street, loop)
    # 0.5 thousandths before the loop comes back to the street, and at the street's other end.
    doors = graph.find_doors(np.array([[0.0055, 0.0], [0.0, 0.0]]))
    start, goal = (doors[:1], doors[1:]) if from_loop else (doors[1:], doors[:1])
    walk_m = graph.walk_to_nearest(goal, start).walk_m[0]
    assert walk_m == pytest.approx(5.5 * 111.32, abs=0.5)
    route = graph.find_route(start, goal)
    assert GEOD.geometry_length(route) == pytest.approx(walk_m, abs=0.1)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_stations_equally_near_the_first_counts(order):
    street = (1, 2, [(0, 0), (2, 0)]), (2, 3, [(2, 0), (4, 0)])
    graph = build(*street)
    doors = graph.find_doors(np.array([[0.002, 0.0]]))
    stations = graph.find_doors(np.array([[0.001, 0.0], [0.003, 0.0]]))[np.array(order)]
    walks = graph.walk_to_nearest(doors, stations)
    assert walks.walk_m == pytest.approx([111.32], abs=0.05)
    assert walks.nearest.tolist() == [0]
