"""The walking network: road centre lines cut into edges that meet only where one can turn on foot.

Lines meet where they share a vertex, where they cross on the same level, and where the end of one all but
touches another. A bridge or a tunnel has a level of its own: what it passes over or under it does not meet,
but its ends come down to the ground. Steps and lifts lead from any level to any other.

The number of a node is its place, in units of 1e-7 degrees (a centimetre): the edges of one district meet
those of the next although each was built by itself. Time: n log n of the vertices, plus the crossings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from gridmap.planning.frames import LocalFrame

NOT_ON_FOOT = frozenset({"motorway", "motorway_link", "busway", "bus_guideway", "raceway"})
"""Classes that nobody walks on unless the road itself says so (``foot``)."""
BETWEEN_LEVELS = frozenset({"steps", "elevator", "escalator"})
TOUCH_M = 0.5
"""An end of a line that stops this short of another is drawn carelessly, and meets it."""
UNITS = 10_000_000
_CORNER = np.array([180.0, 90.0])
_NORTH_BITS = 31
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class WalkingEdges:
    """Edges of the network, in the order of their roads.

    Attributes
    ----------
    road
        (E,) row of the road that each edge is a piece of.
    ends
        (E, 2) int64 numbers of the nodes it runs between, see `place_nodes`.
    length_m
        (E,) on the spheroid.
    geometry
        (E,) LineStrings, EPSG:4326.
    """

    road: np.ndarray
    ends: np.ndarray
    length_m: np.ndarray
    geometry: np.ndarray


def place_nodes(nodes: np.ndarray) -> np.ndarray:
    """Return (N, 2) longitude and latitude of nodes by their numbers."""
    east, north = nodes >> _NORTH_BITS, nodes & ((1 << _NORTH_BITS) - 1)
    return np.column_stack([east / UNITS - 180, north / UNITS - 90])


def find_walkable(roads: pd.DataFrame) -> np.ndarray:
    """Tell which roads may be walked: by their class, unless ``foot`` says yes or no."""
    by_class = ~roads["class"].isin(NOT_ON_FOOT).to_numpy()
    foot = roads["foot"].to_numpy(dtype=object)
    said = pd.notna(foot)
    return np.where(said, foot == True, by_class)  # noqa: E712 - an array of True, False and None


def build_edges(roads: pd.DataFrame) -> WalkingEdges:
    """Cut the walkable roads into edges.

    Parameters
    ----------
    roads
        ``geometry`` ((Multi)LineString, EPSG:4326), ``class`` as in OpenStreetMap, ``foot`` (True, False or
        None = as its class), ``bridge``, ``tunnel`` (bool) and ``layer`` (int). Not changed.

    Returns
    -------
    WalkingEdges
        Empty where nothing can be walked. ``road`` counts the rows of ``roads`` from 0.
    """
    lines = _Lines.of(roads)
    if not len(lines.part):
        none = np.empty(0, np.int64)
        return WalkingEdges(none, none.reshape(0, 2), none.astype(float), none.astype(object))
    lines = lines.with_vertices(*_find_meetings(lines))
    node = _find_nodes(lines)
    return _cut(lines, node)


@dataclass(frozen=True)
class _Lines:
    """Vertices of all lines, one after the other.

    ``unit`` (V, 2) places in units of 1e-7 degrees, ``part`` (V,) the line of each, ``at`` (V,) its rank
    along the line; ``road``, ``level`` and ``is_link`` go by line.
    """

    unit: np.ndarray
    part: np.ndarray
    at: np.ndarray
    road: np.ndarray
    level: np.ndarray
    is_link: np.ndarray

    @classmethod
    def of(cls, roads: pd.DataFrame) -> _Lines:
        walkable = np.flatnonzero(find_walkable(roads))
        shapes = shapely.force_2d(np.asarray(roads["geometry"], dtype=object)[walkable])
        parts, of = shapely.get_parts(shapes, return_index=True)
        road = walkable[of]
        xy, part = shapely.get_coordinates(parts, return_index=True)
        unit = np.rint((xy + _CORNER) * UNITS).astype(np.int64)
        moved = np.ones(len(part), bool)
        moved[1:] = (part[1:] != part[:-1]) | (unit[1:] != unit[:-1]).any(axis=1)
        # A line that never leaves its first place is none.
        left = np.bincount(part[moved], minlength=len(road)) > 1
        moved &= left[part]
        unit, part, road = unit[moved], (np.cumsum(left) - 1)[part[moved]], road[left]
        chosen = roads.iloc[road]
        layer = chosen["layer"].to_numpy(dtype=np.int64)
        raised = chosen["bridge"].to_numpy(dtype=bool).astype(np.int64)
        sunk = chosen["tunnel"].to_numpy(dtype=bool).astype(np.int64)
        level = np.where(layer != 0, layer, raised - sunk)
        is_link = chosen["class"].isin(BETWEEN_LEVELS).to_numpy()
        return cls(unit, part, np.arange(len(part), dtype=float), road, level, is_link)

    @property
    def is_end(self) -> np.ndarray:
        """(V,) whether a vertex is the first or the last of its line."""
        change = self.part[1:] != self.part[:-1]
        return np.concatenate([[True], change]) | np.concatenate([change, [True]])

    def with_vertices(self, unit: np.ndarray, part: np.ndarray, at: np.ndarray) -> _Lines:
        """Return the lines with further vertices at their ranks."""
        unit, part = np.concatenate([self.unit, unit]), np.concatenate([self.part, part])
        at = np.concatenate([self.at, at])
        order = np.lexsort((at, part))
        unit, part, at = unit[order], part[order], at[order]
        again = np.zeros(len(part), bool)
        again[1:] = (part[1:] == part[:-1]) & (unit[1:] == unit[:-1]).all(axis=1)
        keep = ~again
        return _Lines(unit[keep], part[keep], at[keep], self.road, self.level, self.is_link)


def _find_meetings(lines: _Lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where lines of one level cross or touch without a vertex: places, lines, ranks along them."""
    bounds = np.concatenate([lines.unit.min(axis=0), lines.unit.max(axis=0)]) / UNITS - np.tile(_CORNER, 2)
    frame = LocalFrame.around(bounds)
    scale = np.array([frame.x_m, frame.y_m]) / UNITS
    origin = lines.unit[0]
    xy = (lines.unit - origin) * scale
    shapes = shapely.linestrings(xy, indices=lines.part)
    tree = shapely.STRtree(shapes)
    of, place = _find_crossings(lines, shapes, tree)
    of_touched, touching = _find_touches(lines, tree, xy)
    of, place = np.concatenate([of, of_touched]), np.concatenate([place, touching])
    unit = np.rint(place / scale).astype(np.int64) + origin
    return unit, of, _rank(lines, shapes, xy, of, place)


def _find_crossings(
    lines: _Lines, shapes: np.ndarray, tree: shapely.STRtree
) -> tuple[np.ndarray, np.ndarray]:
    """Find the points that two lines of one level have in common: the line of each, and its place."""
    first, second = tree.query(shapes, predicate="intersects")
    pair = (first < second) & (lines.level[first] == lines.level[second])
    first, second = first[pair], second[pair]
    shared = shapely.intersection(shapes[first], shapes[second])
    place, at = shapely.get_coordinates(shared, return_index=True)
    return np.concatenate([first[at], second[at]]), np.concatenate([place, place])


def _find_touches(lines: _Lines, tree: shapely.STRtree, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the ends that stop just short of another line of their level: that line, and the end's place."""
    ends = np.flatnonzero(lines.is_end)
    points = shapely.points(xy[ends])
    end, line = tree.query(points, predicate="dwithin", distance=TOUCH_M)
    own = lines.part[ends[end]]
    near = (line != own) & (lines.level[line] == lines.level[own])
    end, line = end[near], line[near]
    return line, xy[ends[end]]


def _rank(lines: _Lines, shapes: np.ndarray, xy: np.ndarray, of: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the rank of places along their lines: that of the vertex before, and the share of the piece."""
    along = shapely.line_locate_point(shapes[of], shapely.points(place))
    step = np.zeros(len(xy))
    step[1:] = np.hypot(*(xy[1:] - xy[:-1]).T)
    step[1:][lines.part[1:] != lines.part[:-1]] = 0.0
    walked = np.cumsum(step)
    start = np.searchsorted(lines.part, np.arange(len(lines.road)))
    target = walked[start[of]] + along
    last = np.append(start[1:], len(xy))[of] - 1
    before = np.clip(np.searchsorted(walked, target, side="right") - 1, start[of], last - 1)
    share = (target - walked[before]) / np.maximum(step[before + 1], 1e-9)
    return lines.at[before] + np.clip(share, 0.0, 1.0) * 0.999_999


def _find_nodes(lines: _Lines) -> np.ndarray:
    """Return (V,) the number of the node that each vertex is, -1 where its line just goes on."""
    number = (lines.unit[:, 0] << _NORTH_BITS) | lines.unit[:, 1]
    _, place, meeting = np.unique(number, return_inverse=True, return_counts=True)
    is_end, level = lines.is_end, lines.level[lines.part]
    node = np.where(is_end | (meeting[place] > 1), number, -1)
    lowest, highest = np.full(len(meeting), 127), np.full(len(meeting), -127)
    np.minimum.at(lowest, place, level)
    np.maximum.at(highest, place, level)
    mixed = np.flatnonzero((lowest < highest)[place])
    mixed = mixed[np.argsort(place[mixed], kind="stable")]
    for here in np.split(mixed, np.flatnonzero(np.diff(place[mixed])) + 1) if len(mixed) else ():
        node[here] = _part_levels(number[here[0]], level[here], is_end[here], lines.is_link[lines.part[here]])
    return node


def _part_levels(number: int, level: np.ndarray, is_end: np.ndarray, is_link: np.ndarray) -> np.ndarray:
    """Return the nodes of vertices that share a place on several levels.

    Those meet that are on one level; a bridge or tunnel comes to the ground at its end; steps, at theirs,
    meet everything. Levels that stay apart get nodes of their own, a centimetre east of each other.
    """
    group = {int(value): int(value) for value in level}
    for value, ends, links in zip(level, is_end, is_link, strict=True):
        if not ends:
            continue
        if links:
            group = dict.fromkeys(group, 0)
        elif value != 0:
            nearer = [other for other in group if abs(other) < abs(value)]
            joined = group[max(nearer, key=abs)] if nearer else group[int(value)]
            old = group[int(value)]
            group = {key: joined if of == old else of for key, of in group.items()}
    groups = np.array([group[int(value)] for value in level])
    node = np.full(len(level), -1)
    for rank, value in enumerate(sorted(set(groups.tolist()), key=abs)):
        here = groups == value
        if here.sum() > 1 or is_end[here].any():
            node[here] = number + (rank << _NORTH_BITS)
    return node


def _cut(lines: _Lines, node: np.ndarray) -> WalkingEdges:
    """Cut lines at their nodes."""
    is_node = node >= 0
    # A node inside a line ends one edge and begins the next: it stands in both.
    inner = is_node & ~lines.is_end
    times = 1 + inner.astype(np.int64)
    vertex = np.repeat(np.arange(len(node)), times)
    opens = np.concatenate([[True], vertex[1:] == vertex[:-1]])
    opens[1:] |= lines.part[vertex[1:]] != lines.part[vertex[:-1]]
    edge = np.cumsum(opens) - 1
    xy = lines.unit[vertex] / UNITS - _CORNER
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(vertex)) - 1
    ends = np.column_stack([node[vertex[first]], node[vertex[last]]])
    road = lines.road[lines.part[vertex[first]]]
    return WalkingEdges(road, ends, _measure(xy, edge), shapely.linestrings(xy, indices=edge))


def _measure(xy: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Return the lengths of edges in metres on the spheroid, from their vertices in order."""
    within = edge[1:] == edge[:-1]
    _, _, step = _GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    return np.bincount(edge[1:][within], weights=np.asarray(step)[within], minlength=int(edge[-1]) + 1)
