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
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from gridmap.planning.pieces import Pieces, cut_lines
from gridmap.planning.triangulation import (
    BACK,
    COORDINATE_LIMIT,
    NEXT,
    side_ends,
    triangle_areas,
    triangulate,
)

OUTSIDE = -1
SNAP_M = 1e-5
ACROSS_BARRIER_M = 1e4


@dataclass(frozen=True)
class Land:
    """A parent cut into labelled triangles (lengths in metres of the local frame).

    Attributes
    ----------
    xy
        (N, 2) coordinates of mesh points in metres.
    corners, edges
        (T, 3) point and edge index; edge k lies opposite corner k.
    edge_sides
        (E, 2) as 3 * triangle + corner of the two sides of an edge, -1 outside the frame.
    labels
        (T, 3) piece each corner belongs to, ``OUTSIDE`` beyond the parent.
    edge_barrier
        (E,) cost of the barrier along the edge, 0 for none.
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
    edge_barrier: np.ndarray
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
    xy, corners, constraint_keys, snap = _mesh(parent, pieces, barriers, spacing_m)
    edges, edge_sides, keys = _edges_of(corners, len(xy))
    is_constraint = np.isin(keys, constraint_keys)
    triangle_piece, has_ground = _locate_faces(xy, corners, edge_sides, is_constraint, parent, pieces)
    edge_barrier = _barrier_edges(
        xy, keys, edge_sides, is_constraint, triangle_piece, barriers, barrier_costs, 4 * snap
    )
    labels = _label_corners(xy, corners, edge_sides, triangle_piece, edge_barrier > 0)
    if pieces.count and (labels[triangle_piece > -2] < 0).any():
        labels[(triangle_piece > -2)[:, None] & (labels < 0)] = 0
    host = _hosts(xy, corners, labels, pieces, has_ground)
    is_wall = np.zeros(len(xy), bool)
    side = np.where(edge_sides >= 0, triangle_piece[edge_sides // 3], -2)
    fixed = side[:, 0] != side[:, 1]
    a, b = keys // len(xy), keys % len(xy)
    is_wall[a[fixed]] = is_wall[b[fixed]] = True
    is_line = np.zeros(len(xy), bool)
    is_line[a[edge_barrier > 0]] = is_line[b[edge_barrier > 0]] = True
    return Land(xy, corners, edges, edge_sides, labels, edge_barrier, is_wall, is_line, has_ground, host)


def _mesh(
    parent: shapely.Geometry, pieces: Pieces, barriers: np.ndarray, spacing_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return points (m), triangles, keys of constraint edges, and the snapping grid (m)."""
    x0, y0, x1, y1 = shapely.bounds(parent)
    if len(pieces.footprints):
        fx0, fy0, fx1, fy1 = shapely.total_bounds(pieces.footprints)
        x0, y0, x1, y1 = min(x0, fx0), min(y0, fy0), max(x1, fx1), max(y1, fy1)
    reach = max(abs(x0), abs(x1), abs(y0), abs(y1)) + 10.0
    snap = max(SNAP_M, 2 * reach / COORDINATE_LIMIT)
    near = shapely.clip_by_rect(barriers, x0, y0, x1, y1) if len(barriers) else barriers
    walls = shapely.segmentize(shapely.boundary(pieces.footprints), spacing_m)
    others = shapely.segmentize(np.array([shapely.boundary(parent), *near], dtype=object), 2 * spacing_m)
    lines = np.concatenate([walls, others, np.array(cut_lines(pieces), dtype=object)])
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=snap))
    noded = noded[shapely.get_dimensions(noded) == 1]
    coords, owner = shapely.get_coordinates(noded, return_index=True)
    grid = np.rint(coords / snap).astype(np.int64)
    points, index = np.unique(grid, axis=0, return_inverse=True)
    index = index.reshape(-1) + 4
    keep = (owner[1:] == owner[:-1]) & (index[1:] != index[:-1])
    segments = np.sort(np.stack([index[:-1][keep], index[1:][keep]], axis=1), axis=1)
    m = int(10.0 / snap)
    (gx0, gy0), (gx1, gy1) = points.min(axis=0) - m, points.max(axis=0) + m
    frame = np.array([(gx0, gy0), (gx1, gy0), (gx1, gy1), (gx0, gy1)], np.int64)
    points = np.concatenate([frame, points])
    centre = (frame[0] + frame[2]) // 2
    mesh = triangulate(points - centre, segments)
    return points * snap, mesh.corners, np.unique(segments[:, 0] * len(points) + segments[:, 1]), snap


def _edges_of(corners: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return edge index per triangle side, the two sides of each edge, and its key (low * n + high)."""
    a, b = corners[:, NEXT], corners[:, BACK]
    key = (np.minimum(a, b) * n + np.maximum(a, b)).reshape(-1)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.ones(len(key), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    edge_of = np.empty(len(key), np.int64)
    edge_of[order] = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    sides = np.full((len(starts), 2), -1, np.int64)
    sides[:, 0] = order[starts]
    paired = np.zeros(len(starts), bool)
    paired[:-1] = np.diff(starts) == 2
    paired[-1] = len(key) - starts[-1] == 2
    sides[paired, 1] = order[starts[paired] + 1]
    return edge_of.reshape(-1, 3), sides, ordered[starts]


def _locate_faces(
    xy: np.ndarray,
    corners: np.ndarray,
    edge_sides: np.ndarray,
    is_constraint: np.ndarray,
    parent: shapely.Geometry,
    pieces: Pieces,
) -> tuple[np.ndarray, np.ndarray]:
    """Tell for each triangle its piece, -1 for land and -2 for outside."""
    count = len(corners)
    free = ~is_constraint & (edge_sides[:, 1] >= 0)
    a, b = edge_sides[free, 0] // 3, edge_sides[free, 1] // 3
    links = coo_array((np.ones(len(a), bool), (a, b)), shape=(count, count))
    face = connected_components(links, directed=False)[1]
    tri = xy[corners]
    area = triangle_areas(tri)
    order = np.lexsort((area, face))
    largest = order[np.flatnonzero(np.append(np.diff(face[order]) > 0, True))]
    centres = shapely.points(tri[largest].mean(axis=1))
    shapely.prepare(parent)
    face_piece = np.where(shapely.intersects(parent, centres), -1, -2)
    if len(pieces.footprints):
        inside = np.flatnonzero(face_piece == -1)
        by_size = np.argsort(shapely.area(pieces.footprints), kind="stable")
        tree = shapely.STRtree(pieces.footprints[by_size])
        point, rank = tree.query(centres[inside], predicate="intersects")
        best = np.full(len(inside), len(by_size))
        np.minimum.at(best, point, rank)
        hit = best < len(by_size)
        building = by_size[best[hit]]
        where = tri[largest[inside[hit]]].mean(axis=1)
        face_piece[inside[hit]] = pieces.first_piece[building] + _part_along(pieces, building, where)
    triangle_piece = face_piece[face]
    has_ground = np.zeros(pieces.count, bool)
    has_ground[triangle_piece[triangle_piece >= 0]] = True
    return triangle_piece, has_ground


def _part_along(pieces: Pieces, building: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return which part of its footprint each point lies in."""
    part = np.zeros(len(building), np.int64)
    for i in np.flatnonzero(pieces.piece_count[building] > 1):
        b = building[i]
        ox, oy, ux, uy = pieces.axis[b]
        t = (where[i, 0] - ox) * ux + (where[i, 1] - oy) * uy
        part[i] = np.searchsorted(pieces.cuts[b], t)
    return part


def _barrier_edges(
    xy: np.ndarray,
    keys: np.ndarray,
    edge_sides: np.ndarray,
    is_constraint: np.ndarray,
    triangle_piece: np.ndarray,
    barriers: np.ndarray,
    costs: np.ndarray,
    tolerance_m: float,
) -> np.ndarray:
    """Return the crossing cost of each edge that runs on a barrier through open land."""
    cost = np.zeros(len(keys))
    if not len(barriers):
        return cost
    both_land = (edge_sides[:, 1] >= 0) & (triangle_piece[edge_sides // 3] == -1).all(axis=1)
    candidates = np.flatnonzero(is_constraint & both_land)
    a, b = keys[candidates] // len(xy), keys[candidates] % len(xy)
    middles = shapely.points((xy[a] + xy[b]) / 2)
    edge, line = shapely.STRtree(barriers).query(middles, predicate="dwithin", distance=tolerance_m)
    np.maximum.at(cost, candidates[edge], costs[line])
    return cost


def _label_corners(
    xy: np.ndarray,
    corners: np.ndarray,
    edge_sides: np.ndarray,
    triangle_piece: np.ndarray,
    is_barrier: np.ndarray,
) -> np.ndarray:
    """Give every triangle corner inside the parent the piece nearest over land."""
    labels = np.where(triangle_piece == -2, OUTSIDE, triangle_piece)[:, None].repeat(3, axis=1)
    land = triangle_piece == -1
    if not land.any() or not (triangle_piece >= 0).any():
        return labels
    paired = edge_sides[:, 1] >= 0
    s1, s2 = edge_sides[:, 0], np.where(paired, edge_sides[:, 1], edge_sides[:, 0])
    land1, land2 = land[s1 // 3], land[s2 // 3] & paired
    # corner ids of the two ends of each edge, seen from both sides
    b1, c1 = side_ends(s1)
    c2, b2 = side_ends(s2)
    through = land1 & land2 & ~is_barrier
    links = coo_array(
        (
            np.ones(2 * int(through.sum()), bool),
            (np.concatenate([b1[through], c1[through]]), np.concatenate([b2[through], c2[through]])),
        ),
        shape=(labels.size, labels.size),
    )
    wedge = connected_components(links, directed=False)[1]
    source_wedge, source_label = _sources(triangle_piece, s1, s2, paired, land, wedge)
    nearest, contested = _first_reached(
        xy, corners, wedge, source_wedge, source_label, (b1, c1, b2, c2), land1, land2, is_barrier
    )
    flat = labels.reshape(-1)
    land_corners = np.repeat(land, 3)
    flat[land_corners] = nearest[wedge[land_corners]]
    _settle_contested(labels, wedge.reshape(-1, 3), land, contested, source_wedge, source_label)
    return labels


def _sources(
    triangle_piece: np.ndarray,
    s1: np.ndarray,
    s2: np.ndarray,
    paired: np.ndarray,
    land: np.ndarray,
    wedge: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return unique pairs (wedge touching a wall, piece behind the wall)."""
    wedges, labels = [], []
    for near, far in ((s1, s2), (s2, s1)):
        wall = paired & land[near // 3] & (triangle_piece[far // 3] >= 0)
        for ends in side_ends(near[wall]):
            wedges.append(wedge[ends])
            labels.append(triangle_piece[far[wall] // 3])
    pairs = np.unique(np.stack([np.concatenate(wedges), np.concatenate(labels)], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _first_reached(
    xy: np.ndarray,
    corners: np.ndarray,
    wedge: np.ndarray,
    source_wedge: np.ndarray,
    source_label: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    land1: np.ndarray,
    land2: np.ndarray,
    is_barrier: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the piece of every wedge and which wedges touch walls of several pieces."""
    b1, c1, b2, c2 = ends
    count = int(wedge.max()) + 1
    point = np.empty(count, np.int64)
    point[wedge] = corners.reshape(-1)
    first = land1
    second = land2 & (is_barrier | ~land1)
    cross = land1 & land2 & is_barrier
    tail = np.concatenate([wedge[b1[first]], wedge[b2[second]], wedge[b1[cross]], wedge[c1[cross]]])
    head = np.concatenate([wedge[c1[first]], wedge[c2[second]], wedge[b2[cross]], wedge[c2[cross]]])
    length = np.hypot(*(xy[point[tail]] - xy[point[head]]).T)
    length[length == 0] = ACROSS_BARRIER_M
    label = np.full(count, -1)
    label[source_wedge[::-1]] = source_label[::-1]  # the lowest label wins
    contested = np.zeros(count, bool)
    contested[source_wedge[1:][source_wedge[1:] == source_wedge[:-1]]] = True
    sources = np.unique(source_wedge)
    if len(sources) == 0:
        return label, contested
    graph = coo_array((length, (tail, head)), shape=(count, count)).tocsr()
    reached = dijkstra(graph, directed=False, indices=sources, min_only=True, return_predecessors=True)[2]
    found = reached >= 0
    label[found] = label[reached[found]]
    is_land = np.zeros(count, bool)
    is_land[tail] = is_land[head] = True
    lost = np.flatnonzero(is_land & (label < 0))
    if len(lost):
        nearest = cKDTree(xy[point[sources]]).query(xy[point[lost]])[1]
        label[lost] = label[sources[nearest]]
    return label, contested


def _settle_contested(
    labels: np.ndarray,
    wedge: np.ndarray,
    land: np.ndarray,
    contested: np.ndarray,
    source_wedge: np.ndarray,
    source_label: np.ndarray,
) -> None:
    """Where two walls meet in a point, let each triangle there follow the wall it also touches elsewhere."""
    span = int(source_label.max()) + 1
    known = source_wedge * span + source_label
    for k in range(3):
        rows = np.flatnonzero(land & contested[wedge[:, k]])
        own, after, before = labels[rows, k], labels[rows, NEXT[k]], labels[rows, BACK[k]]
        alone = (own != after) & (own != before)
        for other in (before, after):
            fits = alone & (other >= 0) & np.isin(wedge[rows, k] * span + other, known)
            labels[rows[fits], k] = other[fits]


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
