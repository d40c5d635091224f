# mypy: disable-error-code="no-untyped-def"
"""Cutting lines at every point where they meet, on an integer grid.

Snap rounding (Hobby 1999): ends of lines and points where two lines cross are rounded to the grid, and every
line is bent over all such points whose grid cell it passes. The pieces then meet only in points. Which cells
a piece passes is decided exactly in 64-bit integers. Lines lie in a hash grid, so the time grows linearly
with the number of pieces when they are spread evenly.

The grid serves the topology only: each point also keeps its exact place on the line of the first class it
lies on, so a parent's outline is not moved by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from gridmap.planning.lines import count_parts, lay_pieces

ON_LINE_SHARE = 0.3
"""A point nearer than this share of a grid cell to a line lies on it, wherever rounding puts them."""
_SHIFT = 31


@dataclass(frozen=True)
class Noded:
    """Pieces of lines that meet only in points.

    Attributes
    ----------
    grid
        (N, 2) int64 points on the grid, all different, sorted.
    xy
        (N, 2) their exact places in metres, within one grid cell of the grid point.
    rank
        (N,) the lowest class of a line through each point.
    segments
        (M, 2) points of each piece, directed as its line, in order of lines.
    line
        (M,) the line each piece is of.
    """

    grid: np.ndarray
    xy: np.ndarray
    rank: np.ndarray
    segments: np.ndarray
    line: np.ndarray


@njit(cache=True)
def _hash_grid(ends):
    """Return (x0, y0, cell, columns, rows) of a grid with a few pieces to a cell."""
    x0, y0, x1, y1 = ends[0, 0], ends[0, 1], ends[0, 0], ends[0, 1]
    reach = 0.0
    for i in range(len(ends)):
        x0 = min(x0, ends[i, 0], ends[i, 2])
        y0 = min(y0, ends[i, 1], ends[i, 3])
        x1 = max(x1, ends[i, 0], ends[i, 2])
        y1 = max(y1, ends[i, 1], ends[i, 3])
        reach += max(abs(ends[i, 2] - ends[i, 0]), abs(ends[i, 3] - ends[i, 1]))
    x0, y0 = x0 - 1, y0 - 1
    width, height = float(x1 - x0 + 2), float(y1 - y0 + 2)
    side = max(reach / len(ends), np.sqrt(width * height / (4.0 * len(ends) + 16.0)), 2.0)
    cell = np.int64(side) + 1
    return x0, y0, cell, np.int64(width) // cell + 1, np.int64(height) // cell + 1


@njit(cache=True)
def _pieces_by_cell(ends, x0, y0, cell, columns, rows):
    start = np.zeros(columns * rows + 1, np.int64)
    span = np.empty((len(ends), 4), np.int64)
    for i in range(len(ends)):
        span[i, 0] = (min(ends[i, 0], ends[i, 2]) - x0) // cell
        span[i, 1] = (min(ends[i, 1], ends[i, 3]) - y0) // cell
        span[i, 2] = (max(ends[i, 0], ends[i, 2]) - x0) // cell
        span[i, 3] = (max(ends[i, 1], ends[i, 3]) - y0) // cell
        for r in range(span[i, 1], span[i, 3] + 1):
            for c in range(span[i, 0], span[i, 2] + 1):
                start[r * columns + c + 1] += 1
    for c in range(columns * rows):
        start[c + 1] += start[c]
    items = np.empty(start[-1], np.int64)
    fill = start[:-1].copy()
    for i in range(len(ends)):
        for r in range(span[i, 1], span[i, 3] + 1):
            for c in range(span[i, 0], span[i, 2] + 1):
                items[fill[r * columns + c]] = i
                fill[r * columns + c] += 1
    return start, items, span


@njit(cache=True)
def _turn(ax, ay, bx, by, cx, cy):
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@njit(cache=True)
def _find_crossings(ends, exact, level, x0, y0, cell, columns, rows):
    """List pairs of pieces that cross inside both: numbers, grid point, exact place on the lower class."""
    start, items, span = _pieces_by_cell(ends, x0, y0, cell, columns, rows)
    found, place = np.empty((64, 4), np.int64), np.empty((64, 2))
    n = 0
    for c in range(columns * rows):
        for s in range(start[c], start[c + 1]):
            i = items[s]
            ax, ay, bx, by = ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3]
            for r in range(s + 1, start[c + 1]):
                j = items[r]
                first = max(span[i, 1], span[j, 1]) * columns + max(span[i, 0], span[j, 0])
                if first != c:  # the pair meets in several cells: look at it once
                    continue
                px, py, qx, qy = ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3]
                if max(ax, bx) < min(px, qx) or max(px, qx) < min(ax, bx):
                    continue
                if max(ay, by) < min(py, qy) or max(py, qy) < min(ay, by):
                    continue
                p, q = _turn(ax, ay, bx, by, px, py), _turn(ax, ay, bx, by, qx, qy)
                if p == 0 or q == 0 or (p > 0) == (q > 0):
                    continue
                a, b = _turn(px, py, qx, qy, ax, ay), _turn(px, py, qx, qy, bx, by)
                if a == 0 or b == 0 or (a > 0) == (b > 0):
                    continue
                if n == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                    place = np.concatenate((place, np.empty_like(place)))
                t = float(a) / (float(a) - float(b))
                found[n, 0], found[n, 1] = i, j
                o, f = (i, t) if level[i] <= level[j] else (j, float(p) / (float(p) - float(q)))
                place[n, 0] = exact[o, 0] + f * (exact[o, 2] - exact[o, 0])
                place[n, 1] = exact[o, 1] + f * (exact[o, 3] - exact[o, 1])
                found[n, 2] = ax + np.int64(np.rint(t * (bx - ax)))
                found[n, 3] = ay + np.int64(np.rint(t * (by - ay)))
                n += 1
    return found[:n], place[:n]


@njit(cache=True)
def _points_by_cell(grid, x0, y0, cell, columns, rows):
    start = np.zeros(columns * rows + 1, np.int64)
    at = np.empty(len(grid), np.int64)
    for p in range(len(grid)):
        at[p] = (grid[p, 1] - y0) // cell * columns + (grid[p, 0] - x0) // cell
        start[at[p] + 1] += 1
    for c in range(columns * rows):
        start[c + 1] += start[c]
    items = np.empty(len(grid), np.int64)
    fill = start[:-1].copy()
    for p in range(len(grid)):
        items[fill[at[p]]] = p
        fill[at[p]] += 1
    return start, items


@njit(cache=True)
def _by_piece(crossings, n):
    """Return the crossings of every piece: starts, and crossing numbers."""
    start = np.zeros(n + 1, np.int64)
    for i in range(len(crossings)):
        start[crossings[i, 0] + 1] += 1
        start[crossings[i, 1] + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    items = np.empty(2 * len(crossings), np.int64)
    fill = start[:-1].copy()
    for i in range(len(crossings)):
        for k in range(2):
            items[fill[crossings[i, k]]] = i
            fill[crossings[i, k]] += 1
    return start, items


@njit(cache=True)
def _choose_places(inverse, place, level, n):
    """Return the exact place of each point: that of the lowest class, the first given among equals."""
    xy, own = np.empty((n, 2)), np.full(n, 1 << 40, np.int64)
    for i in range(len(inverse)):
        p = inverse[i]
        if level[i] < own[p]:
            own[p] = level[i]
            xy[p, 0], xy[p, 1] = place[i, 0], place[i, 1]
    return xy, own


@njit(cache=True)
def _merge_near(grid, xy, level, near, hash_, rows):
    """Return which point each is one with: rounding may part what lies less than a cell apart."""
    start, items = _points_by_cell(grid, hash_[0], hash_[1], hash_[2], hash_[3], rows)
    same = np.arange(len(grid))
    for p in range(len(grid)):
        low_c, low_r = (grid[p, 0] - 1 - hash_[0]) // hash_[2], (grid[p, 1] - 1 - hash_[1]) // hash_[2]
        top_c, top_r = (grid[p, 0] + 1 - hash_[0]) // hash_[2], (grid[p, 1] + 1 - hash_[1]) // hash_[2]
        for r in range(max(low_r, 0), min(top_r + 1, rows)):
            for c in range(max(low_c, 0), min(top_c + 1, hash_[3])):
                for i in range(start[r * hash_[3] + c], start[r * hash_[3] + c + 1]):
                    q = items[i]
                    if abs(xy[q, 0] - xy[p, 0]) > near or abs(xy[q, 1] - xy[p, 1]) > near:
                        continue
                    if level[q] < level[p] or (level[q] == level[p] and q < p):
                        same[p] = q
    for p in range(len(grid)):
        while same[same[p]] != same[p]:
            same[p] = same[same[p]]
    return same


@njit(cache=True)
def _points_on(a, b, near, grid, xy, hash_, start, items, extra, hit, along):
    """List in order the points whose grid cell the piece a-b passes, or that lie on it; return how many."""
    x0, y0, cell, columns, _rows = hash_
    ax, ay, bx, by = grid[a, 0], grid[a, 1], grid[b, 0], grid[b, 1]
    dx, dy = bx - ax, by - ay
    reach = abs(dx) + abs(dy)
    ex, ey = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
    length = np.sqrt(ex * ex + ey * ey)
    n = 0
    for p in extra:
        hit[n] = p
        n += 1
    for r in range((min(ay, by) - y0) // cell, (max(ay, by) - y0) // cell + 1):
        for c in range((min(ax, bx) - x0) // cell, (max(ax, bx) - x0) // cell + 1):
            for i in range(start[r * columns + c], start[r * columns + c + 1]):
                p = items[i]
                x, y = grid[p, 0], grid[p, 1]
                if x < min(ax, bx) or x > max(ax, bx) or y < min(ay, by) or y > max(ay, by):
                    continue
                off = abs(dx * (y - ay) - dy * (x - ax))
                if off > 2 * reach or p in (a, b):
                    continue
                fx, fy = xy[p, 0] - xy[a, 0], xy[p, 1] - xy[a, 1]
                if 2 * off < reach or abs(ex * fy - ey * fx) < near * length:
                    hit[n] = p
                    n += 1
    for i in range(n):  # few: sort by insertion
        p = hit[i]
        t = float(grid[p, 0] - ax) * dx + float(grid[p, 1] - ay) * dy
        j = i
        while j > 0 and along[j - 1] > t:
            along[j], hit[j] = along[j - 1], hit[j - 1]
            j -= 1
        along[j], hit[j] = t, p
    return n


@njit(cache=True)
def _split_pieces(index, of, rank, near, grid, xy, level, crossings, at, hash_):
    """Bend pieces over the points they pass; return segments and their lines. Moves points onto lines."""
    n, m = len(grid), len(index)
    start, items = _points_by_cell(grid, hash_[0], hash_[1], hash_[2], hash_[3], hash_[4])
    cross_start, cross = _by_piece(crossings, m)
    out, line = np.empty((m + m // 2 + 64, 2), np.int64), np.empty(m + m // 2 + 64, np.int64)
    hit, along = np.empty(n + 2 * len(crossings), np.int64), np.empty(n + 2 * len(crossings))
    k = 0
    for i in range(m):
        a, b = index[i, 0], index[i, 1]
        if a == b:
            continue
        extra = at[cross[cross_start[i] : cross_start[i + 1]]]
        count = _points_on(a, b, near, grid, xy, hash_, start, items, extra, hit, along)
        while k + count + 1 > len(out):
            out, line = np.concatenate((out, np.empty_like(out))), np.concatenate((line, np.empty_like(line)))
        own = 2 * rank[of[i]] + 1
        dx, dy = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
        last = a
        for j in range(count + 1):
            p = hit[j] if j < count else b
            if p == last:
                continue
            if p != b and own < level[p]:
                level[p] = own
                t = ((xy[p, 0] - xy[a, 0]) * dx + (xy[p, 1] - xy[a, 1]) * dy) / (dx * dx + dy * dy)
                xy[p, 0], xy[p, 1] = xy[a, 0] + t * dx, xy[a, 1] + t * dy
            out[k, 0], out[k, 1] = last, p
            line[k] = of[i]
            k += 1
            last = p
    return out[:k], line[:k]


def node_lines(
    coords: np.ndarray, line: np.ndarray, spacing_m: np.ndarray, rank: np.ndarray, snap: float
) -> Noded:
    """Cut lines where they meet.

    Parameters
    ----------
    coords, line
        (C, 2) vertices in metres and the line each is of; a line's vertices stand together, lines ascending.
    spacing_m
        (L,) greatest length of a piece of each line, 0 for any.
    rank
        (L,) class of each line: a point on several lines takes its exact place from the lowest, and there
        from a vertex before a point in between.
    snap
        Side of a grid cell in metres; coordinates divided by it stay within +-10**9.
    """
    room = count_parts(coords, line, spacing_m)
    ends, exact = np.empty((room, 4), np.int64), np.empty((room, 4))
    of, level = np.empty(room, np.int64), np.empty((room, 2), np.int64)
    m = lay_pieces(coords, line, spacing_m, rank, snap, ends, exact, of, level)
    ends, exact, of, level = ends[:m], exact[:m], of[:m], level[:m]
    x0, y0, cell, columns, rows = _hash_grid(ends)
    between = 2 * rank[of] + 1
    crossings, crossing_place = _find_crossings(ends, exact, between, x0, y0, cell, columns, rows)
    x = np.concatenate([ends[:, 0], ends[:, 2], crossings[:, 2]]) - x0
    y = np.concatenate([ends[:, 1], ends[:, 3], crossings[:, 3]]) - y0
    key, inverse = np.unique((x << _SHIFT) + y, return_inverse=True)
    grid = np.stack([(key >> _SHIFT) + x0, (key & ((1 << _SHIFT) - 1)) + y0], axis=1)
    place = np.concatenate([exact[:, :2], exact[:, 2:], crossing_place])
    lower = np.minimum(between[crossings[:, 0]], between[crossings[:, 1]])
    inverse = inverse.reshape(-1)
    xy, levels = _choose_places(inverse, place, np.concatenate([level[:, 0], level[:, 1], lower]), len(grid))
    same = _merge_near(grid, xy, levels, snap, (x0, y0, cell, columns), rows)
    kept, number = np.unique(same, return_inverse=True)
    inverse = number.reshape(-1)[inverse]
    grid, xy, levels = grid[kept], xy[kept], levels[kept]
    index = np.ascontiguousarray(inverse[: 2 * m].reshape(2, m).T)
    segments, of_segment = _split_pieces(
        index, of, rank, ON_LINE_SHARE * snap, grid, xy, levels, crossings, inverse[2 * m :],
        (x0, y0, cell, columns, rows),
    )  # fmt: skip
    return Noded(grid, xy, levels // 2, segments, of_segment)
