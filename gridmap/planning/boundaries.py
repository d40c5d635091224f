"""Polygons of micro-grids, drawn from the labelled land.

Borders are traced as chains between the points where three territories meet. Stretches over open land are
straightened, stretches along roads a little, walls and the parent's outline not at all; a straightened
stretch that would cut a footprint or another stretch goes back to what it was. Both neighbours use the same
chain, so the polygons tile the parent by construction.
"""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from numba import njit

from gridmap.planning.cells import Borders, find_borders, node_coordinates
from gridmap.planning.land import Land

STRAIGHT_M = 1e-4
ROAD_SHARE = 0.3
_OPEN, _ROAD, _WALL = range(3)


@njit(cache=True)
def _trace(a, b, node_start, node_edges, is_break):  # type: ignore[no-untyped-def]
    """Order border pieces into runs of one kind; return piece order, direction and run starts."""
    m = len(a)
    used = np.zeros(m, np.bool_)
    order = np.empty(m, np.int64)
    forward = np.empty(m, np.bool_)
    starts = np.empty(m + 1, np.int64)
    done, runs = 0, 0
    for pass_no in range(2):
        for e0 in range(m):
            if used[e0]:
                continue
            if pass_no == 0 and not (is_break[a[e0]] or is_break[b[e0]]):
                continue
            starts[runs] = done
            runs += 1
            e, v = e0, (b[e0] if is_break[a[e0]] or pass_no == 1 else a[e0])
            while True:
                used[e] = True
                order[done] = e
                forward[done] = b[e] == v
                done += 1
                if is_break[v]:
                    break
                following = -1
                for i in range(node_start[v], node_start[v + 1]):
                    if not used[node_edges[i]]:
                        following = node_edges[i]
                if following < 0:
                    break
                e = following
                v = b[e] if a[e] == v else a[e]
    starts[runs] = done
    return order, forward, starts[: runs + 1]


def _kinds(land: Land, borders: Borders) -> np.ndarray:
    """Classify border pieces: open land, along a barrier, or along a wall or the parent's outline."""
    kind = np.full(len(borders.start), _OPEN)
    on_edge = borders.edge >= 0
    sides = land.edge_sides[borders.edge[on_edge]] // 3
    a = land.corners.reshape(-1)
    s = land.edge_sides[borders.edge[on_edge], 0]
    t, k = s // 3, s % 3
    p, q = a[3 * t + (k + 1) % 3], a[3 * t + (k + 2) % 3]
    wall = land.is_wall[p] & land.is_wall[q]
    road = land.edge_barrier[borders.edge[on_edge]] > 0
    outer = (land.labels[sides[:, 0], 0] < 0) | (land.labels[sides[:, 1], 0] < 0)
    kind[on_edge] = np.where(outer, _WALL, np.where(road, _ROAD, np.where(wall, _WALL, _OPEN)))
    return kind


def trace_runs(land: Land, labels: np.ndarray) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Return runs of border as coordinates (m), their kind, and the labels on their left and right."""
    borders = find_borders(land, labels)
    kind = _kinds(land, borders)
    nodes, ends = np.unique(np.stack([borders.start, borders.end]), return_inverse=True)
    a, b = ends.reshape(2, -1)
    m, n = len(a), len(nodes)
    both = np.concatenate([a, b])
    order = np.argsort(both, kind="stable")
    node_edges = order % m
    degree = np.bincount(both, minlength=n)
    node_start = np.zeros(n + 1, np.int64)
    node_start[1:] = np.cumsum(degree)
    low, high = np.full(n, 9), np.full(n, -1)
    np.minimum.at(low, both, np.tile(kind, 2))
    np.maximum.at(high, both, np.tile(kind, 2))
    is_break = (degree != 2) | (low != high)
    is_mesh_point = nodes < len(land.xy)
    pinned = is_mesh_point.copy()
    pinned[is_mesh_point] = land.is_wall[nodes[is_mesh_point]]
    is_break |= pinned & (low != _WALL)
    piece, forward, starts = _trace(a, b, node_start, node_edges, is_break)
    xy = node_coordinates(land, nodes)
    head, tail = np.where(forward, a[piece], b[piece]), np.where(forward, b[piece], a[piece])
    runs = [xy[np.append(head[s], tail[s:e])] for s, e in itertools.pairwise(starts)]
    first = starts[:-1]
    left = np.where(forward, borders.left[piece], borders.right[piece])[first]
    right = np.where(forward, borders.right[piece], borders.left[piece])[first]
    return runs, kind[piece[first]], left, right


def straighten(
    runs: list[np.ndarray], kind: np.ndarray, footprints: np.ndarray, tolerance_m: float
) -> np.ndarray:
    """Return runs as lines, straightened where that cuts neither footprints nor other runs."""
    exact = np.array([shapely.LineString(r) for r in runs], dtype=object)
    tolerance = np.array([tolerance_m, tolerance_m * ROAD_SHARE, STRAIGHT_M])[kind]
    original = shapely.simplify(exact, STRAIGHT_M, preserve_topology=False)
    closed = shapely.is_closed(exact)
    lines = shapely.simplify(exact, tolerance, preserve_topology=False)
    lines[closed] = exact[closed]
    tree = shapely.STRtree(footprints) if len(footprints) else None
    for factor in (0.4, 0.0):
        changed = np.flatnonzero((kind != _WALL) & ~closed)
        bad = _crossing(lines, changed, tree)
        if len(bad) == 0:
            return lines
        lines[bad] = (
            shapely.simplify(exact[bad], tolerance[bad] * factor, preserve_topology=False)
            if factor
            else original[bad]
        )
    for _ in range(4):
        bad = _crossing(lines, np.arange(len(lines)), None)
        bad = bad[~shapely.equals_exact(lines[bad], original[bad])]
        if len(bad) == 0:
            return lines
        lines[bad] = original[bad]
    return exact


def _crossing(lines: np.ndarray, which: np.ndarray, footprints: shapely.STRtree | None) -> np.ndarray:
    """Return which of these lines cut a footprint, another line or themselves."""
    bad = [which[~shapely.is_simple(lines[which])]]
    if footprints is not None:  # a short cut across a corner lies wholly within
        bad += [which[footprints.query(lines[which], predicate=cuts)[0]] for cuts in ("crosses", "within")]
    tree = shapely.STRtree(lines)
    bad += [which[tree.query(lines[which], predicate=cuts)[0]] for cuts in ("crosses", "overlaps")]
    return np.unique(np.concatenate(bad))


def build_polygons(
    land: Land, labels: np.ndarray, count: int, footprints: np.ndarray, tolerance_m: float
) -> np.ndarray:
    """Draw the territory of each label.

    Parameters
    ----------
    land
        The mesh of the parent.
    labels
        (T, 3) territory per corner, -1 outside.
    count
        Number of territories.
    footprints
        Footprints (m) not to be cut.
    tolerance_m
        How far a border over open land may move.

    Returns
    -------
    numpy.ndarray
        (count,) MultiPolygons in metres, None for a label without ground.
    """
    runs, kind, left, right = trace_runs(land, labels)
    lines = straighten(runs, kind, footprints, tolerance_m)
    faces = shapely.get_parts(shapely.polygonize(lines))
    faces = shapely.orient_polygons(faces)
    owner = _owners(faces, lines, left, right)
    out = np.full(count, None, dtype=object)
    for label in np.unique(owner[owner >= 0]):
        out[label] = shapely.multipolygons([faces[owner == label]])[0]
    return out


def _owners(faces: np.ndarray, lines: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Tell each face's label from the border piece its outer ring starts with."""
    coords, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[1:] == line[:-1]
    a, b, which = coords[:-1][inside], coords[1:][inside], line[:-1][inside]
    side: dict[tuple[float, ...], int] = {}
    for (ax, ay), (bx, by), i in zip(a.tolist(), b.tolist(), which.tolist(), strict=True):
        side[ax, ay, bx, by] = int(left[i])
        side[bx, by, ax, ay] = int(right[i])
    owner = np.full(len(faces), -1)
    for i, face in enumerate(faces):
        ring = shapely.get_coordinates(shapely.get_exterior_ring(face))[:2].tolist()
        owner[i] = side[ring[0][0], ring[0][1], ring[1][0], ring[1][1]]
    return owner
