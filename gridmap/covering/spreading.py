# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels of walking: the shortest ways from some stations over all edges, and from there to doors.

The search keeps what it has reached in buckets of a few metres, goes through them in turn, and looks again
at what became nearer within its own bucket (Dial 1969; Meyer and Sanders 2003). On streets that is linear in
the edges within the limit, besides clearing one array as long as the nodes. The metres are those of
Dijkstra's search to the last bit; of stations equally near the one of the lowest row counts.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BUCKET_M = 10.0
NOWHERE = -1


@njit(cache=True, nogil=True)
def join_nodes(ends, n):
    """Return where the ways of each of n nodes begin (n + 1,); the edge of each way, and the node beyond."""
    begins = np.zeros(n + 1, np.int32)
    for edge in range(len(ends)):
        begins[ends[edge, 0] + 1] += 1
        begins[ends[edge, 1] + 1] += 1
    for node in range(n):
        begins[node + 1] += begins[node]
    free = begins[:-1].copy()
    via, beyond = np.empty(2 * len(ends), np.int32), np.empty(2 * len(ends), np.int32)
    for edge in range(len(ends)):
        for side in range(2):
            here = ends[edge, side]
            via[free[here]], beyond[free[here]] = edge, ends[edge, 1 - side]
            free[here] += 1
    return begins, via, beyond


@njit(cache=True, nogil=True)
def _find_root(above, node):
    while above[node] != node:
        above[node] = above[above[node]]
        node = above[node]
    return node


@njit(cache=True, nogil=True)
def find_pieces(ends, n):
    """Return which connected piece each edge belongs to: the lowest row of its nodes."""
    above = np.arange(n)
    for edge in range(len(ends)):
        one, other = _find_root(above, ends[edge, 0]), _find_root(above, ends[edge, 1])
        above[max(one, other)] = min(one, other)
    piece = np.empty(len(ends), np.int64)
    for edge in range(len(ends)):
        piece[edge] = _find_root(above, ends[edge, 0])
    return piece


@njit(cache=True, nogil=True)
def _start(ends, length_m, stations, limit_m, far, station, via):
    """Reach the ends of the edges that stations stand on; return those nodes, one perhaps more than once."""
    at_edge, along_m, offset_m = stations
    nodes = np.empty(2 * len(at_edge), np.int32)
    count = 0
    for row in range(len(at_edge)):
        edge = at_edge[row]
        if edge < 0:
            continue
        for side in range(2):
            node = ends[edge, side]
            rest_m = along_m[row] if side == 0 else length_m[edge] - along_m[row]
            way_m = max(rest_m, 0.0) + offset_m[row]
            if way_m <= limit_m and way_m < far[node]:
                far[node], station[node], via[node] = way_m, row, NOWHERE
                nodes[count] = node
                count += 1
    return nodes[:count]


@njit(cache=True, nogil=True)
def _fill_buckets(nodes, far, longest_m):
    """Return the newest entry of each bucket, the node of each entry, and the one that is older; -1: none.

    What waits lies within the longest way of the bucket at hand, so a ring of so many buckets will do.
    """
    ring = 1
    while ring * BUCKET_M < longest_m + 2 * BUCKET_M:
        ring *= 2
    newest = np.full(ring, NOWHERE, np.int32)
    item, older = np.empty(4 * len(nodes) + 64, np.int32), np.empty(4 * len(nodes) + 64, np.int32)
    for entry in range(len(nodes)):
        bucket = int(far[nodes[entry]] / BUCKET_M) & (ring - 1)
        item[entry], older[entry], newest[bucket] = nodes[entry], newest[bucket], entry
    return newest, item, older


@njit(cache=True, nogil=True)
def spread(begins, via_of, beyond, way_m, ends, length_m, stations, limit_m):
    """Walk from all stations outwards.

    Parameters
    ----------
    begins, via_of, beyond
        From `join_nodes`.
    way_m
        Metres of each way.
    ends, length_m
        (E, 2) and (E,) the edges.
    stations
        Edge, metres along it and metres beside it: three arrays.

    Returns
    -------
    far
        (N,) metres, inf beyond the limit.
    station
        (N,) row of the nearest station; says nothing where ``far`` is inf.
    via
        (N,) edge to the next node towards the station, -1 where the station is next; nothing where inf.
    """
    n = len(begins) - 1
    far, station, via = np.full(n, np.inf), np.empty(n, np.int32), np.empty(n, np.int32)
    nodes = _start(ends, length_m, stations, limit_m, far, station, via)
    if not len(nodes):
        return far, station, via
    newest, item, older = _fill_buckets(nodes, far, max(way_m.max(), far[nodes].max()))
    within, used, free, waiting, turn = len(newest) - 1, len(nodes), NOWHERE, len(nodes), 0
    while waiting > 0:
        entry = newest[turn & within]
        if entry < 0:
            turn += 1
            continue
        here = item[entry]
        newest[turn & within], older[entry], free = older[entry], free, entry
        waiting -= 1
        if int(far[here] / BUCKET_M) != turn:
            continue  # it was reached by a nearer way since, and looked at in that turn
        for at in range(begins[here], begins[here + 1]):
            node, there_m = beyond[at], far[here] + way_m[at]
            if there_m > limit_m or not _is_nearer(there_m, station[here], far[node], station[node]):
                continue
            far[node], station[node], via[node] = there_m, station[here], via_of[at]
            if free < 0:
                if used == len(item):
                    item, older = np.append(item, item), np.append(older, older)
                older[used], free, used = NOWHERE, used, used + 1
            bucket, entry, free = int(there_m / BUCKET_M) & within, free, older[free]
            item[entry], older[entry], newest[bucket] = node, newest[bucket], entry
            waiting += 1
    return far, station, via


@njit(cache=True, nogil=True)
def _is_nearer(far, station, known_far, known_station):
    return far < known_far or (far == known_far and station < known_station)


@njit(cache=True, nogil=True)
def list_by_edge(at_edge, n):
    """Chain places by their edge: the first of each of n edges, and the next after each place; -1 ends it."""
    first, later = np.full(n, NOWHERE, np.int32), np.full(len(at_edge), NOWHERE, np.int32)
    for row in range(len(at_edge) - 1, -1, -1):
        edge = at_edge[row]
        if edge >= 0:
            later[row], first[edge] = first[edge], row
    return first, later


@njit(cache=True, nogil=True)
def walk_to_doors(edges, found, beside, stations, doors, limit_m):
    """Walk on from the nodes to the doors, or along the edge from a station beside.

    Parameters
    ----------
    edges
        Their ends (E, 2) and metres (E,).
    found
        Metres and stations of the nodes, from `spread`.
    beside
        The stations as `list_by_edge` chains them.
    stations, doors
        Edge, metres along it and metres beside it: three arrays each.

    Returns
    -------
    walk_m
        (n,) metres, inf beyond the limit or where the door has no network.
    nearest
        (n,) row of the nearest station, -1 where ``walk_m`` is inf.
    """
    ends, length_m = edges
    far, station = found
    first, later = beside
    at_edge, along_m, offset_m = doors
    _, station_along_m, station_offset_m = stations
    walk_m, nearest = np.full(len(at_edge), np.inf), np.full(len(at_edge), NOWHERE, np.int64)
    for door in range(len(at_edge)):
        edge = at_edge[door]
        if edge < 0:
            continue
        one, other = ends[edge, 0], ends[edge, 1]
        best_m, best = far[one] + along_m[door], station[one]
        by_other_m = far[other] + length_m[edge] - along_m[door]
        if by_other_m < best_m or (by_other_m == best_m and station[other] < best):
            best_m, best = by_other_m, station[other]
        row = first[edge]
        while row >= 0:
            beside_m = abs(along_m[door] - station_along_m[row]) + station_offset_m[row]
            if beside_m < best_m or (beside_m == best_m and row < best):
                best_m, best = beside_m, row
            row = later[row]
        best_m += offset_m[door]
        if best_m < np.inf and best_m <= limit_m:
            walk_m[door], nearest[door] = best_m, best
    return walk_m, nearest
