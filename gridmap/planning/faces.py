# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that say what each triangle of a mesh is: outside, land, or a building or part of one.

Sides are numbered 3 * triangle + the corner they lie opposite. All is linear in the triangles.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NO_LAND, LAND = -2, -1


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
