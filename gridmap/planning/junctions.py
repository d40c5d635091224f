# mypy: disable-error-code="no-untyped-def"
"""Where three borders meet over open land: the point is moved to where the borders around it bend least.

It may lie anywhere in its triangle of the mesh: no other border comes there. The place depends on nothing but
the three lines that end in it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

CENTRE = 2
IN_TRIANGLE = 0.15
"""How near to the sides of its triangle a meeting point may come, as a share of the height."""
LINES = 3
ROUNDS = 12
SHORTEST_M = 1e-3


@njit(cache=True)
def place_junctions(xy, starts, tail, head, is_open, node, mesh):
    """Return the nodes, with better places for those where three open borders end.

    Parameters
    ----------
    xy, starts
        Coordinates (m) of the borders drawn so far, and where each starts.
    tail, head, is_open
        (C,) end nodes of each border, and whether it crosses open land.
    node, mesh
        As in ``Outlines``.
    """
    count = node.shape[1]
    lines = np.zeros(count, np.int64)
    ahead = np.empty((count, LINES, 2))
    for c in range(len(tail)):
        for v, k in ((tail[c], starts[c] + 1), (head[c], starts[c + 1] - 2)):
            if is_open[c] and tail[c] != head[c] and node[2, v] == CENTRE:
                ahead[v, lines[v], 0], ahead[v, lines[v], 1] = xy[k, 0], xy[k, 1]
                lines[v] += 1
    out = node.copy()
    for v in np.flatnonzero(lines == LINES):
        _sort(ahead[v], LINES)
        corners = mesh[int(node[3, v])], mesh[int(node[4, v])], mesh[int(node[6, v])]
        _settle(out, v, ahead[v], corners)
    return out


@njit(cache=True)
def _sort(points, count):
    """Order points by x and y, so that it does not matter which line came first."""
    for i in range(1, count):
        j = i
        while j > 0 and (
            points[j, 0] < points[j - 1, 0]
            or (points[j, 0] == points[j - 1, 0] and points[j, 1] < points[j - 1, 1])
        ):
            for k in range(2):
                points[j, k], points[j - 1, k] = points[j - 1, k], points[j, k]
            j -= 1


@njit(cache=True)
def _settle(out, v, ahead, corners):
    """Move a point towards the least sum of distances (Weiszfeld 1937), as far as its triangle allows."""
    x, y = ahead[:, 0].mean(), ahead[:, 1].mean()
    for _ in range(ROUNDS):
        wx, wy, w = 0.0, 0.0, 0.0
        for i in range(3):
            near = 1 / max(np.hypot(ahead[i, 0] - x, ahead[i, 1] - y), SHORTEST_M)
            wx, wy, w = wx + near * ahead[i, 0], wy + near * ahead[i, 1], w + near
        x, y = wx / w, wy / w
    dx, dy = x - out[0, v], y - out[1, v]
    step = 1.0
    for k in range(3):
        a, b, c = corners[k], corners[(k + 1) % 3], corners[(k + 2) % 3]
        whole = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(whole) < SHORTEST_M * SHORTEST_M:
            return
        # share of the third corner now (1/3 in the middle), and how it changes over the whole step
        now = ((b[0] - a[0]) * (out[1, v] - a[1]) - (b[1] - a[1]) * (out[0, v] - a[0])) / whole
        change = ((b[0] - a[0]) * dy - (b[1] - a[1]) * dx) / whole
        if change < 0:
            step = min(step, max(0.0, (now - IN_TRIANGLE) / -change))
    out[0, v], out[1, v] = out[0, v] + step * dx, out[1, v] + step * dy
