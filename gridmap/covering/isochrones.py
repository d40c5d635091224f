"""What is reached on foot within some minutes, as polygons.

The parts of the network that are reached are cut where the minutes end, given a breadth and united; what they
enclose belongs to them where it is no larger than a block of houses. Time: one Dijkstra, and a union of what
lies within the longest walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.ops import substring

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.planning.frames import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.covering.graph import Doors, WalkingGraph

BREADTH_M = 25.0
"""Who lives so far beside a reached way is reached."""
SMALLEST_HOLE_M2 = 10_000.0
CORNER_SEGMENTS = 4
WHOLE = 1.0 - 1e-9
"""From this share on an edge is reached as a whole."""


def build_isochrones(
    graph: WalkingGraph, stations: Doors, minutes: Sequence[float]
) -> list[shapely.MultiPolygon]:
    """Draw what is reached from the nearest of some stations.

    Parameters
    ----------
    stations
        Where they meet the network; those that do not are left out.
    minutes
        Walking times, at `WALK_M_PER_MINUTE`.

    Returns
    -------
    list of MultiPolygon
        One for each walking time, EPSG:4326; empty where nothing is reached.
    """
    usable = stations[np.flatnonzero(stations.edge >= 0)]
    if not len(usable):
        return [shapely.MultiPolygon() for _ in minutes]
    far = graph.spread(usable, max(minutes) * WALK_M_PER_MINUTE)
    return [_draw(_reached_parts(graph, usable, far, minute * WALK_M_PER_MINUTE)) for minute in minutes]


def _reached_parts(
    graph: WalkingGraph, stations: Doors, far: np.ndarray, walk_m: float
) -> list[shapely.Geometry]:
    """Cut the edges where the walk ends; in degrees."""
    left = np.maximum(walk_m - far[graph.ends], 0.0)
    length = np.maximum(graph.length_m, 1e-9)
    share = left / length[:, None]
    whole = share.sum(axis=1) >= WHOLE
    parts: list[shapely.Geometry] = list(graph.geometry[whole])
    for row in np.flatnonzero(~whole & (share > 0).any(axis=1)):
        line, (first, second) = graph.geometry[row], share[row]
        if first > 0:
            parts.append(substring(line, 0.0, first, normalized=True))
        if second > 0:
            parts.append(substring(line, 1.0 - second, 1.0, normalized=True))
    for edge, along, offset in zip(stations.edge, stations.along_m, stations.offset_m, strict=True):
        reach = walk_m - offset
        if reach > 0:
            first, last = np.clip((np.array([-reach, reach]) + along) / length[edge], 0.0, 1.0)
            parts.append(substring(graph.geometry[edge], first, last, normalized=True))
    return parts


def _draw(parts: list[shapely.Geometry]) -> shapely.MultiPolygon:
    """Give the parts their breadth in metres, unite them and fill small holes; in degrees."""
    if not parts:
        return shapely.MultiPolygon()
    frame = LocalFrame.around(shapely.total_bounds(parts))
    lines = shapely.union_all(frame.to_metres(np.array(parts, dtype=object)))
    ground = shapely.buffer(lines, BREADTH_M, quad_segs=CORNER_SEGMENTS)
    filled = [_without_small_holes(part) for part in shapely.get_parts(ground)]
    united = shapely.union_all(filled)
    drawn = np.array([shapely.MultiPolygon(list(shapely.get_parts(united)))], dtype=object)
    return frame.to_degrees(drawn)[0]


def _without_small_holes(part: shapely.Polygon) -> shapely.Polygon:
    holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > SMALLEST_HOLE_M2]
    return shapely.Polygon(part.exterior, holes)
