"""Neighbouring parents planned each for itself: their micro-grids meet without gap or overlap."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.planning import PlanRules, plan_area
from gridmap.planning.frames import LocalFrame
from tests.town import to_degrees

RULES = PlanRules(trees=6, rounds=1, tries=1)
BEND = [(100.3, -7.7), (112.9, 61.2), (104.1, 130.3), (119.7, 231.1)]
"""The line both share: oblique, with corners of its own."""


@pytest.fixture(scope="module")
def town():
    """Two parents side by side; buildings stand at the shared line, on it, and across it; roads along it."""
    west = shapely.Polygon([(0.1, -3.3), *BEND, (-4.2, 222.2)])
    east = shapely.Polygon([*BEND, (228.7, 219.3), (233.1, 4.4)])
    parents = gpd.GeoDataFrame(
        {"id": [1, 2], "code": ["W", "E"]}, geometry=to_degrees(np.array([west, east])), crs=4326
    )
    walls = [shapely.LineString(pair) for pair in itertools.pairwise(BEND)]
    beside = [shapely.buffer(w, 9.0, cap_style="flat", single_sided=True) for w in walls]
    rows = [(1, shapely.box(x, y, x + 21, y + 12)) for x in (11.7, 57.3) for y in (14.2, 77.7, 140.9, 188.8)]
    rows += [(2, shapely.box(x, y, x + 23, y + 11)) for x in (133.3, 171.1) for y in (21.7, 93.9, 155.1)]
    rows += [(1, beside[0]), (1, beside[2]), (2, shapely.box(101.5, 88.8, 126.6, 101.1))]
    buildings = gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(rows) + 1),
            "parent_id": [p for p, _ in rows],
            "compound_id": pd.array([None] * len(rows), dtype="Int64"),
            "name": "",
            "households": 31,
            "households_estimated": False,
            "storeys": 6,
            "entrance_count": 2,
        },
        geometry=to_degrees(np.array([g for _, g in rows], dtype=object)),
        crs=4326,
    )
    lines = [shapely.LineString(BEND), shapely.LineString([(-20, 66.6), (250, 111.1)])]
    barriers = gpd.GeoDataFrame(
        {"kind": ["road", "wall"], "class": ["primary", ""]},
        geometry=to_degrees(np.array(lines, dtype=object)),
        crs=4326,
    )
    grids = plan_area(parents, buildings, None, barriers, RULES, seed=0).micro_grids
    return parents, grids


def square_metres(parents, degrees2):
    frame = LocalFrame.around(parents.total_bounds)
    return degrees2 * frame.x_m * frame.y_m


def test_micro_grids_fill_exactly_their_parent(town):
    parents, grids = town
    for parent_id, outline in zip(parents["id"], parents.geometry, strict=True):
        union = shapely.union_all(grids.geometry[grids["parent_id"] == parent_id].to_numpy())
        off = shapely.area(shapely.symmetric_difference(union, outline))
        assert square_metres(parents, off) < 1e-6
        points = shapely.points(shapely.get_coordinates(shapely.boundary(union)))
        assert shapely.distance(points, shapely.boundary(outline)).max() < 1e-12
        corners = shapely.points(shapely.get_coordinates(outline))
        assert shapely.distance(corners, shapely.multipoints(points)).max() < 1e-12


def test_neighbours_leave_neither_gap_nor_overlap(town):
    parents, grids = town
    polygons = grids.geometry.to_numpy()
    west, east = (polygons[grids["parent_id"] == i] for i in (1, 2))
    assert len(west) > 2
    assert len(east) > 2
    overlap = shapely.area(shapely.intersection(west[:, None], east[None, :])).sum()
    assert square_metres(parents, overlap) < 1e-6
    both = shapely.union_all(parents.geometry.to_numpy())
    gap = shapely.area(shapely.difference(both, shapely.union_all(polygons)))
    assert square_metres(parents, gap) < 1e-6
