# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that say whose land each corner of a mesh is: that of the building reached first.

Sides are numbered 3 * triangle + the corner they lie opposite. All is O(n log n) in the triangles.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gridmap.planning.faces import LAND, NO_LAND

DETOUR_M, GRAVE_DETOUR_M, GRAVE = 40.0, 1e4, 50.0
STRIP_RADIUS_M = 12.0
"""Crossing a barrier into a strip along the outline (no building, no wider than twice the radius) counts as a
detour of 40 m: else the cell nearest to a gate runs around a whole compound as a ring. Into other land, and
across rivers, railways and the like (cost 50 and more), barriers are crossed only without choice."""
FAR = 1e30


@njit(cache=True)
def _find(root, i):
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@njit(cache=True)
def _find_wedges(corners, edge_sides, piece, edge_cost):
    """Number the fans of land triangles around each point, parted by walls and barriers; -1 off land."""
    root = np.arange(3 * len(corners))
    for e in range(len(edge_sides)):
        s, u = edge_sides[e, 0], edge_sides[e, 1]
        if u < 0 or edge_cost[e] > 0 or piece[s // 3] != LAND or piece[u // 3] != LAND:
            continue
        for step in (1, 2):
            a = _find(root, s - s % 3 + (s % 3 + step) % 3)
            b = _find(root, u - u % 3 + (u % 3 + 3 - step) % 3)
            root[max(a, b)] = min(a, b)
    wedge = np.full(3 * len(corners), -1, np.int64)
    point = np.empty(3 * len(corners), np.int64)
    n = 0
    for c in range(3 * len(corners)):
        if piece[c // 3] != LAND:
            continue
        r = _find(root, c)
        if r == c:
            wedge[c] = n
            point[n] = corners[c // 3, c % 3]
            n += 1
        else:
            wedge[c] = wedge[r]
    return wedge, point[:n].copy()


@njit(cache=True)
def _find_sources(edge_sides, piece, wedge, count):
    """Return up to two pieces per wedge that touch it, lowest first, -1 for none."""
    label = np.full((count, 2), -1, np.int64)
    for e in range(len(edge_sides)):
        for way in range(2):
            near, far = edge_sides[e, way], edge_sides[e, 1 - way]
            if near < 0 or far < 0 or piece[near // 3] != LAND or piece[far // 3] < 0:
                continue
            own = piece[far // 3]
            for step in (1, 2):
                w = wedge[near - near % 3 + (near % 3 + step) % 3]
                if label[w, 0] < 0 or own < label[w, 0]:
                    if label[w, 0] >= 0:
                        label[w, 1] = label[w, 0]
                    label[w, 0] = own
                elif own > label[w, 0]:
                    label[w, 1] = own
    return label


@njit(cache=True)
def _find_strips(xy, corners, piece, is_line):
    """Tell which land triangles lie in a narrow strip between a barrier and the outline, with no building."""
    out, kinds = np.zeros(len(corners), np.bool_), np.zeros(len(xy), np.int64)
    for t in range(len(corners)):
        for k in range(3):
            kinds[corners[t, k]] |= 4 if piece[t] >= 0 else (2 if piece[t] == NO_LAND else 0)
    for t in range(len(corners)):
        a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
        if piece[t] != LAND or kinds[a] | kinds[b] | kinds[c] != 2:
            continue
        meet = 0  # a corner between the two is no strip
        for p in (a, b, c):
            meet |= (1 if is_line[p] else 0) | (4 if is_line[p] and kinds[p] == 2 else 0)
        if meet != 1:
            continue
        ux, uy, vx, vy = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1], xy[c, 0] - xy[a, 0], xy[c, 1] - xy[a, 1]
        doubled = ux * vy - uy * vx
        sides = np.sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy) * ((ux - vx) ** 2 + (uy - vy) ** 2))
        out[t] = sides < 2 * STRIP_RADIUS_M * doubled
    return out


@njit(cache=True)
def _link_wedges(xy, edge_sides, piece, edge_cost, wedge, point, is_strip):
    """Return starts, heads, lengths and edges crossed (-1) of the links from wedges to wedges."""
    count = len(point)
    start = np.zeros(count + 1, np.int64)
    ends = np.empty((8 * len(edge_sides), 3), np.int64)
    length = np.empty(len(ends))
    m = 0
    for e in range(len(edge_sides)):
        s, u = edge_sides[e, 0], edge_sides[e, 1]
        land_s, land_u = piece[s // 3] == LAND, u >= 0 and piece[u // 3] == LAND
        sb, sc = s - s % 3 + (s % 3 + 1) % 3, s - s % 3 + (s % 3 + 2) % 3
        ub, uc = u - u % 3 + (u % 3 + 2) % 3, u - u % 3 + (u % 3 + 1) % 3
        across = edge_cost[e] > 0
        for b, c, there in ((sb, sc, land_s), (ub, uc, land_u and (across or not land_s))):
            if there:
                p, q = point[wedge[b]], point[wedge[c]]
                d = np.sqrt((xy[p, 0] - xy[q, 0]) ** 2 + (xy[p, 1] - xy[q, 1]) ** 2)
                ends[m], ends[m + 1] = (wedge[b], wedge[c], -1), (wedge[c], wedge[b], -1)
                length[m] = length[m + 1] = d
                m += 2
        if across:
            light = edge_cost[e] < GRAVE
            into_s = DETOUR_M if light and is_strip[s // 3] else GRAVE_DETOUR_M
            into_u = DETOUR_M if light and is_strip[u // 3] else GRAVE_DETOUR_M
            for b, c in ((sb, ub), (sc, uc)):
                ends[m], ends[m + 1] = (wedge[b], wedge[c], e), (wedge[c], wedge[b], e)
                length[m], length[m + 1] = into_u, into_s
                m += 2
    for i in range(m):
        start[ends[i, 0] + 1] += 1
    for i in range(count):
        start[i + 1] += start[i]
    head, cross, far = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m)
    fill = start[:-1].copy()
    for i in range(m):
        k = fill[ends[i, 0]]
        head[k], cross[k], far[k] = ends[i, 1], ends[i, 2], length[i]
        fill[ends[i, 0]] += 1
    return start, head, far, cross


@njit(cache=True)
def _push(key, item, size, k, i):
    """Put item i with key k into the heap; return its size."""
    at = size
    while at > 0:
        up = (at - 1) // 2
        if key[up] < k or (key[up] == k and item[up] <= i):
            break
        key[at], item[at] = key[up], item[up]
        at = up
    key[at], item[at] = k, i
    return size + 1


@njit(cache=True)
def _pop(key, item, size):
    """Take the least off the heap (it stands first); return its size."""
    size -= 1
    k, i = key[size], item[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        if down + 1 < size and (
            key[down + 1] < key[down] or (key[down + 1] == key[down] and item[down + 1] < item[down])
        ):
            down += 1
        if k < key[down] or (k == key[down] and i <= item[down]):
            break
        key[at], item[at] = key[down], item[down]
        at = down
    key[at], item[at] = k, i
    return size


@njit(cache=True)
def _reach(label, start, head, length, cross, edge_cost, in_strip):
    """Give every wedge the label reached first (Dijkstra from all labelled ones), in place.

    What crossed into a strip leaves it only without choice. Returns the dearest edge crossed, -1 for none.
    """
    count = len(label)
    key, item = np.empty(len(head) + count + 1), np.empty(len(head) + count + 1, np.int64)
    distance, crossed = np.full(count, FAR), np.full(count, -1, np.int64)
    size = 0
    for w in range(count):
        if label[w] >= 0:
            distance[w] = 0.0
            size = _push(key, item, size, 0.0, w)
    while size > 0:
        d, w = key[0], item[0]
        size = _pop(key, item, size)
        if d > distance[w]:
            continue
        for i in range(start[w], start[w + 1]):
            v, there = head[i], d + length[i]
            if crossed[w] >= 0 and d < GRAVE_DETOUR_M and not in_strip[v]:
                there += GRAVE_DETOUR_M
            if there < distance[v]:
                distance[v] = there
                label[v] = label[w]
                crossed[v] = crossed[w]
                if cross[i] >= 0 and (crossed[w] < 0 or edge_cost[cross[i]] > edge_cost[crossed[w]]):
                    crossed[v] = cross[i]
                size = _push(key, item, size, distance[v], v)
    return crossed


@njit(cache=True)
def label_corners(xy, corners, edge_sides, piece, edge_cost, is_line):
    """Give every triangle corner in the parent a piece, over land; -1 outside, -2 where none is in reach.

    Returns also the dearest barrier edge between each corner and its piece, -1 for none.
    """
    labels, behind = np.empty(corners.shape, np.int64), np.full(corners.shape, -1, np.int64)
    wedge, point = _find_wedges(corners, edge_sides, piece, edge_cost)
    touch = _find_sources(edge_sides, piece, wedge, len(point))
    is_strip = _find_strips(xy, corners, piece, is_line)
    start, head, length, cross = _link_wedges(xy, edge_sides, piece, edge_cost, wedge, point, is_strip)
    label = touch[:, 0].copy()
    crossed = _reach(label, start, head, length, cross, edge_cost, _touched(wedge, is_strip, len(point)))
    for t in range(len(corners)):
        for k in range(3):
            labels[t, k] = max(piece[t], -1)
            if piece[t] == LAND:
                own = label[wedge[3 * t + k]]
                labels[t, k] = own if own >= 0 else -2
                behind[t, k] = crossed[wedge[3 * t + k]]
    _settle(labels, wedge, touch)
    return labels, behind


@njit(cache=True)
def _touched(wedge, is_marked, count):
    """Tell which wedges have a corner in a marked triangle."""
    out = np.zeros(count, np.bool_)
    for c in range(len(wedge)):
        if is_marked[c // 3]:
            out[wedge[c]] = True
    return out


@njit(cache=True)
def _settle(labels, wedge, touch):
    """Where walls of several pieces meet in a point, each triangle follows the wall it touches elsewhere."""
    for t in range(len(labels)):
        for k in range(3):
            w = wedge[3 * t + k]
            if w < 0 or touch[w, 1] < 0:
                continue
            for step in (2, 1):
                own, other = labels[t, k], labels[t, (k + step) % 3]
                alone = own != labels[t, (k + 1) % 3] and own != labels[t, (k + 2) % 3]
                if alone and (other == touch[w, 0] or other == touch[w, 1]):
                    labels[t, k] = other
