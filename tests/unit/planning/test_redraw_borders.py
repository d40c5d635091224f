"""Borders drawn on a chequerboard of nine buildings.

::

    6 7 8       footprints 10 x 10 m, 30 m from one to the next,
    3 4 5       in a parent of 100 x 100 m
    0 1 2
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.planning.boundaries import draw_territories, touched_by
from gridmap.planning.buildings import Building, Entrance
from gridmap.planning.frames import LocalFrame
from gridmap.planning.ground import build_ground
from gridmap.planning.rules import PlanRules

OUTLINE = shapely.box(0, 0, 100, 100)


def make_ground(extra=()):
    boxes = [shapely.box(x, y, x + 10, y + 10) for y in (15, 45, 75) for x in (15, 45, 75)]
    buildings = [
        Building(i, "", -1, 20, False, footprint, (Entrance(1, 20, 3),))
        for i, footprint in enumerate([*boxes, *extra])
    ]
    nothing = np.empty(0, object), np.empty(0), ()
    return build_ground(1, "P", OUTLINE, LocalFrame(0, 0, 1, 1), buildings, nothing, PlanRules())


GROUND = make_ground()


def draw(territory, ground=GROUND, **more):
    territory = np.array(territory)
    return draw_territories(ground.outlines, territory, int(territory.max()) + 1, 3.0, **more)


def refuse_untidy(polygons, outline=OUTLINE):
    there = polygons[~shapely.is_missing(polygons)]
    assert shapely.is_valid(there).all()
    assert shapely.coverage_is_valid(there)
    assert shapely.area(there).sum() == pytest.approx(shapely.area(outline))


def test_two_halves_are_parted_by_a_straight_line():
    polygons = draw([0, 0, 0, 0, 0, 0, 1, 1, 1])
    refuse_untidy(polygons)
    border = shapely.line_merge(shapely.intersection(*polygons))
    assert shapely.get_num_coordinates(border) <= 3
    assert shapely.length(border) < 101  # a saw-toothed one would be longer than the side of the square


def test_one_in_the_middle_leaves_a_hole():
    polygons = draw([0, 0, 0, 0, 1, 0, 0, 0, 0])
    refuse_untidy(polygons)
    outer = shapely.get_parts(polygons[0])
    assert len(outer) == 1
    assert shapely.get_num_interior_rings(outer[0]) == 1
    assert shapely.covers(polygons[1], GROUND.footprints[4])
    assert shapely.get_num_coordinates(polygons[1]) <= 8


def test_a_chequerboard_is_valid_though_squares_meet_in_points():
    polygons = draw([0, 1, 0, 1, 0, 1, 0, 1, 0])
    refuse_untidy(polygons)


def test_a_ring_that_almost_closes_is_valid():
    # 0 surrounds 4 but for the corner 8; 4 and 8 are one territory
    polygons = draw([0, 0, 0, 0, 1, 0, 0, 0, 1])
    refuse_untidy(polygons)


@pytest.mark.parametrize("seed", range(8))
def test_drawing_what_a_change_touches_is_drawing_all(seed):
    chance = np.random.default_rng(seed)
    before = chance.integers(0, 4, 9)
    after = before.copy()
    after[chance.integers(0, 9)] = chance.integers(0, 4)
    touched = np.zeros(4, bool)
    touched[touched_by(GROUND.outlines, before, after)] = True
    whole = [draw_territories(GROUND.outlines, t, 4, 3.0) for t in (before, after)]
    refuse_untidy(whole[1])
    part = draw_territories(GROUND.outlines, after, 4, 3.0, touched)
    mixed = np.where(touched, part, whole[0])
    assert shapely.to_wkb(mixed).tolist() == shapely.to_wkb(whole[1]).tolist()


def test_borders_do_not_depend_on_the_numbers_of_the_territories():
    one, other = draw([0, 0, 1, 0, 1, 1, 2, 2, 2]), draw([2, 2, 0, 2, 0, 0, 1, 1, 1])
    assert shapely.to_wkb(one[[0, 1, 2]]).tolist() == shapely.to_wkb(other[[2, 0, 1]]).tolist()


def test_a_scrap_apart_from_its_building_goes_to_the_neighbour():
    # a bar across the square cuts a corner of 0.5 m2 off the land of what stands behind it
    bar = shapely.Polygon([(0, 1), (1, 0), (12, 0), (12, 3), (3, 12), (0, 12)])
    ground = make_ground([bar])
    polygons = draw([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], ground)
    refuse_untidy(polygons)
    assert [len(shapely.get_parts(p)) for p in polygons] == [1, 1]


def test_no_border_cuts_a_footprint_between_narrow_walls():
    # 0.3 m between two long walls with a bend: the border must pass there
    west = shapely.Polygon([(29, 30), (34, 30), (34, 40), (36, 40), (36, 44), (29, 44)])
    east = shapely.Polygon([(34.3, 30), (40, 30), (40, 44), (36.3, 44), (36.3, 39.7), (34.3, 39.7)])
    ground = make_ground([west, east])
    polygons = draw([0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1], ground)
    refuse_untidy(polygons)
    for footprint, own in zip(ground.footprints[-2:], polygons, strict=True):
        assert shapely.area(shapely.difference(footprint, own)) < 1e-6
