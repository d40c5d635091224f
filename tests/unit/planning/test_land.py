"""The land of a parent: who holds which ground, and what barriers do to it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.planning.cells import find_borders, measure_cells
from gridmap.planning.land import build_land
from gridmap.planning.pieces import Pieces


def pieces_of(*footprints):
    n = len(footprints)
    return Pieces(
        np.array(footprints, dtype=object),
        np.arange(n),
        np.ones(n, np.int64),
        np.zeros((n, 4)),
        [np.empty(0)] * n,
    )


def holder_at(land, x, y):
    """Return the piece that holds most of the triangle at a point."""
    triangles = shapely.polygons(land.xy[land.corners])
    (row,) = shapely.STRtree(triangles).query(shapely.Point(x, y), predicate="intersects")[:1]
    labels = land.labels[row]
    return int(np.bincount(labels[labels >= 0]).argmax())


def lines(*coords):
    return np.array([shapely.LineString(c) for c in coords], dtype=object)


def test_two_houses_share_the_land_in_the_middle():
    land = build_land(
        shapely.box(0, 0, 100, 40),
        pieces_of(shapely.box(10, 10, 46, 30), shapely.box(54, 10, 90, 30)),
        lines(),
        np.empty(0),
        5.0,
    )
    area, centre = measure_cells(land, 2)
    assert area.sum() == pytest.approx(4000)
    assert area == pytest.approx([2000, 2000], rel=0.05)
    assert centre[0] == pytest.approx([25, 20], abs=1.5)


def test_open_land_ends_at_a_road():
    # the house in the west stands 5 m from the road, the one in the east 80 m
    land = build_land(
        shapely.box(0, 0, 200, 60),
        pieces_of(shapely.box(75, 20, 95, 40), shapely.box(180, 20, 195, 40)),
        lines([(100, -10), (100, 70)]),
        np.array([6.0]),
        5.0,
    )
    assert measure_cells(land, 2)[0] == pytest.approx([6000, 6000])
    assert holder_at(land, 102, 30) == 1


def test_a_strip_outside_a_wall_goes_to_the_houses_behind_it_not_round_from_the_gate():
    # a walled compound, its gate in the west; 8 m of land outside the wall all around
    wall = [(8, 45), (8, 8), (192, 8), (192, 92), (8, 92), (8, 55)]
    west, east = shapely.box(30, 40, 60, 60), shapely.box(150, 40, 180, 60)
    land = build_land(shapely.box(0, 0, 200, 100), pieces_of(west, east), lines(wall), np.array([25.0]), 5.0)
    assert holder_at(land, 196, 50) == 1
    assert holder_at(land, 4, 50) == 0
    borders = find_borders(land, land.labels)
    middle = land.xy[land.corners].mean(axis=1)
    outside = (middle[:, 1] < 8) | (middle[:, 1] > 92)
    behind = land.behind[outside & (land.labels[:, 0] == 1)]
    assert (behind >= 0).all()  # the eastern house reaches the strip over its wall
    assert (land.edge_barrier[behind] == 25.0).all()
    assert (borders.barrier >= 0).any()
    assert (borders.barrier < 0).any()


def test_an_edge_names_the_dearest_barrier_along_it():
    along = [(50, -5), (50, 45)]
    land = build_land(
        shapely.box(0, 0, 100, 40),
        pieces_of(shapely.box(10, 10, 30, 30), shapely.box(70, 10, 90, 30)),
        lines(along, [(-5, 5), (105, 5)], along),
        np.array([6.0, 2.0, 40.0]),
        5.0,
    )
    assert sorted(set(land.edge_barrier_row.tolist())) == [-1, 1, 2]
    assert set(land.edge_barrier[land.edge_barrier_row == 2]) == {40.0}
    assert set(land.edge_barrier[land.edge_barrier_row == 1]) == {2.0}
    assert (land.edge_barrier[land.edge_barrier_row == -1] == 0).all()


@pytest.mark.parametrize("angle", range(0, 180, 13))
def test_every_entrance_of_a_turned_house_has_its_share_of_the_ground(angle):
    turn = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    house = shapely.affinity.rotate(shapely.box(-30, -6, 30, 6), angle, origin=(0, 0))
    pieces = Pieces(
        np.array([house], dtype=object),
        np.array([0]),
        np.array([3]),
        np.array([[0.0, 0.0, *turn]]),
        [np.array([-10.0, 10.0])],
    )
    land = build_land(shapely.box(-60, -60, 60, 60), pieces, lines(), np.empty(0), 4.0)
    assert land.has_ground.all()
    inside = shapely.contains(house, shapely.points(land.xy[land.corners].mean(axis=1)))
    corners = land.xy[land.corners[inside]]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.bincount(land.labels[inside, 0], (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2)
    assert area == pytest.approx([240, 240, 240], abs=0.01)


def test_the_smaller_of_two_footprints_holds_the_ground_both_cover_and_a_hidden_one_has_a_host():
    big, small = shapely.box(10, 10, 50, 50), shapely.box(20, 20, 30, 30)
    same = shapely.box(20, 20, 30, 30)
    land = build_land(shapely.box(0, 0, 60, 60), pieces_of(big, small, same), lines(), np.empty(0), 5.0)
    assert land.has_ground.sum() == 2
    assert land.has_ground[0]
    hidden = int(np.flatnonzero(~land.has_ground)[0])
    assert land.host[hidden] == 3 - hidden
    assert measure_cells(land, 3)[0] == pytest.approx(
        sorted([3500.0, 100.0, 0.0], key=lambda a: a != 3500) if hidden == 2 else [3500, 0, 100]
    )
