"""Walks by networkx: the plain reference that the walking graph of the city is held against.

Nothing of `gridmap.covering.graph` is used: places are put on the network by trying all edges around, and
every walk is a path of networkx over the rows of ``walking_edges``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import shapely
from pyproj import Geod
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

GEOD = Geod(ellps="WGS84")
FARTHEST_DOOR_M, ISLAND_M = 300.0, 500.0
"""As the city says it: so far a place may lie from a road; so much road must hang together to be one."""
SAME_M = 0.01
"""Edges that are nearest to a place by less than this are equally near."""


@dataclass(frozen=True)
class Spot:
    """Where a place meets an edge: metres along it, and beside it."""

    edge: int
    along_m: float
    beside_m: float


class Reference:
    """The network of a database as networkx sees it."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(
            text("SELECT first_node, second_node, length_m, ST_AsBinary(geom) AS shape FROM walking_edges")
        ).all()
        self.ends = [(row.first_node, row.second_node) for row in rows]
        self.length_m = [row.length_m for row in rows]
        self.graph = nx.Graph()
        for (first, second), length in zip(self.ends, self.length_m, strict=True):
            known = self.graph.get_edge_data(first, second, {"weight": np.inf})["weight"]
            self.graph.add_edge(first, second, weight=min(length, known))
        self.nodes = list(self.graph)
        self.rows = {node: row for row, node in enumerate(self.nodes)}
        pieces = list(nx.connected_components(self.graph))
        piece_of = {node: number for number, nodes in enumerate(pieces) for node in nodes}
        hanging_together = np.zeros(len(pieces))
        for (first, _), length in zip(self.ends, self.length_m, strict=True):
            hanging_together[piece_of[first]] += length
        self._is_open = np.array([hanging_together[piece_of[first]] >= ISLAND_M for first, _ in self.ends])
        shapes = shapely.from_wkb([row.shape for row in rows])
        self._west, self._south, east, north = shapely.total_bounds(shapes)
        lon, lat = (self._west + east) / 2, (self._south + north) / 2
        step = 1e-4
        self._scale = np.array(
            [
                GEOD.inv(lon - step, lat, lon + step, lat)[2] / (2 * step),
                GEOD.inv(lon, lat - step, lon, lat + step)[2] / (2 * step),
            ]
        )
        self._lines = shapely.transform(shapes, self._in_metres)
        self._boxes = shapely.bounds(self._lines)

    def _in_metres(self, lonlat: np.ndarray) -> np.ndarray:
        return (lonlat - (self._west, self._south)) * self._scale

    def place(self, lon: float, lat: float) -> list[Spot]:
        """Where a place meets the network: on the nearest edge, or all equally near; none: too far."""
        x, y = self._in_metres(np.array([lon, lat]))
        west, south, east, north = self._boxes.T
        aside = np.maximum(0, np.maximum(west - x, x - east))
        above = np.maximum(0, np.maximum(south - y, y - north))
        around = np.flatnonzero((np.hypot(aside, above) <= FARTHEST_DOOR_M) & self._is_open)
        if not len(around):
            return []
        point = shapely.Point(x, y)
        beside = shapely.distance(self._lines[around], point)
        if beside.min() > FARTHEST_DOOR_M:
            return []
        spots = []
        for edge in around[beside <= beside.min() + SAME_M].tolist():
            share = shapely.line_locate_point(self._lines[edge], point, normalized=True)
            spots.append(Spot(edge, share * self.length_m[edge], float(beside.min())))
        return spots

    def spread(self, start: Spot) -> np.ndarray:
        """Metres on foot from a place to each node of `nodes`, inf where there is no way."""
        first, second = self.ends[start.edge]
        rest_m = self.length_m[start.edge] - start.along_m
        nearer_m = min(start.along_m, rest_m) if first == second else start.along_m
        self.graph.add_edge("start", first, weight=nearer_m + start.beside_m)
        if first != second:
            self.graph.add_edge("start", second, weight=rest_m + start.beside_m)
        far = nx.single_source_dijkstra_path_length(self.graph, "start")
        self.graph.remove_node("start")
        return np.array([far.get(node, np.inf) for node in self.nodes])


class Walks:
    """All walks from some places, by `Reference`.

    Attributes
    ----------
    of
        (R,) which place each row of an answer starts from: one with roads equally near has several rows.
    """

    def __init__(self, session: Session, starts: list[tuple[float, float]]) -> None:
        self.reference = Reference(session)
        begins = [(number, spot) for number, start in enumerate(starts) for spot in self._place(start)]
        self.of = np.array([number for number, _ in begins])
        self._spots = [spot for _, spot in begins]
        none = np.full(len(self.reference.nodes), np.inf)
        self._far_m = np.array([self.reference.spread(spot) if spot else none for spot in self._spots])
        self._edge = np.array([spot.edge if spot else -1 for spot in self._spots])
        self._lon, self._lat = np.array([starts[number] for number in self.of]).T

    def _place(self, lonlat: tuple[float, float]) -> list[Spot] | list[None]:
        return self.reference.place(*lonlat) or [None]

    def to(self, lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
        """Metres on foot to a place, (V, R), inf where there is no way; and straight lines, (R,).

        ``V`` counts the roads equally near to the place.
        """
        straight_m = GEOD.inv(self._lon, self._lat, *np.broadcast_arrays(lon, lat, self._lon)[:2])[2]
        none = np.full(len(self.of), np.inf)
        walks_m = [self._walk_to(spot) if spot else none for spot in self._place((lon, lat))]
        return np.array(walks_m), np.asarray(straight_m)

    def _walk_to(self, spot: Spot) -> np.ndarray:
        first, second = (self.reference.rows[node] for node in self.reference.ends[spot.edge])
        by_first = self._far_m[:, first] + spot.along_m
        by_second = self._far_m[:, second] + self.reference.length_m[spot.edge] - spot.along_m
        walk_m = np.minimum(by_first, by_second)
        for row in np.flatnonzero(self._edge == spot.edge):
            start = self._spots[row]
            walk_m[row] = min(walk_m[row], abs(start.along_m - spot.along_m) + start.beside_m)
        return walk_m + spot.beside_m
