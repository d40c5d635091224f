"""What is reached on foot: a cross of four streets of 400 m, worked by hand.

      4              The station stands in the middle; 1 lies 400 m west of it, 2 east, 3 south, 4 north.
      |
1 --- 0 --- 2        Four minutes are 300 m, six are 450 m: the whole cross.
      |
      3
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from gridmap.covering.graph import WalkingGraph
from gridmap.covering.isochrones import BREADTH_M, build_isochrones
from gridmap.planning.frames import LocalFrame

MIDDLE = (120.75, 37.75)
FRAME = LocalFrame.around(np.array([120.74, 37.74, 120.76, 37.76]))


def at(x_m: float, y_m: float) -> tuple[float, float]:
    """The place so many metres east and north of the middle."""
    zero = FRAME.to_metres(np.array([shapely.Point(MIDDLE)]))[0]
    moved = FRAME.to_degrees(np.array([shapely.Point(zero.x + x_m, zero.y + y_m)]))[0]
    return moved.x, moved.y


def graph_of(*lines: tuple[int, int, list[tuple[float, float]]]) -> WalkingGraph:
    shapes = np.array([shapely.LineString([at(*point) for point in points]) for _, _, points in lines])
    length = shapely.length(FRAME.to_metres(shapes))
    return WalkingGraph(np.array([[one, other] for one, other, _ in lines]), length, shapes)


CROSS = graph_of(
    (1, 0, [(-400, 0), (0, 0)]),
    (0, 2, [(0, 0), (400, 0)]),
    (3, 0, [(0, -400), (0, 0)]),
    (0, 4, [(0, 0), (0, 400)]),
)


def reached(graph: WalkingGraph, place: tuple[float, float], *minutes: float) -> list[shapely.Geometry]:
    """What is reached, in metres around the middle."""
    doors = graph.find_doors(np.array([at(*place)]))
    shapes = FRAME.to_metres(np.array(build_isochrones(graph, doors, minutes)))
    zero = FRAME.to_metres(np.array([shapely.Point(MIDDLE)]))[0]
    return [shapely.affinity.translate(shape, -zero.x, -zero.y) for shape in shapes]


def test_streets_are_cut_where_the_minutes_end():
    near, far = reached(CROSS, (0, 0), 4, 6)
    assert near.bounds == pytest.approx((-325, -325, 325, 325), abs=1)  # 300 m and half the breadth
    assert far.bounds == pytest.approx((-425, -425, 425, 425), abs=1)
    # Two strips of 600 x 50 cross in 50 x 50, and each of four ends is rounded by half of 25^2 pi (an octagon
    # of it: 4 segments a quarter, a tenth less at most).
    assert near.area == pytest.approx(600 * 50 * 2 - 50 * 50 + 2 * np.pi * 25**2, rel=0.01)
    assert far.contains(near)


def test_the_way_to_the_street_counts():
    (shape,) = reached(CROSS, (100, 60), 4)
    # 60 m to the street at x = 100; 240 m are left to both sides, and 140 m into the side streets.
    assert shape.bounds == pytest.approx((-165, -165, 365, 165), abs=1)


def test_a_street_is_reached_from_both_ends():
    """A loop of 800 m: 5 minutes (375 m) to both sides leave a gap of 50 m, which the breadth closes."""
    ring = graph_of((0, 1, [(0, 0), (200, 0), (200, 200)]), (1, 0, [(200, 200), (0, 200), (0, 0)]))
    (short,) = reached(ring, (0, 0), 3)  # 225 m to both sides
    assert not short.contains(shapely.Point(200, 150))
    assert short.contains(shapely.Point(200, 20))
    assert short.contains(shapely.Point(20, 200))
    (whole,) = reached(ring, (0, 0), 6)
    assert whole.contains(shapely.Point(200, 200))


def test_courtyards_are_filled_and_parks_are_not():
    def square(side: float) -> WalkingGraph:
        points = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
        return graph_of((0, 0, points))

    (court,) = reached(square(140), (0, 0), 10)  # a hole of 90 x 90 = 8,100 m2
    (park,) = reached(square(160), (0, 0), 10)  # 110 x 110 = 12,100 m2
    assert court.contains(shapely.Point(70, 70))
    assert not park.contains(shapely.Point(80, 80))


def test_nothing_is_reached_without_a_network():
    far_away = CROSS.find_doors(np.array([at(5000, 5000)]))
    assert [shape.is_empty for shape in build_isochrones(CROSS, far_away, [5, 10])] == [True, True]


def test_what_is_reached_grows_with_time_and_stays_near_the_streets():
    shapes = reached(CROSS, (30, 10), 1, 2, 5, 20)
    for smaller, larger in pairwise(shapes):
        assert larger.buffer(0.5).contains(smaller)
    cross = shapely.union_all(
        [shapely.LineString([(-400, 0), (400, 0)]), shapely.LineString([(0, -400), (0, 400)])]
    )
    assert cross.buffer(BREADTH_M + 0.5).contains(shapes[-1])
