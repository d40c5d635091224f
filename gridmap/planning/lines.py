# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that make lines ready for noding: cuts across footprints, pieces with ends on a grid.

Coordinates stand in one array for all lines, with the line each is of beside them.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def lay_pieces(coords, line, spacing, rank, snap, ends, exact, of, level):
    """Cut lines into pieces no longer than their spacing; return how many.

    Fills their ends on the grid and exactly, the line each is of, and the level of its ends: twice the rank
    of the line, plus one for a point between its vertices.
    """
    m = 0
    for i in range(len(coords) - 1):
        if line[i] != line[i + 1]:
            continue
        x, y = coords[i, 0], coords[i, 1]
        dx, dy = coords[i + 1, 0] - x, coords[i + 1, 1] - y
        parts = _parts_of(dx, dy, spacing[line[i]])
        px, py = x, y
        gx, gy = np.int64(np.rint(x / snap)), np.int64(np.rint(y / snap))
        for k in range(1, parts + 1):
            if k == parts:
                qx, qy = coords[i + 1, 0], coords[i + 1, 1]
            else:
                qx, qy = x + dx * (k / parts), y + dy * (k / parts)
            hx, hy = np.int64(np.rint(qx / snap)), np.int64(np.rint(qy / snap))
            if hx != gx or hy != gy:
                ends[m, 0], ends[m, 1], ends[m, 2], ends[m, 3] = gx, gy, hx, hy
                exact[m, 0], exact[m, 1], exact[m, 2], exact[m, 3] = px, py, qx, qy
                level[m, 0] = 2 * rank[line[i]] + (0 if k == 1 else 1)
                level[m, 1] = 2 * rank[line[i]] + (0 if k == parts else 1)
                of[m] = line[i]
                m += 1
            px, py, gx, gy = qx, qy, hx, hy
    return m


@njit(cache=True)
def _parts_of(dx, dy, spacing):
    if spacing <= 0:
        return 1
    return max(1, int(np.ceil(np.sqrt(dx * dx + dy * dy) / spacing - 1e-9)))


@njit(cache=True)
def count_parts(coords, line, spacing):
    """Return how many pieces lines are cut into."""
    total = 0
    for i in range(len(coords) - 1):
        if line[i] == line[i + 1]:
            dx, dy = coords[i + 1, 0] - coords[i, 0], coords[i + 1, 1] - coords[i, 1]
            total += _parts_of(dx, dy, spacing[line[i]])
    return total


@njit(cache=True)
def _count_hits(coords, line, cut_owner, axis, cut_start, cuts):
    total = 0
    for i in range(len(coords) - 1):
        g = cut_owner[line[i]] if line[i] == line[i + 1] else -1
        if g < 0:
            continue
        ta = (coords[i, 0] - axis[g, 0]) * axis[g, 2] + (coords[i, 1] - axis[g, 1]) * axis[g, 3]
        tb = (coords[i + 1, 0] - axis[g, 0]) * axis[g, 2] + (coords[i + 1, 1] - axis[g, 1]) * axis[g, 3]
        for k in range(cut_start[g], cut_start[g + 1]):
            total += (ta <= cuts[k]) != (tb <= cuts[k])
    return total


@njit(cache=True)
def cut_rings(coords, line, cut_owner, axis, cut_start, cuts):
    """Put the points of cuts into the rings they cut; return coordinates, lines, and the points put in.

    ``cut_owner`` names the footprint of each line (-1: not cut); ``axis`` and ``cuts[cut_start[g]:]`` are its
    own. Of each point put in: place, number of the cut, place along the cut.
    """
    room = _count_hits(coords, line, cut_owner, axis, cut_start, cuts)
    out, out_line = np.empty((len(coords) + room, 2)), np.empty(len(coords) + room, np.int64)
    hit, cut, across = np.empty((room, 2)), np.empty(room, np.int64), np.empty(room)
    n, m = 0, 0
    for i in range(len(coords)):
        out[n, 0], out[n, 1], out_line[n] = coords[i, 0], coords[i, 1], line[i]
        n += 1
        g = cut_owner[line[i]] if i + 1 < len(coords) and line[i] == line[i + 1] else -1
        if g < 0:
            continue
        ox, oy, ux, uy = axis[g, 0], axis[g, 1], axis[g, 2], axis[g, 3]
        ax, ay, bx, by = coords[i, 0], coords[i, 1], coords[i + 1, 0], coords[i + 1, 1]
        ta, tb = (ax - ox) * ux + (ay - oy) * uy, (bx - ox) * ux + (by - oy) * uy
        for j in range(cut_start[g], cut_start[g + 1]):
            k = j if ta <= tb else cut_start[g] + cut_start[g + 1] - 1 - j
            if (ta <= cuts[k]) == (tb <= cuts[k]):
                continue
            f = (cuts[k] - ta) / (tb - ta)
            out[n, 0], out[n, 1] = ax + f * (bx - ax), ay + f * (by - ay)
            out_line[n] = line[i]
            hit[m, 0], hit[m, 1], cut[m] = out[n, 0], out[n, 1], k
            across[m] = (out[n, 1] - oy) * ux - (out[n, 0] - ox) * uy
            n += 1
            m += 1
    return out, out_line, hit, cut, across
