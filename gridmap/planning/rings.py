# mypy: disable-error-code="no-untyped-def"
"""Walking along traced borders to the rings of every territory, and putting rings together to polygons.

At every node the walk turns into the border that has the same territory on its left; where a territory
touches itself in a point, the ring is divided there. O(points) but for the few holes.
"""

from __future__ import annotations

import numpy as np
import shapely
from numba import njit


@njit(cache=True)
def _heads_towards(xy, starts, c, is_forward):
    """Return the angle at which a border leaves its first (or last) node."""
    if is_forward:
        i, j = starts[c], starts[c] + 1
    else:
        i, j = starts[c + 1] - 1, starts[c + 1] - 2
    return np.arctan2(xy[j, 1] - xy[i, 1], xy[j, 0] - xy[i, 0])


@njit(cache=True)
def _next_side(side, tail, first, at_node, label, xy, starts):
    """Return the side (border and direction) that continues the ring of a territory."""
    back = side ^ 1
    v = tail[back]
    found, many = -1, False
    for i in range(first[v], first[v + 1]):
        if label[at_node[i]] == label[side]:
            many = found >= 0 or many
            found = at_node[i]
    if not many:
        return found
    angle = _heads_towards(xy, starts, back // 2, back % 2 == 0)
    least = 10.0
    for i in range(first[v], first[v + 1]):
        if label[at_node[i]] != label[side]:
            continue
        own = _heads_towards(xy, starts, at_node[i] // 2, at_node[i] % 2 == 0)
        turn = (angle - own) % (2 * np.pi)
        if turn <= 0:
            turn += 2 * np.pi
        if turn < least:
            least, found = turn, at_node[i]
    return found


@njit(cache=True)
def walk_rings(xy, starts, tail, head, left, right, node_count, wanted):  # noqa: C901 - one walk
    """Return the coordinates of all rings, where each starts, the territory each belongs to, and its sides.

    Parameters
    ----------
    xy, starts
        Coordinates (m) of the borders and where each starts.
    tail, head, left, right
        (C,) end nodes and territories of each border.
    node_count, wanted
        Number of nodes; by territory, whether its rings are asked for.

    Returns
    -------
    tuple
        (N, 2) coordinates; (R + 1,) starts; (R,) territories; sides as 2 * border, one more if
        walked backwards; and where each ring's sides start.
    """
    sides = 2 * len(tail)
    label, begin = np.empty(sides, np.int64), np.empty(sides, np.int64)
    first = np.zeros(node_count + 1, np.int64)
    length = 0
    for c in range(len(tail)):
        label[2 * c], label[2 * c + 1] = left[c], right[c]
        begin[2 * c], begin[2 * c + 1] = tail[c], head[c]
        first[tail[c] + 1] += 1
        first[head[c] + 1] += 1
        length += 2 * (starts[c + 1] - starts[c])
    for v in range(node_count):
        first[v + 1] += first[v]
    fill, at_node = first[:-1].copy(), np.empty(sides, np.int64)
    for s in range(sides):
        at_node[fill[begin[s]]] = s
        fill[begin[s]] += 1
    used = np.zeros(sides, np.bool_)
    place = np.full(node_count, -1, np.int64)
    path = np.empty(sides, np.int64)
    out, ring_starts = np.empty((length + sides, 2)), np.zeros(sides + 1, np.int64)
    ring_label, walked, side_starts = (
        np.empty(sides, np.int64),
        np.empty(sides, np.int64),
        np.zeros(sides + 1, np.int64),
    )
    rings, have = 0, 0
    for s in range(sides):
        if used[s] or label[s] < 0 or not wanted[label[s]]:
            continue
        count, side = 0, s
        while True:
            v = begin[side]
            if place[v] >= 0:  # the ring has come back to a node: what lies between is a ring of its own
                ring_label[rings] = label[s]
                steps = side_starts[rings]
                for i in range(place[v], count):
                    walked[steps] = path[i]
                    steps += 1
                    if i > place[v]:
                        place[begin[path[i]]] = -1
                have = _write_ring(path[place[v] : count], xy, starts, out, have)
                if have > ring_starts[rings]:  # not so flat that nothing is left of it
                    rings += 1
                    ring_starts[rings], side_starts[rings] = have, steps
                count = place[v]
                place[v] = -1
            if used[side]:
                break
            used[side] = True
            place[v] = count
            path[count] = side
            count += 1
            side = _next_side(side, begin, first, at_node, label, xy, starts)
    return out[:have], ring_starts[: rings + 1], ring_label[:rings], walked, side_starts[: rings + 1]


@njit(cache=True)
def _write_ring(path, xy, starts, out, have):
    """Write a closed ring from its lowest point on; return how many points are written in all."""
    count = 0
    for s in path:
        count += starts[s // 2 + 1] - starts[s // 2] - 1
    ring = np.empty((count, 2))
    i = 0
    for s in path:
        low, high = starts[s // 2], starts[s // 2 + 1]
        for k in range(high - low - 1):
            j = low + k if s % 2 == 0 else high - 1 - k
            if i == 0 or ring[i - 1, 0] != xy[j, 0] or ring[i - 1, 1] != xy[j, 1]:
                ring[i, 0], ring[i, 1] = xy[j, 0], xy[j, 1]
                i += 1
    count = i
    while count > 1 and ring[count - 1, 0] == ring[0, 0] and ring[count - 1, 1] == ring[0, 1]:
        count -= 1
    if count < 3:
        return have
    best = 0
    for i in range(1, count):
        if ring[i, 0] < ring[best, 0] or (ring[i, 0] == ring[best, 0] and ring[i, 1] < ring[best, 1]):
            best = i
    for i in range(count + 1):
        j = (best + i) % count
        out[have, 0], out[have, 1] = ring[j, 0], ring[j, 1]
        have += 1
    return have


def gather_polygons(xy: np.ndarray, starts: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Put rings together.

    Parameters
    ----------
    xy, starts, label
        As from ``walk_rings``: outer rings run against the clock, holes with it.
    count
        Number of territories.

    Returns
    -------
    numpy.ndarray
        (count,) MultiPolygons, None for territories without a ring.
    """
    out = np.full(count, None, dtype=object)
    if len(label) == 0:
        return out
    area = ring_areas(xy, starts)
    corner = xy[starts[:-1]]
    shell = _shells(xy, starts, label, area)
    is_hole = area < 0
    order = np.lexsort((corner[:, 1], corner[:, 0], is_hole, corner[shell, 1], corner[shell, 0], label))
    sizes = np.diff(starts)[order]
    ring_offsets = np.append(0, np.cumsum(sizes))
    take = np.repeat(starts[order] - ring_offsets[:-1], sizes) + np.arange(ring_offsets[-1])
    outer = np.flatnonzero(~is_hole[order])
    polygon_offsets = np.append(outer, len(order))
    owners, first = np.unique(label[order][outer], return_index=True)
    made = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        xy[take],
        (ring_offsets, polygon_offsets, np.append(first, len(outer))),
    )
    out[owners] = made
    return out


@njit(cache=True)
def ring_areas(xy, starts):
    """Return the signed area (m2) of every ring, more than 0 against the clock."""
    area = np.zeros(len(starts) - 1)
    for r in range(len(area)):
        x0, y0 = xy[starts[r]]
        for i in range(starts[r], starts[r + 1] - 1):
            area[r] += (xy[i, 0] - x0) * (xy[i + 1, 1] - y0) - (xy[i + 1, 0] - x0) * (xy[i, 1] - y0)
    return area / 2


@njit(cache=True)
def _shells(xy, starts, label, area):
    """Return the outer ring of every ring: itself, or for a hole the smallest one that holds it."""
    shell = np.arange(len(label))
    for r in range(len(label)):
        if area[r] > 0:
            continue
        least = np.inf
        for s in range(len(label)):
            if label[s] != label[r] or area[s] <= -area[r] or area[s] >= least:
                continue
            inside = 0
            for i in range(starts[r], starts[r + 1] - 1):
                inside += _holds(xy[starts[s] : starts[s + 1]], xy[i, 0], xy[i, 1])
            if 2 * inside > starts[r + 1] - 1 - starts[r]:
                least, shell[r] = area[s], s
    return shell


@njit(cache=True)
def _holds(ring, x, y):
    """Tell whether a point lies within a ring, by the number of crossings to its right."""
    odd = False
    for i in range(len(ring) - 1):
        ax, ay, bx, by = ring[i, 0], ring[i, 1], ring[i + 1, 0], ring[i + 1, 1]
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd
