"""Distances on foot over the walking network, kept in memory as one compressed graph.

Places stand beside the network, not on it: a *door* is the nearest point of the nearest edge, and the walk
counts the straight line from the place to it. Distances come from scipy's compiled Dijkstra (1959), one run
for any number of stations; time E + N log N, of the edges E and nodes N that are reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely.ops import substring

from gridmap.planning.frames import LocalFrame

WALK_M_PER_MINUTE = 75.0
"""4.5 km an hour."""
FARTHEST_DOOR_M = 300.0
"""A place farther than this from every edge has no network."""
ISLAND_M = 500.0
"""Paths that hang together with less than this of others are a slip of the map: no door opens on them."""


@dataclass(frozen=True)
class Doors:
    """Where places meet the network.

    Attributes
    ----------
    edge
        (n,) row of the edge, -1 where there is no network.
    along_m
        (n,) way on the edge from its first end.
    offset_m
        (n,) straight line from the place to the edge.
    """

    edge: np.ndarray
    along_m: np.ndarray
    offset_m: np.ndarray

    def __len__(self) -> int:
        return len(self.edge)

    def __getitem__(self, rows: np.ndarray | slice) -> Doors:
        return Doors(self.edge[rows], self.along_m[rows], self.offset_m[rows])


@dataclass(frozen=True)
class Walks:
    """Walks from places to the nearest of some stations.

    Attributes
    ----------
    walk_m
        (n,) metres on foot, inf where the station cannot be walked to.
    nearest
        (n,) row of that station, -1 where there is none.
    """

    walk_m: np.ndarray
    nearest: np.ndarray


class WalkingGraph:
    """The edges of a region as a compressed graph.

    Parameters
    ----------
    ends
        (E, 2) numbers of nodes, any int64.
    length_m
        (E,) metres.
    geometry
        (E,) LineStrings, EPSG:4326, from the first end to the second.

    Attributes
    ----------
    nodes
        (N,) numbers of the nodes, sorted.
    piece
        (E,) number of the connected piece that each edge belongs to.
    """

    def __init__(self, ends: np.ndarray, length_m: np.ndarray, geometry: np.ndarray) -> None:
        self.length_m, self.geometry = length_m, geometry
        self.nodes, rows = np.unique(ends, return_inverse=True)
        self.ends = rows.reshape(-1, 2).astype(np.int32)
        self._shortest, self._pair = _shortest_of_pairs(self.ends, length_m, len(self.nodes))
        self._matrix = _matrix_of(self.ends[self._shortest], length_m[self._shortest], len(self.nodes))
        _, piece = connected_components(self._matrix, directed=False)
        self.piece = piece[self.ends[:, 0]] if len(ends) else np.empty(0, np.int32)
        self._frame = LocalFrame.around(shapely.total_bounds(geometry)) if len(ends) else None
        hanging_together_m = np.bincount(self.piece, weights=length_m)[self.piece]
        mainland = np.flatnonzero(hanging_together_m >= ISLAND_M)
        self._open = mainland if len(mainland) else np.arange(len(ends))
        self._lines = self._frame.to_metres(geometry) if self._frame else geometry
        self._tree = shapely.STRtree(self._lines[self._open])

    def find_doors(self, lonlat: np.ndarray) -> Doors:
        """Find where places meet the network: (n, 2) longitude and latitude."""
        edge = np.full(len(lonlat), -1)
        along, offset = np.zeros(len(lonlat)), np.full(len(lonlat), np.inf)
        if self._frame is None or not len(lonlat):
            return Doors(edge, along, offset)
        points = self._frame.to_metres(shapely.points(lonlat))
        (row, line), far = self._tree.query_nearest(points, return_distance=True, all_matches=False)
        near = far <= FARTHEST_DOOR_M
        row, line, far = row[near], line[near], far[near]
        edge[row], offset[row] = self._open[line], far
        share = shapely.line_locate_point(self._lines[edge[row]], points[row], normalized=True)
        along[row] = share * self.length_m[edge[row]]
        return Doors(edge, along, offset)

    def walk_to_nearest(self, doors: Doors, stations: Doors, limit_m: float = np.inf) -> Walks:
        """Measure the walk from each door to the nearest station.

        Parameters
        ----------
        limit_m
            Stations farther than this are not looked for, which is faster.
        """
        walk, nearest = np.full(len(doors), np.inf), np.full(len(doors), -1)
        usable = np.flatnonzero(stations.edge >= 0)
        placed = np.flatnonzero(doors.edge >= 0)
        if not len(usable) or not len(placed):
            return Walks(walk, nearest)
        station, door = stations[usable], doors[placed]
        far, source = self._spread(station, limit_m)
        ends = self.ends[door.edge]
        by_first = far[ends[:, 0]] + door.along_m
        by_second = far[ends[:, 1]] + self.length_m[door.edge] - door.along_m
        best = np.minimum(by_first, by_second)
        which = source[np.where(by_first <= by_second, ends[:, 0], ends[:, 1])]
        row, beside, along = _walks_on_edge(door, station)
        order = np.lexsort((beside, along, row))
        row, beside, along = row[order], beside[order], along[order]
        first = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.empty(0, bool)
        row, beside, along = row[first], beside[first], along[first]
        nearer = along < best[row]
        best[row[nearer]], which[row[nearer]] = along[nearer], beside[nearer]
        best = best + door.offset_m
        reached = np.isfinite(best) & (best <= limit_m)
        walk[placed[reached]], nearest[placed[reached]] = best[reached], usable[which[reached]]
        return Walks(walk, nearest)

    def walk_from_each(self, doors: Doors, stations: Doors, limit_m: float = np.inf) -> np.ndarray:
        """Measure the walks between every station and every door: (stations, doors) metres, inf: too far."""
        each = (stations[row : row + 1] for row in range(len(stations)))
        walks = [self.walk_to_nearest(doors, one, limit_m).walk_m for one in each]
        return np.array(walks).reshape(len(stations), len(doors))

    def spread(self, stations: Doors, limit_m: float) -> np.ndarray:
        """Measure how far each node is from the nearest station: (N,) metres, inf beyond the limit."""
        usable = stations[np.flatnonzero(stations.edge >= 0)]
        return self._spread(usable, limit_m)[0] if len(usable) else np.full(len(self.nodes), np.inf)

    def find_route(self, start: Doors, goal: Doors) -> shapely.LineString | shapely.Point | None:
        """Find the way from one door to another: its line on the network (a point where they coincide).

        Parameters
        ----------
        start, goal
            One door each.
        """
        if start.edge[0] < 0 or goal.edge[0] < 0 or self.piece[start.edge[0]] != self.piece[goal.edge[0]]:
            return None
        matrix, first = self._with_stations(start)
        far, before, _ = dijkstra(matrix, indices=np.array([first]), return_predecessors=True, min_only=True)
        ends, edge = self.ends[goal.edge[0]], int(goal.edge[0])
        tails = far[ends] + (goal.along_m[0], self.length_m[edge] - goal.along_m[0])
        direct = abs(start.along_m[0] - goal.along_m[0]) + start.offset_m[0]
        if start.edge[0] == edge and direct <= tails.min():
            return self._part(edge, start.along_m[0], goal.along_m[0])
        nearer = int(tails.argmin())
        node, pieces = int(ends[nearer]), []
        pieces.append(self._part(edge, self._at_end(edge, node, last=nearer == 1), goal.along_m[0]))
        while before[node] != first:
            previous = int(before[node])
            via = self._edge_between(previous, node)
            pieces.append(self._part(via, self._at_end(via, previous), self._at_end(via, node, last=True)))
            node = previous
        edge = int(start.edge[0])
        last = bool(2 * start.along_m[0] > self.length_m[edge])
        pieces.append(self._part(edge, start.along_m[0], self._at_end(edge, node, last=last)))
        xy = np.concatenate([shapely.get_coordinates(piece) for piece in reversed(pieces)])
        moved = np.concatenate([[True], (xy[1:] != xy[:-1]).any(axis=1)])
        xy = xy[moved]
        return shapely.LineString(xy if len(xy) > 1 else np.repeat(xy, 2, axis=0))

    def _spread(self, stations: Doors, limit_m: float) -> tuple[np.ndarray, np.ndarray]:
        """Run Dijkstra from all stations at once: (N,) metres and (N,) row of the nearest station."""
        matrix, first = self._with_stations(stations)
        indices = np.arange(first, first + len(stations))
        far, _, source = dijkstra(
            matrix, indices=indices, min_only=True, return_predecessors=True, limit=float(limit_m)
        )
        return far[:first], source[:first] - first

    def _with_stations(self, stations: Doors) -> tuple[csr_array, int]:
        """Add a node for each station, with a way to both ends of its edge."""
        n, k = len(self.nodes), len(stations)
        ways = np.column_stack([stations.along_m, self.length_m[stations.edge] - stations.along_m])
        ways = np.maximum(ways, 0.0) + stations.offset_m[:, None]
        data = np.concatenate([self._matrix.data, ways.ravel()])
        indices = np.concatenate([self._matrix.indices, self.ends[stations.edge].ravel()])
        more = self._matrix.indptr[-1] + 2 * np.arange(1, k + 1, dtype=np.int32)
        matrix = csr_array((data, indices, np.concatenate([self._matrix.indptr, more])), shape=(n + k, n + k))
        return matrix, n

    def _edge_between(self, one: int, other: int) -> int:
        wanted = min(one, other) * len(self.nodes) + max(one, other)
        return int(self._shortest[np.searchsorted(self._pair, wanted)])

    def _at_end(self, edge: int, node: int, *, last: bool = False) -> float:
        """Return how far along an edge a node of it stands; on a loop ``last`` tells which end is meant."""
        first, second = self.ends[edge]
        is_second = node == second and (first != second or last)
        return float(self.length_m[edge]) if is_second else 0.0

    def _part(self, edge: int, start_m: float, end_m: float) -> shapely.LineString | shapely.Point:
        length = float(self.length_m[edge]) or 1.0
        part = substring(self._lines[edge], start_m / length, end_m / length, normalized=True)
        return self._frame.to_degrees(part) if self._frame else part


def _shortest_of_pairs(ends: np.ndarray, length_m: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return, the row of the shortest edge between each two nodes, and the keys of the pairs, sorted."""
    pair = ends.min(axis=1).astype(np.int64) * n + ends.max(axis=1)
    order = np.lexsort((length_m, pair))
    first = np.ones(len(order), bool)
    first[1:] = pair[order][1:] != pair[order][:-1]
    return order[first], pair[order][first]


def _matrix_of(ends: np.ndarray, length_m: np.ndarray, n: int) -> csr_array:
    there = ends[:, 0] != ends[:, 1]
    one, other, far = ends[there, 0], ends[there, 1], length_m[there]
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    matrix = csr_array((np.concatenate([far, far]), (rows, columns)), shape=(n, n))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


def _walks_on_edge(doors: Doors, stations: Doors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair doors with the stations on their own edge: row of the door, of the station, metres between."""
    order = np.argsort(stations.edge, kind="stable")
    edges = stations.edge[order]
    begin, end = np.searchsorted(edges, doors.edge, "left"), np.searchsorted(edges, doors.edge, "right")
    times = end - begin
    row = np.repeat(np.arange(len(doors)), times)
    within = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    station = order[np.repeat(begin, times) + within]
    along = np.abs(doors.along_m[row] - stations.along_m[station]) + stations.offset_m[station]
    return row, station, along
