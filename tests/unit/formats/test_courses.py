"""The course of a river that a map holds as a surface."""

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon

from gridmap.formats.courses import course_of


def test_a_straight_river_has_its_course_in_the_middle_from_end_to_end() -> None:
    # At the equator both axes have one scale:
    #    1 +--------------------+
    #      |  course: y is 0.5  |
    #    0 +--------------------+ 20
    course = course_of(MultiPolygon([shapely.box(0, 0, 20, 1)]))
    assert course.hausdorff_distance(LineString([(0, 0.5), (20, 0.5)])) < 0.1


def test_a_bend_is_followed() -> None:
    way = LineString([(0, 0), (10, 0), (20, 10)])
    course = course_of(MultiPolygon([way.buffer(0.5, cap_style="flat")]))
    assert course.hausdorff_distance(way) < 0.2


def test_the_scale_of_degrees_far_north_does_not_bend_the_course() -> None:
    # At 60 degrees north a degree of longitude is half one of latitude: 40 x 1 is 20 times as long as wide.
    course = course_of(MultiPolygon([shapely.box(0, 60, 40, 61)]))
    assert shapely.get_coordinates(course)[:, 1] == pytest.approx(60.5, abs=0.15)


def test_every_polygon_has_a_line_inside_it() -> None:
    surfaces = MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 9, 0.5)])
    course = course_of(surfaces)
    assert len(course.geoms) == 2
    assert all(
        surface.buffer(1e-6).covers(line) for surface, line in zip(surfaces.geoms, course.geoms, strict=True)
    )


def test_an_island_is_passed_on_one_side() -> None:
    river = shapely.box(0, 0, 20, 2).difference(shapely.box(9, 0.7, 11, 1.3))
    course = course_of(MultiPolygon([river]))
    assert len(course.geoms) == 1
    assert course.length == pytest.approx(20, abs=1.5)
    assert np.isfinite(shapely.get_coordinates(course)).all()
