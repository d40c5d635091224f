"""The land around buildings, as triangles whose corners know the building they belong to.

Footprints, cut lines, barriers and the parent's outline become constraints of one triangulation. Every
corner of a land triangle is labelled with the building reached first over land without crossing a barrier
(many-source Dijkstra along triangle edges), and a triangle whose corners disagree is cut through the middle
of its sides. Cells made this way share every vertex with their neighbours: they tile the parent exactly,
hold each footprint whole, and stop at barriers. O(n log n) in the number of points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridmap.planning.faces import (
    NO_LAND,
    fill_footprints,
    find_faces,
    mark_edges,
    number_edges,
    part_faces,
)
from gridmap.planning.labelling import label_corners
from gridmap.planning.lines import cut_rings
from gridmap.planning.noding import Noded, node_lines
from gridmap.planning.pieces import Pieces
from gridmap.planning.triangulation import COORDINATE_LIMIT, Mesh, triangle_areas, triangulate

OUTSIDE = -1
SNAP_M = 5e-5
MARGIN_M = 10.0
COARSER = 8
_PARENT, _FOOTPRINT, _CUT, _BARRIER = range(4)


@dataclass(frozen=True)
class Land:
    """A parent cut into labelled triangles (lengths in metres of the local frame).

    Attributes
    ----------
    xy
        (N, 2) coordinates of mesh points in metres; points of the parent's outline lie on it exactly.
    corners, edges
        (T, 3) point and edge index; edge k lies opposite corner k.
    edge_sides
        (E, 2) as 3 * triangle + corner of the two sides of an edge, -1 outside the frame.
    labels
        (T, 3) piece each corner belongs to, ``OUTSIDE`` beyond the parent.
    behind
        (T, 3) edge of the dearest barrier between a corner and the piece it belongs to, -1 for none.
    edge_barrier
        (E,) cost of the barrier along the edge, 0 for none.
    edge_barrier_row
        (E,) row of that barrier in the lines given (the dearest where several run along), -1 for none.
    is_wall
        (N,) true for points on a footprint or on the parent's outline: they may not be moved.
    is_line
        (N,) true for points on a barrier.
    has_ground
        (P,) false for pieces that own no triangle (hidden under another footprint or outside the parent).
    host
        (P,) piece whose ground a piece without its own shares; itself otherwise.
    """

    xy: np.ndarray
    corners: np.ndarray
    edges: np.ndarray
    edge_sides: np.ndarray
    labels: np.ndarray
    behind: np.ndarray
    edge_barrier: np.ndarray
    edge_barrier_row: np.ndarray
    is_wall: np.ndarray
    is_line: np.ndarray
    has_ground: np.ndarray
    host: np.ndarray


def build_land(
    parent: shapely.Geometry,
    pieces: Pieces,
    barriers: np.ndarray,
    barrier_costs: np.ndarray,
    spacing_m: float,
) -> Land:
    """Triangulate a parent around its pieces and label the land.

    Parameters
    ----------
    parent
        Polygon or MultiPolygon in metres.
    pieces
        Buildings or entrances inside it.
    barriers, barrier_costs
        Lines in metres and their positive crossing costs.
    spacing_m
        Distance of points along walls; twice that along other lines.
    """
    lines = _collect_lines(parent, pieces, barriers, spacing_m)
    noded, mesh, xy, on_grid = _mesh(lines)
    corners, neighbours = mesh.corners, mesh.neighbours
    edges, edge_sides = number_edges(corners, neighbours)
    triangle_piece = _locate_faces(xy, mesh, edges, edge_sides, noded, lines, pieces)
    _undo_flips(xy, on_grid, corners[triangle_piece > NO_LAND], noded.rank == _PARENT)
    first = np.searchsorted(noded.line, len(lines.rank) - len(lines.barrier_row))
    row = lines.barrier_row[noded.line[first:] - (len(lines.rank) - len(lines.barrier_row))]
    edge_barrier, edge_row, is_wall, is_line = mark_edges(
        corners, edges, edge_sides, triangle_piece, mesh.segment_side[first:], row,
        np.asarray(barrier_costs, np.float64), len(xy),
    )  # fmt: skip
    labels, behind = label_corners(xy, corners, edge_sides, triangle_piece, edge_barrier, is_line)
    has_ground = np.zeros(pieces.count, bool)
    has_ground[triangle_piece[triangle_piece >= 0]] = True
    _label_lost(labels, xy, corners, pieces.count)
    host = _hosts(xy, corners, labels, pieces, has_ground)
    return Land(
        xy,
        corners,
        edges,
        edge_sides,
        labels,
        behind,
        edge_barrier,
        edge_row,
        is_wall,
        is_line,
        has_ground,
        host,
    )


@dataclass(frozen=True)
class _Lines:
    """All lines of a parent: rings of the parent and of footprints (inside is left), cuts, barriers."""

    coords: np.ndarray
    line: np.ndarray
    rank: np.ndarray
    spacing_m: np.ndarray
    ring_start: np.ndarray
    barrier_row: np.ndarray


def _collect_lines(
    parent: shapely.Geometry, pieces: Pieces, barriers: np.ndarray, spacing_m: float
) -> _Lines:
    areas = np.array([parent, *pieces.footprints], dtype=object)
    parts, owner = shapely.get_parts(shapely.orient_polygons(areas), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = owner[part]
    coords, line = shapely.get_coordinates(rings, return_index=True)
    cuts = np.empty((0, 2))
    if (pieces.piece_count > 1).any():
        coords, line, hits, cut, across = cut_rings(
            coords, line, owner - 1, _axis_of(pieces), *_cuts_of(pieces)
        )
        cuts = hits[np.lexsort((across, cut))]  # a cut crosses rings an even number of times
    n_cuts = len(cuts) // 2
    near, near_line, row = np.empty((0, 2)), np.empty(0, np.int64), np.empty(0, np.int64)
    if len(barriers):
        x0, y0, x1, y1 = shapely.total_bounds(areas)
        found, row = shapely.get_parts(shapely.clip_by_rect(barriers, x0, y0, x1, y1), return_index=True)
        near, near_line = shapely.get_coordinates(found, return_index=True)
    counts = [int((owner == 0).sum()), int((owner > 0).sum()), n_cuts, len(row)]
    first_cut = len(rings)
    rank = np.repeat([_PARENT, _FOOTPRINT, _CUT, _BARRIER], counts)
    return _Lines(
        np.concatenate([coords, cuts, near]),
        np.concatenate([line, first_cut + np.arange(2 * n_cuts) // 2, first_cut + n_cuts + near_line]),
        rank,
        spacing_m * np.array([2.0, 1.0, 0.0, 2.0])[rank],
        np.searchsorted(owner, np.arange(len(areas) + 1)),
        row,
    )


def _axis_of(pieces: Pieces) -> np.ndarray:
    return np.ascontiguousarray(pieces.axis, np.float64).reshape(-1, 4)


def _cuts_of(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Return where each footprint's cuts start among all cuts, and their positions (m)."""
    start = np.zeros(len(pieces.cuts) + 1, np.int64)
    start[1:] = np.cumsum([len(c) for c in pieces.cuts])
    return start, np.concatenate([np.empty(0), *pieces.cuts])


def _mesh(lines: _Lines) -> tuple[Noded, Mesh, np.ndarray, np.ndarray]:
    """Triangulate the lines; return the exact places of the points (m) and those on the grid as well.

    The frame's four corners stand first.
    """
    snap = max(SNAP_M, 2 * (float(np.abs(lines.coords).max()) + MARGIN_M) / COORDINATE_LIMIT)
    while True:
        noded = node_lines(lines.coords, lines.line, lines.spacing_m, lines.rank, snap)
        margin = int(MARGIN_M / snap)
        (x0, y0), (x1, y1) = noded.grid.min(axis=0) - margin, noded.grid.max(axis=0) + margin
        frame = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.int64)
        points = np.concatenate([frame, noded.grid])
        mesh = triangulate(points - (frame[0] + frame[2]) // 2, noded.segments + 4)
        if (mesh.segment_side >= 0).all():
            break
        snap *= COARSER  # lines too close to be told apart
    xy = np.concatenate([frame * snap, noded.xy])
    return noded, mesh, xy, points * snap


def _undo_flips(xy: np.ndarray, on_grid: np.ndarray, corners: np.ndarray, is_outline: np.ndarray) -> None:
    """Put points back on the grid where their exact places would turn a triangle over; in place.

    Points of the outline go last: neighbours of the parent have them, too.
    """
    for may_move in (np.append(np.ones(4, bool), ~is_outline), np.ones(len(xy), bool)):
        while True:
            turned = triangle_areas(xy[corners]) <= 0
            wrong = np.unique(corners[turned])
            wrong = wrong[may_move[wrong] & (xy[wrong] != on_grid[wrong]).any(axis=1)]
            if len(wrong) == 0:
                break
            xy[wrong] = on_grid[wrong]
        if not turned.any():
            return


def _locate_faces(
    xy: np.ndarray,
    mesh: Mesh,
    edges: np.ndarray,
    edge_sides: np.ndarray,
    noded: Noded,
    lines: _Lines,
    pieces: Pieces,
) -> np.ndarray:
    """Tell for each triangle its piece, -1 for land and -2 for outside."""
    is_edge_fixed = np.zeros(len(edge_sides), bool)
    is_edge_fixed[edges.reshape(-1)[mesh.segment_side]] = True
    face, largest = find_faces(xy, mesh.corners, mesh.neighbours, is_edge_fixed[edges])
    start = np.searchsorted(noded.line, lines.ring_start)
    by_size = np.argsort(-shapely.area(pieces.footprints), kind="stable")
    building = fill_footprints(mesh.corners, mesh.neighbours, mesh.segment_side, start, by_size)
    return np.asarray(
        part_faces(
            xy, mesh.corners, building, face, largest, pieces.first_piece, _axis_of(pieces), *_cuts_of(pieces)
        )
    )


def _label_lost(labels: np.ndarray, xy: np.ndarray, corners: np.ndarray, count: int) -> None:
    """Give land out of reach of every piece to the nearest one's; in place."""
    lost = labels == -2
    if not lost.any():
        return
    known = labels >= 0
    if known.any():
        nearest = cKDTree(xy[corners[known]]).query(xy[corners[lost]])[1]
        labels[lost] = labels[known][nearest]
    else:
        labels[lost] = 0 if count else OUTSIDE


def _hosts(
    xy: np.ndarray, corners: np.ndarray, labels: np.ndarray, pieces: Pieces, has_ground: np.ndarray
) -> np.ndarray:
    """Return for each piece the piece whose ground it stands on."""
    host = np.arange(pieces.count)
    hidden = np.flatnonzero(~has_ground)
    if len(hidden) == 0 or not has_ground.any():
        return host
    inside = labels[:, 0] >= 0
    centres = xy[corners[inside]].mean(axis=1)
    building = np.searchsorted(pieces.first_piece, hidden, side="right") - 1
    at = shapely.get_coordinates(shapely.point_on_surface(pieces.footprints[building]))
    nearest = cKDTree(centres).query(at)[1]
    host[hidden] = labels[inside][nearest, 0]
    return host
