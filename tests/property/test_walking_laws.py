"""Walks on random street plans: every distance, route and nearest station as a plain search finds them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gridmap.covering.graph import Doors, WalkingGraph
from gridmap.covering.network import build_edges

if TYPE_CHECKING:
    from collections.abc import Hashable

GEOD = Geod(ellps="WGS84")
CORNER = np.array([120.0, 37.0])
CITIES = st.integers(0, 2**32 - 1)


def build_city(seed: int) -> tuple[WalkingGraph, np.random.Generator]:
    """Lay crooked streets across 2 km of ground, some on bridges, some leading nowhere."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(int(rng.integers(2, 16))):
        start, turn = rng.uniform(0, 0.02, 2), rng.uniform(0, 2 * np.pi)
        bends = turn + np.cumsum(rng.normal(0, 0.4, 6))
        steps = np.column_stack([np.cos(bends), np.sin(bends)]) * rng.uniform(0.0005, 0.004)
        lines.append(shapely.LineString(CORNER + np.vstack([start, start + np.cumsum(steps, axis=0)])))
    rows = {"class": "residential", "foot": None, "tunnel": False, "layer": 0}
    frame = gpd.GeoDataFrame(
        [rows | {"bridge": bool(rng.random() < 0.2), "geometry": shape} for shape in lines], crs="EPSG:4326"
    )
    edges = build_edges(frame)
    assert edges.length_m.sum() == pytest.approx(
        sum(GEOD.geometry_length(shape) for shape in lines), rel=1e-4
    )
    return WalkingGraph(edges.ends, edges.length_m, edges.geometry), rng


def search(graph: WalkingGraph, doors: Doors, stations: Doors) -> np.ndarray:
    """Measure every walk by a search on a network into which all doors and stations are cut."""
    on_edge: dict[int, list[tuple[float, Hashable]]] = defaultdict(list)
    ways: dict[Hashable, list[tuple[Hashable, float]]] = defaultdict(list)

    def join(one: Hashable, other: Hashable, far: float) -> None:
        ways[one].append((other, far))
        ways[other].append((one, far))

    for kind, places in (("door", doors), ("station", stations)):
        for row in np.flatnonzero(places.edge >= 0).tolist():
            on_edge[int(places.edge[row])].append((float(places.along_m[row]), (kind, row, "on the street")))
            join((kind, row), (kind, row, "on the street"), float(places.offset_m[row]))
    for edge, (first, second) in enumerate(graph.ends.tolist()):
        stops = [(0.0, first), *sorted(on_edge[edge], key=lambda stop: stop[0])]
        stops.append((float(graph.length_m[edge]), second))
        for (here, one), (there, other) in pairwise(stops):
            join(one, other, there - here)
    far = {("station", row): 0.0 for row in np.flatnonzero(stations.edge >= 0).tolist()}
    done: set[Hashable] = set()
    queue = [(0.0, str(node), node) for node in far]
    while queue:
        walked, _, node = heapq.heappop(queue)
        if node in done:
            continue
        done.add(node)
        for other, way in ways[node]:
            if walked + way < far.get(other, np.inf):
                far[other] = walked + way
                heapq.heappush(queue, (walked + way, str(other), other))
    return np.array([far.get(("door", row), np.inf) for row in range(len(doors))])


def place(graph: WalkingGraph, rng: np.random.Generator, count: int) -> Doors:
    return graph.find_doors(CORNER + rng.uniform(0, 0.02, (count, 2)))


@settings(max_examples=40, deadline=None)
@given(CITIES)
def test_a_door_is_the_nearest_point_of_all_edges(seed):
    graph, rng = build_city(seed)
    # Also outside the city, at nodes, and on streets: there the nearest edges are many, or there is none.
    ends = shapely.get_coordinates(graph.geometry)[rng.integers(0, len(graph.ends), 20)]
    places = np.vstack([CORNER + rng.uniform(-0.006, 0.026, (80, 2)), ends])
    lon, lat = (shapely.total_bounds(graph.geometry).reshape(2, 2).sum(axis=0) / 2).tolist()
    east_m = GEOD.inv(lon - 0.0005, lat, lon + 0.0005, lat)[2] / 0.001
    north_m = GEOD.inv(lon, lat - 0.0005, lon, lat + 0.0005)[2] / 0.001
    lines = shapely.transform(graph.geometry, lambda lonlat: lonlat * (east_m, north_m))
    points = shapely.points(places * (east_m, north_m))
    together_m = np.bincount(graph.piece, weights=graph.length_m)[graph.piece]
    is_open = together_m >= 500 if (together_m >= 500).any() else together_m > 0
    nearest_m = shapely.distance(points[:, None], lines[is_open][None, :]).min(axis=1)
    doors = graph.find_doors(places)
    assert ((doors.edge >= 0) == (nearest_m <= 300)).all()
    placed = np.flatnonzero(doors.edge >= 0)
    assert is_open[doors.edge[placed]].all()
    assert doors.offset_m[placed] == pytest.approx(nearest_m[placed], abs=1e-3)
    share = doors.along_m[placed] / graph.length_m[doors.edge[placed]]
    spots = shapely.line_interpolate_point(lines[doors.edge[placed]], share, normalized=True)
    assert shapely.distance(spots, points[placed]) == pytest.approx(nearest_m[placed], abs=1e-3)
    assert np.isinf(doors.offset_m[doors.edge < 0]).all()


@settings(max_examples=60, deadline=None)
@given(CITIES)
def test_walks_are_those_of_a_plain_search(seed):
    graph, rng = build_city(seed)
    doors, stations = place(graph, rng, 30), place(graph, rng, int(rng.integers(1, 6)))
    walks = graph.walk_to_nearest(doors, stations)
    assert walks.walk_m == pytest.approx(search(graph, doors, stations), abs=1e-6)
    each = graph.walk_from_each(doors, stations)
    reached = np.flatnonzero(np.isfinite(walks.walk_m))
    assert each.min(axis=0) == pytest.approx(walks.walk_m, abs=1e-6)
    assert each[walks.nearest[reached], reached] == pytest.approx(walks.walk_m[reached], abs=1e-6)
    assert (walks.nearest[~np.isfinite(walks.walk_m)] == -1).all()


@settings(max_examples=40, deadline=None)
@given(CITIES)
def test_a_limit_only_leaves_out_what_is_farther(seed):
    graph, rng = build_city(seed)
    doors, stations = place(graph, rng, 30), place(graph, rng, 3)
    whole, near = graph.walk_to_nearest(doors, stations), graph.walk_to_nearest(doors, stations, 600.0)
    expected = np.where(whole.walk_m <= 600.0, whole.walk_m, np.inf)
    assert near.walk_m == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(CITIES)
def test_a_route_is_as_long_as_the_walk(seed):
    graph, rng = build_city(seed)
    doors, station = place(graph, rng, 8), place(graph, rng, 1)
    walks = graph.walk_to_nearest(doors, station)
    for row in range(len(doors)):
        route = graph.find_route(station, doors[row : row + 1])
        assert (route is None) == np.isinf(walks.walk_m[row])
        if route is not None:
            beside = station.offset_m[0] + doors.offset_m[row]
            assert GEOD.geometry_length(route) + beside == pytest.approx(walks.walk_m[row], abs=0.1)
