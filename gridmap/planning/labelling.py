# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that say what each triangle of a mesh is: outside, a building, or whose land.

Sides are numbered 3 * triangle + the corner they lie opposite. Everything is O(n log n) in the triangles.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NO_LAND, LAND = -2, -1
DETOUR_M, GRAVE_DETOUR_M, GRAVE = 40.0, 1e4, 50.0
"""Crossing a barrier counts as this way round; so a strip behind a wall, far from every other building, goes
to the building inside. Rivers, railways and the like (cost 50 and more) are crossed only without choice."""
FAR = 1e30


@njit(cache=True)
def _twin(corners, neighbours, side):
    """Return the same side seen from the other triangle, -1 at the frame."""
    t, k = side // 3, side % 3
    u = neighbours[t, k]
    if u < 0:
        return -1
    b = corners[t, (k + 1) % 3]
    j = 0
    while corners[u, (j + 2) % 3] != b:
        j += 1
    return 3 * u + j


@njit(cache=True)
def number_edges(corners, neighbours):
    """Return edge per side, the two sides of each edge (-1 at the frame)."""
    edges = np.empty(corners.shape, np.int64)
    sides = np.empty((3 * len(corners), 2), np.int64)
    n = 0
    for t in range(len(corners)):
        for k in range(3):
            twin = _twin(corners, neighbours, 3 * t + k)
            if 0 <= twin < 3 * t + k:
                edges[t, k] = edges[twin // 3, twin % 3]
                continue
            edges[t, k] = n
            sides[n, 0], sides[n, 1] = 3 * t + k, twin
            n += 1
    return edges, sides[:n].copy()


@njit(cache=True)
def find_faces(xy, corners, neighbours, is_fixed):
    """Return the face of each triangle (bounded by fixed sides) and the largest triangle of each face."""
    count = len(corners)
    face = np.full(count, -1, np.int64)
    largest = np.empty(count, np.int64)
    stack = np.empty(count, np.int64)
    n = 0
    for first in range(count):
        if face[first] >= 0:
            continue
        face[first] = n
        stack[0] = first
        top, best = 1, -1.0
        while top > 0:
            top -= 1
            t = stack[top]
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            size = (xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1]) - (xy[b, 1] - xy[a, 1]) * (
                xy[c, 0] - xy[a, 0]
            )
            if size > best:
                best, largest[n] = size, t
            for k in range(3):
                u = neighbours[t, k]
                if u >= 0 and face[u] < 0 and not is_fixed[t, k]:
                    face[u] = n
                    stack[top] = u
                    top += 1
        n += 1
    return face, largest[:n].copy()


@njit(cache=True)
def _fill_rings(corners, neighbours, sides, net, stack, seen, stamp):
    """Collect the triangles inside rings given by their left sides (inside is left); return how many."""
    for s in sides:
        net[s] += 1
        net[_twin(corners, neighbours, s)] -= 1
    n = 0
    for s in sides:
        if net[s] > 0 and seen[s // 3] != stamp:
            seen[s // 3] = stamp
            stack[n] = s // 3
            n += 1
    done = 0
    while done < n:
        t = stack[done]
        done += 1
        for k in range(3):
            u = neighbours[t, k]
            if u >= 0 and seen[u] != stamp and net[3 * t + k] == 0:
                seen[u] = stamp
                stack[n] = u
                n += 1
    for s in sides:
        net[s] = 0
        net[_twin(corners, neighbours, s)] = 0
    return n


@njit(cache=True)
def fill_footprints(corners, neighbours, sides, start, by_size):
    """Tell for each triangle the smallest footprint around it, -1 for land, -2 outside the parent.

    ``sides[start[g]:start[g + 1]]`` lie on the rings of the parent (g = 0) or of footprint g - 1;
    ``by_size`` lists footprints from the largest to the smallest.
    """
    count = len(corners)
    net = np.zeros(3 * count, np.int64)
    stack, seen = np.empty(count, np.int64), np.full(count, -1, np.int64)
    building = np.full(count, NO_LAND, np.int64)
    n = _fill_rings(corners, neighbours, sides[start[0] : start[1]], net, stack, seen, 0)
    for i in range(n):
        building[stack[i]] = LAND
    for b in by_size:
        n = _fill_rings(corners, neighbours, sides[start[b + 1] : start[b + 2]], net, stack, seen, b + 1)
        for i in range(n):
            if building[stack[i]] != NO_LAND:
                building[stack[i]] = b
    return building


@njit(cache=True)
def part_faces(xy, corners, building, face, largest, first_piece, axis, cut_start, cuts):
    """Return the piece of each triangle: its face's footprint, and which part of it along the axis."""
    piece = np.empty(len(largest), np.int64)
    for f in range(len(largest)):
        t = largest[f]
        b = building[t]
        piece[f] = b
        if b < 0:
            continue
        x = (xy[corners[t, 0], 0] + xy[corners[t, 1], 0] + xy[corners[t, 2], 0]) / 3 - axis[b, 0]
        y = (xy[corners[t, 0], 1] + xy[corners[t, 1], 1] + xy[corners[t, 2], 1]) / 3 - axis[b, 1]
        along = x * axis[b, 2] + y * axis[b, 3]
        part = 0
        while cut_start[b] + part < cut_start[b + 1] and cuts[cut_start[b] + part] < along:
            part += 1
        piece[f] = first_piece[b] + part
    out = np.empty(len(corners), np.int64)
    for t in range(len(corners)):
        out[t] = piece[face[t]]
    return out


@njit(cache=True)
def mark_edges(corners, edges, edge_sides, piece, barrier_side, barrier_row, cost, n):
    """Return cost and row of the dearest barrier along each edge, and which points are on walls or lines."""
    edge_cost, edge_row = np.zeros(len(edge_sides)), np.full(len(edge_sides), -1, np.int64)
    for i in range(len(barrier_side)):
        s, row = barrier_side[i], barrier_row[i]
        e = edges[s // 3, s % 3]
        a, b = edge_sides[e, 0], edge_sides[e, 1]
        if a < 0 or b < 0 or piece[a // 3] != LAND or piece[b // 3] != LAND:
            continue
        if cost[row] > edge_cost[e]:
            edge_cost[e], edge_row[e] = cost[row], row
    is_wall, is_line = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for e in range(len(edge_sides)):
        s = edge_sides[e, 0]
        p, q = corners[s // 3, (s % 3 + 1) % 3], corners[s // 3, (s % 3 + 2) % 3]
        behind = piece[edge_sides[e, 1] // 3] if edge_sides[e, 1] >= 0 else NO_LAND
        if piece[s // 3] != behind:
            is_wall[p] = is_wall[q] = True
        if edge_cost[e] > 0:
            is_line[p] = is_line[q] = True
    return edge_cost, edge_row, is_wall, is_line


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
def _link_wedges(xy, edge_sides, piece, edge_cost, wedge, point):
    """Return starts, heads and lengths of the links between wedges: along sides, and across barriers."""
    count = len(point)
    start = np.zeros(count + 1, np.int64)
    ends = np.empty((4 * len(edge_sides), 2), np.int64)
    detour = np.zeros(4 * len(edge_sides))
    m = 0
    for e in range(len(edge_sides)):
        s, u = edge_sides[e, 0], edge_sides[e, 1]
        land_s, land_u = piece[s // 3] == LAND, u >= 0 and piece[u // 3] == LAND
        sb, sc = s - s % 3 + (s % 3 + 1) % 3, s - s % 3 + (s % 3 + 2) % 3
        ub, uc = u - u % 3 + (u % 3 + 2) % 3, u - u % 3 + (u % 3 + 1) % 3
        across = edge_cost[e] > 0
        if land_s:
            ends[m, 0], ends[m, 1] = wedge[sb], wedge[sc]
            m += 1
        if land_u and (across or not land_s):
            ends[m, 0], ends[m, 1] = wedge[ub], wedge[uc]
            m += 1
        if across:
            ends[m, 0], ends[m, 1] = wedge[sb], wedge[ub]
            ends[m + 1, 0], ends[m + 1, 1] = wedge[sc], wedge[uc]
            detour[m] = detour[m + 1] = DETOUR_M if edge_cost[e] < GRAVE else GRAVE_DETOUR_M
            m += 2
    for i in range(m):
        start[ends[i, 0] + 1] += 1
        start[ends[i, 1] + 1] += 1
    for i in range(count):
        start[i + 1] += start[i]
    head, length = np.empty(2 * m, np.int64), np.empty(2 * m)
    fill = start[:-1].copy()
    for i in range(m):
        a, b = ends[i, 0], ends[i, 1]
        p, q = point[a], point[b]
        d = detour[i] if p == q else np.sqrt((xy[p, 0] - xy[q, 0]) ** 2 + (xy[p, 1] - xy[q, 1]) ** 2)
        head[fill[a]], length[fill[a]] = b, d
        fill[a] += 1  # before b: around the free end of a barrier both are one
        head[fill[b]], length[fill[b]] = a, d
        fill[b] += 1
    return start, head, length


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
def _reach(label, start, head, length):
    """Give every wedge the label reached first (Dijkstra from all labelled ones); in place."""
    count = len(label)
    key, item = np.empty(len(head) + count + 1), np.empty(len(head) + count + 1, np.int64)
    distance = np.full(count, FAR)
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
            v = head[i]
            if d + length[i] < distance[v]:
                distance[v] = d + length[i]
                label[v] = label[w]
                size = _push(key, item, size, distance[v], v)


@njit(cache=True)
def label_corners(xy, corners, edge_sides, piece, edge_cost):
    """Give every triangle corner in the parent a piece, over land; -1 outside, -2 where none is in reach.

    Where walls of several pieces meet in a point, each triangle there follows the wall it touches elsewhere.
    """
    labels = np.empty(corners.shape, np.int64)
    wedge, point = _find_wedges(corners, edge_sides, piece, edge_cost)
    touch = _find_sources(edge_sides, piece, wedge, len(point))
    start, head, length = _link_wedges(xy, edge_sides, piece, edge_cost, wedge, point)
    label = touch[:, 0].copy()
    _reach(label, start, head, length)
    for t in range(len(corners)):
        for k in range(3):
            labels[t, k] = max(piece[t], -1)
            if piece[t] == LAND:
                own = label[wedge[3 * t + k]]
                labels[t, k] = own if own >= 0 else -2
    for t in range(len(corners)):
        if piece[t] != LAND:
            continue
        for k in range(3):
            w = wedge[3 * t + k]
            if touch[w, 1] < 0:
                continue
            for step in (2, 1):
                own, other = labels[t, k], labels[t, (k + step) % 3]
                alone = own != labels[t, (k + 1) % 3] and own != labels[t, (k + 2) % 3]
                if alone and (other == touch[w, 0] or other == touch[w, 1]):
                    labels[t, k] = other
    return labels
