"""Windows, hexagons, incidents and the smooth surface, each by hand or by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.mapping.density import build_surface, draw_bands
from gridmap.mapping.hexagons import HexagonGrid
from gridmap.mapping.incidents import count_by_place, count_incidents_by_place, number_incidents
from gridmap.mapping.windows import build_nearest_windows, build_queen_windows, build_windows_of_pairs


def _members(windows) -> list[list[int]]:
    return [windows.indices[a:b].tolist() for a, b in zip(windows.indptr, windows.indptr[1:], strict=False)]


def test_queen_windows_hold_who_touches_even_at_a_corner():
    """Squares in a row of three; the fourth touches the first at a corner, the last has no ground.

    .   +---+
    .   | 3 |
    +---+---+
    | 0 | 1 | 2 |
    """
    boxes = [shapely.box(x, 0, x + 1, 1) for x in range(3)]
    shapes = [*boxes, shapely.box(1, 1, 2, 2), None]
    windows = build_queen_windows(shapes)
    assert _members(windows) == [[0, 1, 3], [0, 1, 2, 3], [1, 2, 3], [0, 1, 2, 3], [4]]
    assert set(windows.data) == {1}


def test_pairs_given_twice_count_once():
    assert set(build_windows_of_pairs([(0, 1), (1, 0), (0, 1)], 2).toarray().ravel()) == {1}


def test_nearest_windows_end_when_they_hold_enough_households():
    points = [(0, 0), (10, 0), (30, 0), (100, 0)]
    windows = build_nearest_windows(points, [200, 250, 100, 600], at_least=500)
    assert _members(windows) == [[0, 1, 2], [0, 1, 2], [0, 1, 2], [3]]
    whole = build_nearest_windows(points, [1, 1, 1, 1], at_least=500)
    assert _members(whole) == [[0, 1, 2, 3]] * 4


def test_nearest_windows_of_many_are_those_of_a_plain_search():
    chance = np.random.default_rng(1)
    points, homes = chance.random((120, 2)) * 1000, chance.integers(0, 60, 120)
    windows = build_nearest_windows(points, homes)
    for place, members in enumerate(_members(windows)):
        far = np.hypot(*(points - points[place]).T)
        wanted, reached = [], 0
        for other in np.argsort(far):
            wanted.append(int(other))
            reached += homes[other]
            if reached >= 500:
                break
        assert members == sorted(wanted)


def test_hexagons_cover_every_point_once():
    grid = HexagonGrid.around(120.72, 37.81)
    assert (grid.lon, grid.lat) == (121, 38)
    chance = np.random.default_rng(2)
    lonlat = np.column_stack([120.7 + chance.random(400) * 0.05, 37.75 + chance.random(400) * 0.05])
    found = grid.find_cells(lonlat)
    cells = np.unique(found)
    drawn = grid.draw_cells(cells)
    points = shapely.points(lonlat)
    for shape, cell in zip(drawn, cells, strict=True):
        assert (found[shapely.contains_properly(shape, points)] == cell).all()
    assert shapely.contains_properly(drawn[:, None], points).any(axis=0).all()
    assert shapely.area(shapely.union_all(drawn)) == pytest.approx(shapely.area(drawn).sum())
    assert len(set(grid.name_cells(cells))) == len(cells)
    assert grid.name_cells(grid.find_cells([(121, 38)])) == ["H250-121-38-0-0"]


def test_hexagons_next_to_each_other_share_their_corners():
    grid = HexagonGrid(121, 38)
    cells = np.unique(
        grid.find_cells([(120.99 + x * 0.002, 37.99 + y * 0.002) for x in range(9) for y in range(9)])
    )
    drawn = grid.draw_cells(cells)
    pairs = {tuple(sorted(pair)) for pair in grid.pair_neighbours(cells).tolist()}
    corners = [
        set(shapely.get_coordinates(shape).round(12).view("f8,f8").ravel().tolist()) for shape in drawn
    ]
    wanted = {
        (a, b)
        for a in range(len(cells))
        for b in range(a + 1, len(cells))
        if len(corners[a] & corners[b]) == 2
    }
    assert pairs == wanted
    middles = grid.find_middles_m(cells)
    for a, b in pairs:
        assert np.hypot(*(middles[a] - middles[b])) == pytest.approx(250 * np.sqrt(3))


def test_reports_of_one_place_category_and_day_are_one_incident():
    building = [7, 7, 7, 8, 7, -1, -1]
    category = [0, 0, 1, 0, 0, 0, 0]
    day = [3, 3, 3, 3, 4, 3, 3]
    point = [0, 0, 0, 0, 0, 55, 56]
    incident = number_incidents([building, category, day, point])
    assert incident[0] == incident[1]
    assert len(set(incident.tolist())) == 6
    place = np.array([0, 0, 0, 1, 0, -1, 1])
    every = np.ones(7, dtype=bool)
    assert count_by_place(place, every, 2).tolist() == [4, 2]
    assert count_incidents_by_place(place, incident, every, 2).tolist() == [3, 2]
    later = np.array([False, True, False, False, True, False, False])
    assert count_incidents_by_place(place, incident, later, 2).tolist() == [2, 0]
    nothing = np.zeros(0, dtype=np.int64)
    assert count_incidents_by_place(
        nothing, number_incidents([nothing]), nothing.astype(bool), 2
    ).tolist() == [0, 0]


def test_surface_is_flat_where_the_rate_is_the_same():
    """However unevenly the homes lie: one issue in five homes everywhere stays 0.2 everywhere."""
    chance = np.random.default_rng(4)
    lonlat = np.column_stack([120.7 + chance.random(80) ** 2 * 0.03, 37.75 + chance.random(80) * 0.02])
    homes = chance.integers(1, 30, 80) * 5
    surface = build_surface(lonlat, homes // 5, homes)
    assert np.nanmin(surface.rate) == pytest.approx(0.2)
    assert np.nanmax(surface.rate) == pytest.approx(0.2)
    assert np.isnan(surface.rate[0, 0])  # nobody lives there


def test_surface_falls_off_as_its_kernel():
    """Four issues on one of many equal homes on a line: one breadth away exp(-1/2) of the height is left."""
    step = 100 / 111_320
    lonlat = np.column_stack([np.zeros(200), (np.arange(200) - 100) * step])
    counts = np.zeros(200)
    counts[100] = 4
    surface = build_surface(lonlat, counts, np.full(200, 50))
    along = surface.rate[:, surface.rate.shape[1] // 2]
    top = int(np.nanargmax(along))
    assert along[top + 3] / along[top] == pytest.approx(np.exp(-0.5), rel=0.02)


def test_bands_are_told_apart_by_fixed_breaks():
    lonlat = [(120.7 + x * 0.004, 37.75) for x in range(12)]
    surface = build_surface(lonlat, [1] * 6 + [9] * 6, [100] * 12)
    low, middle, high, none = draw_bands(surface, [0.02, 0.08, 0.5])
    assert none.is_empty
    assert shapely.contains(low, shapely.Point(lonlat[1]))
    assert shapely.contains(high, shapely.Point(lonlat[10]))
    assert middle.intersection(low).area == pytest.approx(0)
    assert low.centroid.x < middle.centroid.x < high.centroid.x
