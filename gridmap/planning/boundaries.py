"""Polygons of micro-grids, drawn from the cells of their buildings.

The border between two territories is a chain of cell borders between the points where territories meet. How
a chain is drawn depends on nothing but its own stretch of the mesh (see ``straightening``): chains cannot
cross each other nor a footprint, both neighbours use the same chain, so the polygons tile the parent by
construction, and drawing only what a change touches gives the same bytes as drawing all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridmap.planning.cells import Borders, node_coordinates
from gridmap.planning.junctions import place_junctions
from gridmap.planning.land import OUTSIDE, Land
from gridmap.planning.rings import gather_polygons, ring_areas, walk_rings
from gridmap.planning.straightening import (
    CENTRE,
    CLEAR_SHARE,
    MIDDLE,
    POINT,
    copy_chains,
    least_heights,
    straighten_chains,
    trace_chains,
)
from gridmap.planning.triangulation import BACK, side_ends

STRAIGHT_M = 1e-4
ON_LINE_M = 1e-8
"""Points of walls and outlines are left out only where they lie on the line: neighbours draw the same one."""
ROAD_SHARE = 0.3
SCRAP_M2, CUT_M2, DUST_M2 = 2.0, 0.005, 1e-4
"""Detached land below the first and parts of footprints below the second go to a neighbour; what is below the
third and has none is left out."""
_OPEN, _ROAD, _WALL = range(3)


@dataclass(frozen=True)
class Outlines:
    """Borders of cells, ready to be joined to borders of territories.

    Attributes
    ----------
    a, b
        (S,) end nodes of border pieces, numbered 0.. in the order of the mesh.
    left, right
        (S,) ground pieces on both sides, -1 beyond the parent.
    kind
        (S,) open land, along a barrier, along a wall or the outline.
    left_point
        (S,) mesh point on the left of a piece that crosses a triangle, else -1.
    node
        (7, N) per node: x, y (m), role, ends of its mesh edge or two corners of its triangle, room to
        move (m), third corner.
    pinned
        (N,) true where an open border must pass.
    mesh
        (M, 2) coordinates (m) of mesh points.
    """

    a: np.ndarray
    b: np.ndarray
    left: np.ndarray
    right: np.ndarray
    kind: np.ndarray
    left_point: np.ndarray
    node: np.ndarray
    pinned: np.ndarray
    mesh: np.ndarray


def build_outlines(land: Land, borders: Borders, count: int) -> Outlines:
    """Prepare the borders of ``count`` cells (or of any other labelling of the mesh)."""
    n, e = len(land.xy), len(land.edge_sides)
    number = np.zeros(n + e + len(land.corners), np.int64)
    number[borders.start] = number[borders.end] = 1
    nodes = np.flatnonzero(number)
    number[nodes] = np.arange(len(nodes))
    role = np.where(nodes < n, POINT, np.where(nodes < n + e, MIDDLE, CENTRE))
    kind = _kinds(land, borders)
    points, middles = nodes[role == POINT], nodes[role == MIDDLE] - n
    flat = land.corners.reshape(-1)
    node = np.zeros((7, len(nodes)))
    node[:2] = node_coordinates(land, nodes).T
    node[2] = role
    one, other = side_ends(land.edge_sides[middles, 0])
    node[3, role == MIDDLE], node[4, role == MIDDLE] = flat[one], flat[other]
    triangle = land.corners[nodes[role == CENTRE] - n - e]
    node[3, role == CENTRE], node[4, role == CENTRE], node[6, role == CENTRE] = triangle.T
    node[5] = np.inf
    node[5, role == POINT] = CLEAR_SHARE * least_heights(land.xy, land.corners, nodes[role == POINT])
    pinned = np.zeros(len(nodes), bool)
    pinned[role == POINT] = land.is_wall[points]
    a, b = number[borders.start], number[borders.end]
    _close_up(node, a, b, borders.edge >= 0)
    cells = Outlines(
        a, b, borders.left, borders.right, kind, _left_points(land, borders), node, pinned, land.xy
    )
    return _join_scraps(cells, count)


def _close_up(node: np.ndarray, a: np.ndarray, b: np.ndarray, on_edge: np.ndarray) -> None:
    """Move middles of edges shorter than can be told apart onto the end they are joined to, in place."""
    rows = np.flatnonzero(on_edge)
    apart = np.hypot(*(node[:2, a[rows]] - node[:2, b[rows]]))
    for i in rows[apart < STRAIGHT_M].tolist():
        middle, end = (a[i], b[i]) if node[2, a[i]] == MIDDLE else (b[i], a[i])
        if node[2, middle] == MIDDLE and node[2, end] == POINT:
            node[:2, middle] = node[:2, end]


def _kinds(land: Land, borders: Borders) -> np.ndarray:
    """Classify border pieces: open land, along a barrier, or along a wall or the parent's outline."""
    kind = np.full(len(borders.start), _OPEN)
    on_edge = borders.edge >= 0
    edge = borders.edge[on_edge]
    b, c = side_ends(land.edge_sides[edge, 0])
    flat = land.corners.reshape(-1)
    wall = land.is_wall[flat[b]] & land.is_wall[flat[c]]
    outer = (borders.left[on_edge] < 0) | (borders.right[on_edge] < 0)
    road = land.edge_barrier[edge] > 0
    kind[on_edge] = np.where(outer, _WALL, np.where(road, _ROAD, np.where(wall, _WALL, _OPEN)))
    return kind


def _left_points(land: Land, borders: Borders) -> np.ndarray:
    """Return the mesh point to the left of every border piece inside a triangle, -1 for pieces on edges."""
    n, e = len(land.xy), len(land.edge_sides)
    out = np.full(len(borders.start), -1)
    flat = land.corners.reshape(-1)
    in_triangle = borders.edge < 0
    from_centre = borders.start >= n + e
    across = np.flatnonzero(in_triangle & ~from_centre)
    b1, c1 = side_ends(land.edge_sides[borders.start[across] - n, 0])
    b2, c2 = side_ends(land.edge_sides[borders.end[across] - n, 0])
    b1, c1, b2, c2 = flat[b1], flat[c1], flat[b2], flat[c2]
    out[across] = np.where((b1 == b2) | (b1 == c2), b1, c1)  # cut off from the other two corners
    spokes = np.flatnonzero(from_centre)
    triangle = borders.start[spokes] - n - e
    side = (land.edges[triangle] == (borders.end[spokes] - n)[:, None]).argmax(axis=1)
    out[spokes] = land.corners[triangle, BACK[side]]
    return out


def draw_territories(
    outlines: Outlines,
    territory: np.ndarray,
    count: int,
    tolerance_m: float,
    wanted: np.ndarray | None = None,
) -> np.ndarray:
    """Draw territories.

    Parameters
    ----------
    outlines
        Borders of the cells.
    territory
        (P,) territory 0.. of each ground piece.
    count
        Number of territories.
    tolerance_m
        How far a border along a barrier may be from it, about.
    wanted
        (count,) which ones to draw, by default all.

    Returns
    -------
    numpy.ndarray
        (count,) MultiPolygons in metres, None for a territory without ground and for those not wanted.
    """
    of_piece = np.append(territory, -1)  # beyond the parent
    left, right = of_piece[outlines.left], of_piece[outlines.right]
    rows = np.flatnonzero(left != right)
    left, right = left[rows], right[rows]
    asked = np.append(np.ones(count, bool) if wanted is None else wanted, False)
    around = asked if wanted is None else _meeting(outlines, rows, left, right, asked)
    a, b, kind = outlines.a[rows], outlines.b[rows], outlines.kind[rows]
    chains = trace_chains(a, b, kind, outlines.pinned, around[left] | around[right])
    xy, starts, label, *_ = _draw_rings(outlines, rows, chains, left, right, asked, tolerance_m)
    return gather_polygons(xy, starts, label, count)


def _meeting(
    outlines: Outlines, rows: np.ndarray, left: np.ndarray, right: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Tell which territories meet the ones asked for, these included, in a border or in a point."""
    near = np.zeros(len(outlines.pinned), bool)
    own = asked[left] | asked[right]
    a, b = outlines.a[rows], outlines.b[rows]
    near[a[own]] = near[b[own]] = True
    there = near[a] | near[b]
    out = asked.copy()
    out[left[there]] = out[right[there]] = True
    out[-1] = False
    return out


def _draw_rings(
    outlines: Outlines,
    rows: np.ndarray,
    chains: tuple[np.ndarray, np.ndarray, np.ndarray],
    left: np.ndarray,
    right: np.ndarray,
    asked: np.ndarray,
    tolerance_m: float | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Straighten chains (but for None) and walk along them; returns what ``walk_rings`` does."""
    order, forward, starts = chains
    a, b = outlines.a[rows], outlines.b[rows]
    first, last = starts[:-1], starts[1:] - 1
    tail = np.where(forward[first], a[order[first]], b[order[first]])
    head = np.where(forward[last], b[order[last]], a[order[last]])
    node, mesh, kind = outlines.node, outlines.mesh, outlines.kind[rows]
    if tolerance_m is None:
        xy, line_starts = copy_chains(order, forward, starts, a, b, node)
    else:
        tolerance = np.array([0.0, tolerance_m * ROAD_SHARE, ON_LINE_M])
        chain = order, forward, starts, a, b, kind, outlines.left_point[rows]
        xy, line_starts = straighten_chains(*chain, node, mesh, tolerance)
        node = place_junctions(xy, line_starts, tail, head, kind[order[first]] == _OPEN, node, mesh)
        xy, line_starts = straighten_chains(*chain, node, mesh, tolerance)
    own, foreign = left[order[first]], right[order[first]]
    on_left, on_right = np.where(forward[first], own, foreign), np.where(forward[first], foreign, own)
    return walk_rings(xy, line_starts, tail, head, on_left, on_right, len(outlines.pinned), asked)


def _join_scraps(outlines: Outlines, count: int) -> Outlines:
    """Give scraps of land apart from the rest of their cell to the neighbour with the longest border."""
    everyone = np.append(np.ones(count, bool), False)
    rows = np.arange(len(outlines.a))
    chains = trace_chains(outlines.a, outlines.b, outlines.kind, outlines.pinned, np.ones(len(rows), bool))
    xy, starts, label, walked, side_starts = _draw_rings(
        outlines, rows, chains, outlines.left, outlines.right, everyone, None
    )
    area = ring_areas(xy, starts)
    largest = np.zeros(count)
    np.maximum.at(largest, label, area)
    scraps = np.flatnonzero((area > 0) & (area < np.where(area < largest[label], SCRAP_M2, CUT_M2)))
    if len(scraps) == 0:
        return outlines
    order, forward, chain_starts = chains
    left, right = outlines.left.copy(), outlines.right.copy()
    length = np.hypot(*(outlines.node[:2, outlines.a] - outlines.node[:2, outlines.b]))
    for scrap in scraps.tolist():
        sides = walked[side_starts[scrap] : side_starts[scrap + 1]]
        chain = np.concatenate([np.arange(chain_starts[c], chain_starts[c + 1]) for c in sides // 2])
        own = order[chain]
        is_left = forward[chain] == np.repeat(sides % 2 == 0, np.diff(chain_starts)[sides // 2])
        other = np.where(is_left, right[own], left[own])
        metres = np.bincount(other + 1, length[own])[1:]
        is_alone = not metres.any()
        if area[scrap] >= (DUST_M2 if is_alone else CUT_M2) and (outlines.kind[own] == _WALL).any():
            continue
        heir = OUTSIDE if is_alone else metres.argmax()
        left[own[is_left]] = heir
        right[own[~is_left]] = heir
    return replace(outlines, left=left, right=right)


def touched_by(outlines: Outlines, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the territories whose polygons may differ when ground pieces change hands.

    These are all that meet a cell that changed, in a border or in a point, and all that meet those: where a
    border changes, the points where it ends may move.
    """
    changed = np.append(before != after, False)
    near = np.zeros(len(outlines.pinned), bool)
    moved = changed[outlines.left] | changed[outlines.right]
    near[outlines.a[moved]] = near[outlines.b[moved]] = True
    around = near[outlines.a] | near[outlines.b]
    pieces = np.unique(np.concatenate([outlines.left[around], outlines.right[around]]))
    pieces = pieces[pieces >= 0]
    first = np.unique(np.concatenate([before[pieces], after[pieces]]))
    asked = np.zeros(int(max(before.max(), after.max())) + 2, bool)
    asked[first[first >= 0]] = True
    of_piece = np.append(after, -1)
    left, right = of_piece[outlines.left], of_piece[outlines.right]
    rows = np.flatnonzero(left != right)
    return np.flatnonzero(_meeting(outlines, rows, left[rows], right[rows], asked))
