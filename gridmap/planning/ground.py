"""The ground of one parent: its buildings, the land divided into cells around them, and which cells touch.

It is prepared once for every depth of breaking and every redraw: cells belong to entrances, a whole building
is the union of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.planning.boundaries import Outlines, build_outlines
from gridmap.planning.buildings import Building
from gridmap.planning.cells import Borders, find_borders, measure_cells, node_coordinates
from gridmap.planning.frames import LocalFrame
from gridmap.planning.land import Land, build_land
from gridmap.planning.pieces import Pieces, build_pieces
from gridmap.planning.rules import PlanRules


@dataclass(frozen=True)
class Contacts:
    """Cells that share a border.

    Attributes
    ----------
    pairs
        (C, 2) pieces, the lower first.
    shared_m, open_m
        (C,) border in metres, all of it and what no barrier runs along.
    least_cost, crosses
        (C,) the cheapest barrier between the two (inf, -1 for none) and its row among the barriers.
    """

    pairs: np.ndarray
    shared_m: np.ndarray
    open_m: np.ndarray
    least_cost: np.ndarray
    crosses: np.ndarray


@dataclass(frozen=True)
class Ground:
    """One parent, prepared.

    Attributes
    ----------
    parent_id, parent_code, outline
        The parent; its polygon in metres of the frame.
    frame
        The metre frame all lengths are in.
    buildings, pieces, land
        What stands there, and the mesh around it.
    area_m2, perimeter_m, centre
        (P,), (P,), (P, 2) measures of each piece's cell; 0 for pieces without ground of their own.
    contacts
        Which cells touch.
    outlines
        The borders of the cells, from which territories are drawn.
    barrier_names
        ``kind`` or ``kind:class`` by row of the barriers.
    """

    parent_id: int
    parent_code: str
    outline: shapely.Geometry
    frame: LocalFrame
    buildings: tuple[Building, ...]
    pieces: Pieces
    land: Land
    area_m2: np.ndarray
    perimeter_m: np.ndarray
    centre: np.ndarray
    contacts: Contacts
    outlines: Outlines
    barrier_names: tuple[str, ...]

    @property
    def footprints(self) -> np.ndarray:
        """(B,) footprints in metres."""
        return self.pieces.footprints


def build_ground(
    parent_id: int,
    parent_code: str,
    outline: shapely.Geometry,
    frame: LocalFrame,
    buildings: list[Building],
    barriers: tuple[np.ndarray, np.ndarray, tuple[str, ...]],
    rules: PlanRules,
) -> Ground:
    """Prepare a parent.

    Parameters
    ----------
    outline
        Polygon or MultiPolygon in metres of the frame.
    buildings
        At least one, in order of compound.
    barriers
        Lines in metres, their costs of crossing, their names.
    """
    lines, costs, names = barriers
    pieces = build_pieces(buildings, by_entrance=rules.may_break_buildings)
    land = build_land(outline, pieces, lines, costs, rules.spacing_m)
    area, centre = measure_cells(land, pieces.count)
    borders = find_borders(land, land.labels)
    contacts, perimeter = measure_contacts(land, borders, pieces.count)
    return Ground(
        parent_id, parent_code, outline, frame, tuple(buildings), pieces, land,
        np.where(land.has_ground, area, 0.0), np.where(land.has_ground, perimeter, 0.0), centre[land.host],
        contacts, build_outlines(land, borders, pieces.count), names,
    )  # fmt: skip


def measure_contacts(land: Land, borders: Borders, count: int) -> tuple[Contacts, np.ndarray]:
    """Return which pieces touch, and the perimeter (m) of every piece's cell."""
    length = np.hypot(*(node_coordinates(land, borders.start) - node_coordinates(land, borders.end)).T)
    perimeter = np.zeros(count)
    for side in (borders.left, borders.right):
        inside = side >= 0
        perimeter += np.bincount(side[inside], length[inside], minlength=count)
    between = (borders.left >= 0) & (borders.right >= 0)
    low = np.minimum(borders.left, borders.right)[between]
    high = np.maximum(borders.left, borders.right)[between]
    length, edge = length[between], borders.barrier[between]
    cost = np.where(edge >= 0, land.edge_barrier[edge], 0.0)
    key, index = np.unique(low * count + high, return_inverse=True)
    index = index.reshape(-1)
    shared = np.bincount(index, length, minlength=len(key))
    open_m = np.bincount(index, length * (cost == 0), minlength=len(key))
    least, crosses = np.full(len(key), np.inf), np.full(len(key), -1)
    barred = np.flatnonzero(cost > 0)
    barred = barred[np.argsort(-cost[barred], kind="stable")]  # the cheapest is written last
    least[index[barred]] = cost[barred]
    crosses[index[barred]] = land.edge_barrier_row[edge[barred]]
    pairs = np.stack([key // max(count, 1), key % max(count, 1)], axis=1)
    return Contacts(pairs, shared, open_m, least, crosses), perimeter
