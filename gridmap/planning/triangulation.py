# mypy: disable-error-code="no-untyped-def"
"""Constrained Delaunay triangulation of points on an integer grid.

Points are inserted one by one along a space-filling curve (walk, split, flip: Lawson 1977), then every
constraint that is not yet an edge is forced in by flipping the edges it crosses (Sloan 1993). Orientation
tests are exact in 64-bit integers, so the mesh is always a valid one; the in-circle test is floating point,
so nearly co-circular points may keep the other diagonal. Expected O(n log n). Not promised: that constraints
crossing each other are noded (the caller does that).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

COORDINATE_LIMIT = 1_000_000_000
"""Largest absolute coordinate: orientation stays exact in 64-bit integers."""
BACK, NEXT = np.array([2, 0, 1]), np.array([1, 2, 0])
"""Corner before and after a corner; side k lies opposite corner k."""


@dataclass(frozen=True)
class Mesh:
    """A triangulation; a side is 3 * triangle + the corner it lies opposite.

    Attributes
    ----------
    corners, neighbours
        (T, 3) points of each triangle, counter-clockwise, and the triangle across each side, -1 outside.
    segment_side
        (M,) side of the triangle on the left of each segment, -1 where it is not one edge.
    """

    corners: np.ndarray
    neighbours: np.ndarray
    segment_side: np.ndarray


@njit(cache=True)
def _orient(xy, a, b, c):
    return (xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1]) - (xy[b, 1] - xy[a, 1]) * (xy[c, 0] - xy[a, 0])


@njit(cache=True)
def _in_circle(xy, a, b, c, d):
    adx, ady = float(xy[a, 0] - xy[d, 0]), float(xy[a, 1] - xy[d, 1])
    bdx, bdy = float(xy[b, 0] - xy[d, 0]), float(xy[b, 1] - xy[d, 1])
    cdx, cdy = float(xy[c, 0] - xy[d, 0]), float(xy[c, 1] - xy[d, 1])
    return (
        (adx * adx + ady * ady) * (bdx * cdy - cdx * bdy)
        - (bdx * bdx + bdy * bdy) * (adx * cdy - cdx * ady)
        + (cdx * cdx + cdy * cdy) * (adx * bdy - bdx * ady)
    )


@njit(cache=True)
def _put(tv, tn, v2t, t, a, b, c, na, nb, nc):
    tv[t, 0], tv[t, 1], tv[t, 2] = a, b, c
    tn[t, 0], tn[t, 1], tn[t, 2] = na, nb, nc
    v2t[a] = t
    v2t[b] = t
    v2t[c] = t


@njit(cache=True)
def _relink(tn, t, old, new):
    if t >= 0:
        for k in range(3):
            if tn[t, k] == old:
                tn[t, k] = new
                return


@njit(cache=True)
def _index_of(tv, t, v):
    for k in range(3):
        if tv[t, k] == v:
            return k
    return -1


@njit(cache=True)
def _flip(tv, tn, v2t, t, i):
    """Turn the diagonal opposite corner i of t; both triangles start with that corner then."""
    u = tn[t, i]
    p, b, c = tv[t, i], tv[t, (i + 1) % 3], tv[t, (i + 2) % 3]
    n_cp, n_pb = tn[t, (i + 1) % 3], tn[t, (i + 2) % 3]
    j = 0
    while tn[u, j] != t:
        j += 1
    d = tv[u, j]
    n_bd, n_dc = tn[u, (j + 1) % 3], tn[u, (j + 2) % 3]
    _put(tv, tn, v2t, t, p, b, d, n_bd, u, n_pb)
    _put(tv, tn, v2t, u, p, d, c, n_dc, n_cp, t)
    _relink(tn, n_bd, u, t)
    _relink(tn, n_cp, t, u)
    return u


@njit(cache=True)
def _locate(xy, tv, tn, t, p):
    """Walk to the triangle that holds a point; the side looked at first turns, so the walk ends."""
    step = 0
    while True:
        moved = False
        for k0 in range(3):
            k = (k0 + step) % 3
            if _orient(xy, tv[t, (k + 1) % 3], tv[t, (k + 2) % 3], p) < 0:
                t = tn[t, k]
                moved = True
                break
        if not moved:
            return t
        step += 1


@njit(cache=True)
def _split(xy, tv, tn, v2t, t, p, count, stack):
    """Split t (or its edge that p lies on) at p; return how many triangles now start with p."""
    edge = -1
    for k in range(3):
        if _orient(xy, tv[t, (k + 1) % 3], tv[t, (k + 2) % 3], p) == 0:
            edge = k
    if edge < 0:
        a, b, c = tv[t, 0], tv[t, 1], tv[t, 2]
        na, nb, nc = tn[t, 0], tn[t, 1], tn[t, 2]
        t1, t2 = count, count + 1
        _put(tv, tn, v2t, t, p, b, c, na, t1, t2)
        _put(tv, tn, v2t, t1, p, c, a, nb, t2, t)
        _put(tv, tn, v2t, t2, p, a, b, nc, t, t1)
        _relink(tn, nb, t, t1)
        _relink(tn, nc, t, t2)
        stack[0], stack[1], stack[2] = t, t1, t2
        return 3
    a, b, c = tv[t, edge], tv[t, (edge + 1) % 3], tv[t, (edge + 2) % 3]
    nb, nc = tn[t, (edge + 1) % 3], tn[t, (edge + 2) % 3]
    u = tn[t, edge]
    j = 0
    while tn[u, j] != t:
        j += 1
    d = tv[u, j]
    n_bd, n_dc = tn[u, (j + 1) % 3], tn[u, (j + 2) % 3]
    t3, t4 = count, count + 1
    _put(tv, tn, v2t, t, p, a, b, nc, t4, u)
    _put(tv, tn, v2t, u, p, c, a, nb, t, t3)
    _put(tv, tn, v2t, t3, p, d, c, n_dc, u, t4)
    _put(tv, tn, v2t, t4, p, b, d, n_bd, t3, t)
    _relink(tn, n_dc, u, t3)  # before u becomes a neighbour's new name: one triangle may touch both
    _relink(tn, n_bd, u, t4)
    _relink(tn, nb, t, u)
    stack[0], stack[1], stack[2], stack[3] = t, u, t3, t4
    return 4


@njit(cache=True)
def _insert_points(xy, order, tv, tn, v2t):
    """Insert all points into the two triangles of the frame; return the number of triangles."""
    count, last = 2, 0
    stack = np.empty(4 * len(order) + 64, np.int64)
    for p in order:
        t = _locate(xy, tv, tn, last, p)
        top = _split(xy, tv, tn, v2t, t, p, count, stack)
        count += 2
        while top > 0:
            top -= 1
            t = stack[top]
            u = tn[t, 0]
            if u < 0:
                continue
            j = 0
            while tn[u, j] != t:
                j += 1
            d, b, c = tv[u, j], tv[t, 1], tv[t, 2]
            if _in_circle(xy, p, b, c, d) > 0 and _orient(xy, p, b, d) > 0 and _orient(xy, p, d, c) > 0:
                u = _flip(tv, tn, v2t, t, 0)
                stack[top], stack[top + 1] = t, u
                top += 2
        last = t
    return count


@njit(cache=True)
def _find_edge(tv, tn, v2t, a, b):
    """Return 3 * triangle + corner whose opposite edge is a-b, or -1."""
    for way in (1, 2):  # a corner of the frame has no triangle all around: turn the other way as well
        t = v2t[a]
        while t >= 0:
            i = _index_of(tv, t, a)
            if tv[t, (i + 1) % 3] == b:
                return 3 * t + (i + 2) % 3
            if tv[t, (i + 2) % 3] == b:
                return 3 * t + (i + 1) % 3
            t = tn[t, (i + way) % 3]
            if t == v2t[a]:
                return -1
    return -1


@njit(cache=True)
def _crossed_edges(xy, tv, tn, v2t, a, b, queue):  # noqa: C901 - turn about a point, then march
    """List the edges the segment a-b crosses up to the first point on it; return (count, that point)."""
    t0 = v2t[a]
    t = t0
    right, left = -1, -1
    while True:
        i = _index_of(tv, t, a)
        p, q = tv[t, (i + 1) % 3], tv[t, (i + 2) % 3]
        if p == b or q == b:
            return 0, b
        op, oq = _orient(xy, a, b, p), _orient(xy, a, b, q)
        if op == 0 and (
            (xy[p, 0] - xy[a, 0]) * (xy[b, 0] - xy[a, 0]) + (xy[p, 1] - xy[a, 1]) * (xy[b, 1] - xy[a, 1]) > 0
        ):
            return 0, p
        if op < 0 and oq > 0:
            right, left = p, q
            break
        t = tn[t, (i + 1) % 3]
        if t == t0 or t < 0:
            return 0, -1
    count = 0
    came_from = a
    while True:
        queue[count, 0], queue[count, 1] = right, left
        count += 1
        t = tn[t, _index_of(tv, t, came_from)]
        k = 0
        while tv[t, k] == right or tv[t, k] == left:
            k += 1
        d = tv[t, k]
        side = 0 if d == b else _orient(xy, a, b, d)
        if side == 0:
            return count, d
        if side > 0:
            came_from = left
            left = d
        else:
            came_from = right
            right = d
        if count >= len(queue) - 1:
            return 0, -1


@njit(cache=True)
def _force_edge(xy, tv, tn, v2t, a, b, queue, made):  # noqa: C901 - one queue of edges to flip
    """Flip edges until a-b is one; return the point reached (b, or one on a-b), -1 if impossible."""
    count, end = _crossed_edges(xy, tv, tn, v2t, a, b, queue)
    if end < 0 or count == 0:
        return end
    head, size, n_made, cap = 0, count, 0, len(queue)
    for _ in range(200 * count + 1000):
        if size == 0:
            break
        p, q = queue[head % cap, 0], queue[head % cap, 1]
        head += 1
        size -= 1
        te = _find_edge(tv, tn, v2t, p, q)
        if te < 0:
            return -1
        t, i = te // 3, te % 3
        u = tn[t, i]
        r = tv[t, i]
        j = 0
        while tn[u, j] != t:
            j += 1
        s = tv[u, j]
        b1, c1 = tv[t, (i + 1) % 3], tv[t, (i + 2) % 3]
        if _orient(xy, r, b1, s) > 0 and _orient(xy, r, s, c1) > 0:
            _flip(tv, tn, v2t, t, i)
            p, q = r, s
            crosses = False
            if r != a and r != end and s != a and s != end:
                crosses = (_orient(xy, a, end, r) > 0) != (_orient(xy, a, end, s) > 0)
            if not crosses:
                made[n_made, 0], made[n_made, 1] = r, s
                n_made += 1
                continue
        queue[(head + size) % cap, 0], queue[(head + size) % cap, 1] = p, q
        size += 1
    if size > 0:
        return -1
    for _ in range(3):
        for m in range(n_made):
            _improve(xy, tv, tn, v2t, made, m, a, end)
    return end


@njit(cache=True)
def _improve(xy, tv, tn, v2t, made, m, a, b):
    p, q = made[m, 0], made[m, 1]
    if (p == a and q == b) or (p == b and q == a):
        return
    te = _find_edge(tv, tn, v2t, p, q)
    if te < 0:
        return
    t, i = te // 3, te % 3
    u = tn[t, i]
    if u < 0:
        return
    r, b1, c1 = tv[t, i], tv[t, (i + 1) % 3], tv[t, (i + 2) % 3]
    j = 0
    while tn[u, j] != t:
        j += 1
    s = tv[u, j]
    if _in_circle(xy, r, b1, c1, s) > 0 and _orient(xy, r, b1, s) > 0 and _orient(xy, r, s, c1) > 0:
        _flip(tv, tn, v2t, t, i)
        made[m, 0], made[m, 1] = r, s


@njit(cache=True)
def _force_all(xy, tv, tn, v2t, segments):
    """Force every segment in."""
    queue = np.empty((20_000, 2), np.int64)
    made = np.empty((200_000, 2), np.int64)
    for s in range(len(segments)):
        a, b = segments[s, 0], segments[s, 1]
        while a != b and a >= 0 and _find_edge(tv, tn, v2t, a, b) < 0:
            a = _force_edge(xy, tv, tn, v2t, a, b, queue, made)


@njit(cache=True)
def _left_sides(tv, tn, v2t, segments):
    """Return for each segment the side of the triangle on its left, -1 where it is not one edge."""
    out = np.empty(len(segments), np.int64)
    for s in range(len(segments)):
        a, b = segments[s, 0], segments[s, 1]
        out[s] = _find_edge(tv, tn, v2t, a, b)
        t, k = out[s] // 3, out[s] % 3
        if out[s] >= 0 and tv[t, (k + 1) % 3] != a:
            u = tn[t, k]
            out[s] = 3 * u + 3 - _index_of(tv, u, a) - _index_of(tv, u, b) if u >= 0 else -1
    return out


@njit(cache=True)
def _curve_code(xy):
    """Return the place of points along a Morton curve."""
    x0, y0, x1, y1 = xy[0, 0], xy[0, 1], xy[0, 0], xy[0, 1]
    for i in range(len(xy)):
        x0, x1 = min(x0, xy[i, 0]), max(x1, xy[i, 0])
        y0, y1 = min(y0, xy[i, 1]), max(y1, xy[i, 1])
    scale = 65535.0 / max(x1 - x0, y1 - y0, 1)
    out = np.empty(len(xy), np.int64)
    for i in range(len(xy)):
        code, x, y = 0, int((xy[i, 0] - x0) * scale), int((xy[i, 1] - y0) * scale)
        for bit in range(16):
            code |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
        out[i] = code
    return out


def triangulate(points: np.ndarray, segments: np.ndarray) -> Mesh:
    """Triangulate points so that every segment is an edge.

    Parameters
    ----------
    points
        (N, 2) int64, all different, within +-``COORDINATE_LIMIT``. The first four must be the corners of a
        frame (counter-clockwise) strictly around all the others.
    segments
        (M, 2) point indices; segments meet only in points.

    Returns
    -------
    Mesh
        Covers the whole frame.
    """
    n = len(points)
    xy = np.ascontiguousarray(points, np.int64)
    corners = np.full((2 * n + 2, 3), -1, np.int64)
    neighbours = np.full((2 * n + 2, 3), -1, np.int64)
    any_triangle = np.zeros(n, np.int64)
    corners[0], neighbours[0] = (0, 1, 2), (-1, 1, -1)
    corners[1], neighbours[1] = (0, 2, 3), (-1, -1, 0)
    any_triangle[:4] = (0, 0, 0, 1)
    order = np.argsort(_curve_code(xy), kind="stable")
    count = _insert_points(xy, order[order >= 4], corners, neighbours, any_triangle)
    segments = np.ascontiguousarray(segments, np.int64).reshape(-1, 2)
    _force_all(xy, corners, neighbours, any_triangle, segments)
    side = _left_sides(corners, neighbours, any_triangle, segments)
    return Mesh(corners[:count], neighbours[:count], side)


def side_ends(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (as 3 * triangle + corner) at the start and end of sides given the same way."""
    t, k = side // 3, side % 3
    return 3 * t + NEXT[k], 3 * t + BACK[k]


def triangle_areas(xy: np.ndarray) -> np.ndarray:
    """Return the areas of (T, 3, 2) triangles."""
    u, v = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    return np.asarray((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2)
