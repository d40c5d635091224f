"""The walking network as networkx keeps it, with doors found as OSMnx finds the nearest edge: shapely's tree.

`NetworkxGraph` takes the place of the city's own graph, so that both read the same rows and answer the same
question from the database on. It does not tell which station is the nearest: networkx would have to write
down every path for that.
"""

from __future__ import annotations

import networkx
import numpy as np
import shapely

from gridmap.covering.graph import FARTHEST_DOOR_M, ISLAND_M, Doors, Walks
from gridmap.planning.frames import LocalFrame


class NetworkxGraph:
    """As `gridmap.covering.graph.WalkingGraph`, as far as rules of coverage ask it."""

    def __init__(self, ends: np.ndarray, length_m: np.ndarray, geometry: np.ndarray) -> None:
        self.ends, self.length_m = ends, length_m
        self.graph = build_graph(ends, length_m)
        piece_of: dict[int, int] = {}
        for number, nodes in enumerate(networkx.connected_components(self.graph)):
            piece_of |= dict.fromkeys(nodes, number)
        piece = np.array([piece_of[node] for node in ends[:, 0].tolist()])
        mainland = np.flatnonzero(np.bincount(piece, weights=length_m)[piece] >= ISLAND_M)
        self._open = mainland if len(mainland) else np.arange(len(ends))
        self._frame = LocalFrame.around(shapely.total_bounds(geometry))
        self._lines = self._frame.to_metres(geometry)
        self._tree = shapely.STRtree(self._lines[self._open])

    def find_doors(self, lonlat: np.ndarray) -> Doors:
        """Find the nearest edges: (n, 2) longitude and latitude."""
        edge, along_m, offset_m = (
            np.full(len(lonlat), -1),
            np.zeros(len(lonlat)),
            np.full(len(lonlat), np.inf),
        )
        points = self._frame.to_metres(shapely.points(lonlat))
        (row, line), far_m = self._tree.query_nearest(
            points, max_distance=FARTHEST_DOOR_M, return_distance=True, all_matches=False
        )
        edge[row], offset_m[row] = self._open[line], far_m
        share = shapely.line_locate_point(self._lines[edge[row]], points[row], normalized=True)
        along_m[row] = share * self.length_m[edge[row]]
        return Doors(edge, along_m, offset_m)

    def walk_to_nearest(self, doors: Doors, stations: Doors) -> Walks:
        """Measure the walk from each door to the nearest station; which one it is stays unsaid (row 0)."""
        sources: list[str] = []
        beside: dict[int, list[tuple[float, float]]] = {}
        for edge, along_m, offset_m in _rows_of(stations):
            if edge < 0:
                continue
            sources.append(f"station {len(sources)}")
            beside.setdefault(edge, []).append((along_m, offset_m))
            join(self.graph, sources[-1], int(self.ends[edge, 0]), along_m + offset_m)
            join(self.graph, sources[-1], int(self.ends[edge, 1]), self.length_m[edge] - along_m + offset_m)
        far = networkx.multi_source_dijkstra_path_length(self.graph, set(sources))
        self.graph.remove_nodes_from(sources)
        walk_m, nowhere = np.full(len(doors), np.inf), float("inf")
        ends, length_m = self.ends.tolist(), self.length_m.tolist()
        for door, (edge, along_m, offset_m) in enumerate(_rows_of(doors)):
            if edge < 0:
                continue
            first, second = ends[edge]
            ways = [abs(along_m - there_m) + more_m for there_m, more_m in beside.get(edge, ())]
            ways += [far.get(first, nowhere) + along_m, far.get(second, nowhere) + length_m[edge] - along_m]
            walk_m[door] = min(ways) + offset_m
        return Walks(walk_m, np.where(np.isfinite(walk_m), 0, -1))


def _rows_of(doors: Doors) -> list[tuple[int, float, float]]:
    return list(zip(doors.edge.tolist(), doors.along_m.tolist(), doors.offset_m.tolist(), strict=True))


def build_graph(ends: np.ndarray, length_m: np.ndarray) -> networkx.Graph:
    """Build the graph; of edges between the same nodes the shortest counts."""
    graph = networkx.Graph()
    for (one, other), metres in zip(ends.tolist(), length_m.tolist(), strict=True):
        join(graph, one, other, metres)
    return graph


def join(graph: networkx.Graph, one: object, other: object, metres: float) -> None:
    """Add an edge unless there is a shorter one."""
    if metres < graph.get_edge_data(one, other, {"weight": np.inf})["weight"]:
        graph.add_edge(one, other, weight=metres)
