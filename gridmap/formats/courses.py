"""The course of a surface: the line along the middle of a river that a map holds as a polygon.

The edges of the Voronoi diagram of points along both banks run half-way between them (Fortune's medial axis
by sampling); the longest way through those inside the surface is its course, carried on to the bank at both
ends. O(n log n) in the sampled points. It is a course to separate places by, not a surveyed line: side arms
are left out, and a round pond gets a line across it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon
from shapely.ops import substring

MOST_SAMPLES = 2_000
SAMPLES_PER_WIDTH = 2
# Edges are joined at vertices that agree to this share of the width.
JOIN_SHARE = 1e-6


def course_of(surface: MultiPolygon) -> MultiLineString:
    """Find the course of each polygon of a surface.

    Parameters
    ----------
    surface
        Any plane coordinates in which both axes have about the same scale; degrees are scaled inside.

    Returns
    -------
    MultiLineString
        One line a polygon; the banks themselves where a polygon is too small or odd to have a middle.
    """
    middle = np.radians((surface.bounds[1] + surface.bounds[3]) / 2)
    stretch = np.array([max(np.cos(middle), 0.01), 1.0])
    lines = []
    for part in surface.geoms:
        flat = shapely.transform(part, lambda points: points * stretch)
        line = _middle_line(flat) or LineString(flat.exterior.coords)
        lines.append(shapely.transform(line, lambda points: points / stretch))
    return MultiLineString(lines)


def _middle_line(surface: Polygon) -> LineString | None:
    width = 2 * surface.area / surface.length
    banks = shapely.segmentize(surface, max(width / SAMPLES_PER_WIDTH, surface.length / MOST_SAMPLES))
    edges = shapely.get_parts(shapely.voronoi_polygons(shapely.extract_unique_points(banks), only_edges=True))
    shapely.prepare(surface)
    inside = edges[shapely.contains_properly(surface, edges)]
    if not len(inside):
        return None
    path = _longest_way(shapely.get_coordinates(inside).reshape(-1, 4), width * JOIN_SHARE)
    whole = LineString(path)
    # The last stretch runs into a corner of the surface instead of on along the river.
    spare = 0.7 * width if whole.length > 3 * width else 0.0
    line = substring(whole, spare, whole.length - spare)
    return _to_the_banks(shapely.get_coordinates(shapely.simplify(line, width / 8)), surface, 2 * width)


def _longest_way(edges: npt.NDArray[np.float64], grain: float) -> npt.NDArray[np.float64]:
    """Longest of the shortest ways between two ends in the largest connected part of the edges (n, 4)."""
    ends = edges.reshape(-1, 2)
    _, first, node = np.unique(
        np.round(ends / grain).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    places = ends[first]
    node = node.reshape(-1, 2)
    lengths = np.hypot(edges[:, 0] - edges[:, 2], edges[:, 1] - edges[:, 3])
    graph: Any = coo_array(
        (np.maximum(lengths, grain), (node[:, 0], node[:, 1])), shape=(len(places),) * 2
    ).tocsr()
    _, part = connected_components(graph, directed=False)
    start = int(np.flatnonzero(part == np.bincount(part).argmax())[0])
    far = dijkstra(graph, directed=False, indices=[start])[0]
    start = int(np.where(np.isfinite(far), far, -1).argmax())
    ways, before = dijkstra(graph, directed=False, indices=[start], return_predecessors=True)
    end = int(np.where(np.isfinite(ways[0]), ways[0], -1).argmax())
    way = [end]
    while way[-1] != start:
        way.append(int(before[0, way[-1]]))
    return places[way]


def _to_the_banks(points: npt.NDArray[np.float64], surface: Polygon, reach: float) -> LineString:
    """Carry both ends of the line through ``points`` straight on to the bank."""
    return LineString(
        [_bank(points[1], points[0], surface, reach), *points, _bank(points[-2], points[-1], surface, reach)]
    )


def _bank(
    inner: npt.NDArray[np.float64], end: npt.NDArray[np.float64], surface: Polygon, reach: float
) -> npt.NDArray[np.float64]:
    onward = end + (end - inner) / np.hypot(*(end - inner)) * reach
    hits = shapely.get_coordinates(shapely.intersection(LineString([end, onward]), surface.exterior))
    if not len(hits):
        return np.asarray(shapely.get_coordinates(shapely.shortest_line(Point(end), surface.exterior))[-1])
    return np.asarray(hits[np.hypot(*(hits - end).T).argmin()])
