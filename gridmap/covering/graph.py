"""Distances on foot over the walking network, kept in memory as one compressed graph.

Places stand beside the network, not on it: a *door* is the nearest point of the nearest edge, and the walk
counts the straight line from the place to it. One search serves any number of stations; the compiled code is
in `gridmap.covering.spreading` and `gridmap.covering.snapping`, which say what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from gridmap.covering.snapping import find_nearest, sort_into_cells
from gridmap.covering.spreading import find_pieces, join_nodes, list_by_edge, spread, walk_to_doors
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

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three arrays as compiled code wants them."""
        return _plain(self.edge, np.int64), _plain(self.along_m, float), _plain(self.offset_m, float)

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
        (n,) row of that station, -1 where there is none; of stations equally near the lowest row.
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
        self.length_m, self.geometry = _plain(length_m, float), geometry
        self.nodes, rows = np.unique(ends, return_inverse=True)
        self.ends = _plain(rows.reshape(-1, 2), np.int32)
        begins, via, beyond = join_nodes(self.ends, len(self.nodes))
        self._ways = begins, via, beyond, self.length_m[via]
        self.piece = find_pieces(self.ends, len(self.nodes))
        self._lines = _Lines(geometry)
        hanging_together_m = np.bincount(self.piece, weights=self.length_m)[self.piece]
        is_mainland = hanging_together_m >= ISLAND_M
        self._cells = self._lines.sort_into_cells(is_mainland if is_mainland.any() else ~is_mainland)

    def find_doors(self, lonlat: np.ndarray) -> Doors:
        """Find where places meet the network: (n, 2) longitude and latitude."""
        edge, share, offset_m = self._lines.find_nearest(lonlat, self._cells)
        along_m = np.zeros(len(edge))
        along_m[edge >= 0] = (share * self.length_m[edge])[edge >= 0] if len(self.length_m) else 0.0
        return Doors(edge, along_m, offset_m)

    def are_joined(self, one: Doors, others: Doors) -> np.ndarray:
        """Tell which doors the network joins to a first one: (n,) bool."""
        if one.edge[0] < 0:
            return np.zeros(len(others), bool)
        return (others.edge >= 0) & (self.piece[others.edge] == self.piece[one.edge[0]])

    def reach(self, stations: Doors, limit_m: float = np.inf) -> Reach:
        """Search outwards from some stations, as far as ``limit_m``; nearer is faster."""
        found = spread(*self._ways, self.ends, self.length_m, stations.arrays, float(limit_m))
        return Reach(self, stations, float(limit_m), *found)

    def walk_to_nearest(self, doors: Doors, stations: Doors, limit_m: float = np.inf) -> Walks:
        """Measure the walk from each door to the nearest station.

        Parameters
        ----------
        limit_m
            Stations farther than this are not looked for, which is faster.
        """
        return self.reach(stations, limit_m).walk_to(doors)

    def walk_from_each(self, doors: Doors, stations: Doors, limit_m: float = np.inf) -> np.ndarray:
        """Measure the walks between every station and every door: (stations, doors) metres, inf: too far."""
        each = (stations[row : row + 1] for row in range(len(stations)))
        walks = [self.walk_to_nearest(doors, one, limit_m).walk_m for one in each]
        return np.array(walks).reshape(len(stations), len(doors))

    def spread(self, stations: Doors, limit_m: float) -> np.ndarray:
        """Measure how far each node is from the nearest station: (N,) metres, inf beyond the limit."""
        return self.reach(stations, limit_m).far_m

    def find_route(self, start: Doors, goal: Doors) -> shapely.LineString | None:
        """Find the way from one door to another: its line on the network; None where there is none.

        Parameters
        ----------
        start, goal
            One door each.
        """
        return self.reach(goal).find_route(start)

    def part_of(self, edge: int, start_m: float, end_m: float) -> np.ndarray:
        """Return the vertices of an edge from one place on it to another: (n, 2) longitude and latitude."""
        length = float(self.length_m[edge]) or 1.0
        return self._lines.cut(edge, start_m / length, end_m / length)

    def whole_of(self, edge: int, *, forwards: bool) -> np.ndarray:
        """Return the vertices of an edge from its first end or its second: (n, 2) longitude, latitude."""
        whole = self._lines.lonlat[self._lines.first[edge] : self._lines.first[edge + 1]]
        return whole if forwards else whole[::-1]


@dataclass(frozen=True)
class Reach:
    """What lies around some stations, to be asked again and again.

    Attributes
    ----------
    far_m
        (N,) metres from each node to the nearest station, inf beyond the limit.
    station, via
        (N,) its row, and the edge towards it, -1 where it stands on the next one; nothing beyond the limit.
    """

    graph: WalkingGraph
    stations: Doors
    limit_m: float
    far_m: np.ndarray
    station: np.ndarray
    via: np.ndarray

    def walk_to(self, doors: Doors) -> Walks:
        """Measure the walk from each door to the nearest station, up to the limit."""
        edges, found = (self.graph.ends, self.graph.length_m), (self.far_m, self.station)
        stations = self.stations.arrays
        walk_m, nearest = walk_to_doors(edges, found, self._beside, stations, doors.arrays, self.limit_m)
        return Walks(walk_m, nearest)

    def find_route(self, door: Doors) -> shapely.LineString | None:
        """Find the way from one door to the nearest station; None beyond the limit."""
        nearest = int(self.walk_to(door).nearest[0])
        if nearest < 0:
            return None
        graph, edge, along_m = self.graph, int(door.edge[0]), float(door.along_m[0])
        goal, goal_m = int(self.stations.edge[nearest]), float(self.stations.along_m[nearest])
        tails = self.far_m[graph.ends[edge]] + (along_m, graph.length_m[edge] - along_m)
        beside_m = abs(along_m - goal_m) + self.stations.offset_m[nearest]
        if edge == goal and beside_m <= tails.min():
            return _line_of([graph.part_of(edge, along_m, goal_m)])
        second = bool(tails[1] < tails[0])
        node = int(graph.ends[edge, int(second)])
        pieces = [graph.part_of(edge, along_m, graph.length_m[edge] if second else 0.0)]
        while (edge := int(self.via[node])) >= 0:
            forwards = bool(graph.ends[edge, 0] == node)
            pieces.append(graph.whole_of(edge, forwards=forwards))
            node = int(graph.ends[edge, int(forwards)])
        pieces.append(graph.part_of(goal, self._end_towards(goal, goal_m, node), goal_m))
        return _line_of(pieces)

    @cached_property
    def _beside(self) -> tuple[np.ndarray, np.ndarray]:
        """The stations by their edge; as long as all edges, so made once for all that is asked."""
        chained: tuple[np.ndarray, np.ndarray] = list_by_edge(self.stations.arrays[0], len(self.graph.ends))
        return chained

    def _end_towards(self, edge: int, along_m: float, node: int) -> float:
        """Return how far along an edge a node of it stands; of a loop, the end that is nearer to a place."""
        first, second = self.graph.ends[edge]
        is_second = 2 * along_m > self.graph.length_m[edge] if first == second else node == second
        return float(self.graph.length_m[edge]) if is_second else 0.0


class _Lines:
    """The vertices of all edges one after the other, in degrees and in metres of a frame of their own."""

    def __init__(self, geometry: np.ndarray) -> None:
        self.lonlat, edge = shapely.get_coordinates(geometry, return_index=True)
        self.edge = edge.astype(np.int32)
        self.first = np.searchsorted(edge, np.arange(len(geometry) + 1))
        bounds = [*self.lonlat.min(axis=0, initial=180.0), *self.lonlat.max(axis=0, initial=-180.0)]
        self._frame = LocalFrame.around(np.array(bounds))
        self.xy = self._to_metres(self.lonlat)
        step_m = np.hypot(*np.diff(self.xy, axis=0, prepend=self.xy[:1]).T)
        step_m[self.first[:-1]] = 0.0
        until_m = np.cumsum(step_m)
        self.until_m = until_m - until_m[self.first[:-1]][edge]
        self.length_m = self.until_m[self.first[1:] - 1] if len(geometry) else np.empty(0)

    def sort_into_cells(self, is_open: np.ndarray) -> tuple[object, ...]:
        """Sort the straight pieces of some edges, to be found by place."""
        has_next = self.edge[1:] == self.edge[:-1]
        pieces = np.flatnonzero(has_next & is_open[self.edge[:-1]])
        return tuple(sort_into_cells(self.xy, pieces))

    def find_nearest(
        self, lonlat: np.ndarray, cells: tuple[object, ...]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the nearest edge of places, -1: none; the share of it up to there; metres beside."""
        places = self._to_metres(np.asarray(lonlat, dtype=float).reshape(-1, 2))
        edge, along_m, offset_m = find_nearest(
            places, FARTHEST_DOOR_M, self.xy, self.edge, self.until_m, cells
        )
        whole_m = np.maximum(self.length_m[edge], 1e-9) if len(self.length_m) else 1.0
        return edge, along_m / whole_m, offset_m

    def cut(self, edge: int, start: float, end: float) -> np.ndarray:
        """Return the vertices of an edge between two shares of it: (n, 2) degrees, from start to end."""
        here = slice(self.first[edge], self.first[edge + 1])
        until_m, lonlat = self.until_m[here], self.lonlat[here]
        low_m, high_m = min(start, end) * until_m[-1], max(start, end) * until_m[-1]
        between = lonlat[(until_m > low_m) & (until_m < high_m)]
        sides = np.column_stack([np.interp((low_m, high_m), until_m, lonlat[:, axis]) for axis in range(2)])
        part = np.vstack([sides[:1], between, sides[1:]])
        return part if start <= end else part[::-1]

    def _to_metres(self, lonlat: np.ndarray) -> np.ndarray:
        frame = self._frame
        return _plain((lonlat - (frame.lon, frame.lat)) * (frame.x_m, frame.y_m), float)


def load_kernels() -> None:
    """Load the compiled parts, or compile them: whoever asks for a walk does not wait for that."""
    lines = np.array([shapely.LineString([(0, 0), (0.001, 0)]), shapely.LineString([(0.001, 0), (0.002, 0)])])
    graph = WalkingGraph(np.array([[0, 1], [1, 2]]), np.array([111.0, 111.0]), lines)
    doors = graph.find_doors(np.array([[0.0005, 0.0], [0.0015, 0.0]]))
    graph.find_route(doors[:1], doors[1:])


def _plain(values: np.ndarray, kind: type) -> np.ndarray:
    """Return values in the one layout that the kernels are compiled for."""
    return np.require(values, kind, ("C", "W"))


def _line_of(pieces: list[np.ndarray]) -> shapely.LineString:
    """Join pieces that begin where the one before ends; of no length, a line from a place to itself."""
    lonlat = np.vstack(pieces)
    lonlat = lonlat[np.concatenate([[True], (lonlat[1:] != lonlat[:-1]).any(axis=1)])]
    return shapely.LineString(lonlat if len(lonlat) > 1 else np.repeat(lonlat, 2, axis=0))
