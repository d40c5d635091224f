# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that trace borders through a labelled mesh and straighten them.

A border over open land crosses a row of mesh edges, each of which no other border crosses. It may therefore
be moved along these edges as far as it likes without ever meeting a building or another border: it is pulled
taut through the row (the funnel of Lee and Preparata 1984) and then left with the fewest bends that still
pass (ordered stabbing, Guibas et al. 1993, over the bends of the taut line only). A border along walls, roads
and the outline keeps to its points and only drops some (Douglas and Peucker 1973), by no more than a share of
the height of the triangles around, where no other border can be. Each line thus depends on nothing but its
own stretch of the mesh. O(points) but for the bends of one line, which count squared.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TAUT, WIDE = 0.25, 0.15
"""How near to the ends of a mesh edge, as shares of it, a line is drawn: when taut, and when bends are left
out."""
CLEAR_SHARE = 0.12
CLOSEST_M = 1e-4
LOOK_AHEAD = 48
POINT, MIDDLE, CENTRE = range(3)
OPEN_LAND = 0


@njit(cache=True)
def trace_chains(a, b, kind, pinned, is_wanted):  # noqa: C901 - one walk along the border pieces
    """Order border pieces into chains of one kind; return piece order, direction and chain starts.

    Every chain runs from its lower to its higher end node (a closed one from its lowest node to the lower
    neighbour), so that it does not matter which other borders were traced.
    """
    m, n = len(a), len(pinned)
    start = np.zeros(n + 1, np.int64)
    low, high = np.full(n, 9), np.full(n, -1)
    for e in range(m):
        for v in (a[e], b[e]):
            start[v + 1] += 1
            low[v] = min(low[v], kind[e])
            high[v] = max(high[v], kind[e])
    is_break = np.empty(n, np.bool_)
    for v in range(n):
        is_break[v] = start[v + 1] != 2 or low[v] != high[v] or (pinned[v] and low[v] != 2)
    for v in range(n):
        start[v + 1] += start[v]
    fill, at_node = start[:-1].copy(), np.empty(2 * m, np.int64)
    for e in range(m):
        for v in (a[e], b[e]):
            at_node[fill[v]] = e
            fill[v] += 1
    used = ~is_wanted
    order, forward = np.empty(m, np.int64), np.empty(m, np.bool_)
    starts = np.empty(m + 1, np.int64)
    done, chains = 0, 0
    for pass_no in range(2):
        for first in range(m):
            if used[first] or (pass_no == 0 and not (is_break[a[first]] or is_break[b[first]])):
                continue
            starts[chains] = done
            e, v = first, (b[first] if is_break[a[first]] or pass_no == 1 else a[first])
            while True:
                used[e] = True
                order[done] = e
                forward[done] = b[e] == v
                done += 1
                if is_break[v]:
                    break
                other = at_node[start[v]]
                if other == e:
                    other = at_node[start[v] + 1]
                if used[other]:
                    break
                e = other
                v = b[e] if a[e] == v else a[e]
            _turn_chain(order, forward, starts[chains], done, a, b, pass_no == 1)
            chains += 1
    starts[chains] = done
    return order[:done], forward[:done], starts[: chains + 1]


@njit(cache=True)
def _turn_chain(order, forward, low, high, a, b, is_ring):
    """Make a chain start and run as agreed, in place."""
    count = high - low
    if is_ring:
        best = low
        for i in range(low, high):
            if _tail(order[i], forward[i], a, b) < _tail(order[best], forward[best], a, b):
                best = i
        turned, way = np.empty(count, np.int64), np.empty(count, np.bool_)
        for i in range(count):
            turned[i] = order[low + (best - low + i) % count]
            way[i] = forward[low + (best - low + i) % count]
        order[low:high] = turned
        forward[low:high] = way
    first = _tail(order[low], forward[low], a, b)
    last = _tail(order[high - 1], not forward[high - 1], a, b)
    second = _tail(order[low], not forward[low], a, b)
    before_last = _tail(order[high - 1], forward[high - 1], a, b)
    if first < last or (first == last and second <= before_last):
        return
    for i in range(count // 2):
        j, k = low + i, high - 1 - i
        order[j], order[k] = order[k], order[j]
        forward[j], forward[k] = forward[k], forward[j]
    for i in range(low, high):
        forward[i] = not forward[i]


@njit(cache=True)
def _tail(e, is_forward, a, b):
    return a[e] if is_forward else b[e]


@njit(cache=True)
def _side(ax, ay, bx, by, x, y):
    """More than 0 if (x, y) lies to the left of the line from a to b."""
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@njit(cache=True)
def least_heights(mesh, corners, points):
    """Return the least height (m) of the triangles around each of some mesh points."""
    number = np.full(len(mesh), -1)
    for i in range(len(points)):
        number[points[i]] = i
    out = np.full(len(points), np.inf)
    for t in range(len(corners)):
        i, j, k = corners[t]
        if number[i] < 0 and number[j] < 0 and number[k] < 0:
            continue
        ux, uy = mesh[j, 0] - mesh[i, 0], mesh[j, 1] - mesh[i, 1]
        vx, vy = mesh[k, 0] - mesh[i, 0], mesh[k, 1] - mesh[i, 1]
        longest = max(ux * ux + uy * uy, vx * vx + vy * vy, (ux - vx) ** 2 + (uy - vy) ** 2)
        height = abs(ux * vy - uy * vx) / np.sqrt(longest)
        for v in (i, j, k):
            if number[v] >= 0:
                out[number[v]] = min(out[number[v]], height)
    return out


@njit(cache=True)
def copy_chains(order, forward, starts, a, b, node):
    """Draw every chain as it is; return the coordinates (m) of all and where each starts."""
    out, out_starts = np.empty((len(order) + len(starts), 2)), np.zeros(len(starts), np.int64)
    have = 0
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            v = _tail(order[i], forward[i], a, b)
            out[have, 0], out[have, 1] = node[0, v], node[1, v]
            have += 1
        v = _tail(order[starts[c + 1] - 1], not forward[starts[c + 1] - 1], a, b)
        out[have, 0], out[have, 1] = node[0, v], node[1, v]
        have += 1
        out_starts[c + 1] = have
    return out[:have], out_starts


@njit(cache=True)
def straighten_chains(order, forward, starts, a, b, kind, left_point, node, mesh, tolerance):
    """Draw every chain; return the coordinates (m) of all and where each starts.

    Parameters
    ----------
    order, forward, starts
        As from ``trace_chains``.
    a, b, kind, left_point
        Border pieces: end nodes, kind, and the mesh point on their left (-1 for pieces along mesh edges).
    node
        (x, y, role, one end, other end, room): coordinates (m), what the node is, the mesh edge a middle lies
        on, and how far (m) borders through a mesh point may move.
    mesh
        (N, 2) coordinates (m) of mesh points.
    tolerance
        By kind, how far (m) points of a border may be left aside.
    """
    x, y, role, room = node[0], node[1], node[2], node[5]
    total = len(order) + len(starts)
    out, out_starts = np.empty((total, 2)), np.zeros(len(starts), np.int64)
    way = np.empty(total, np.int64)
    have = 0
    for c in range(len(starts) - 1):
        low, high = starts[c], starts[c + 1]
        count = high - low + 1
        way[0] = _tail(order[low], forward[low], a, b)
        for i in range(1, count):
            way[i] = _tail(order[low + i - 1], not forward[low + i - 1], a, b)
        if kind[order[low]] != OPEN_LAND:
            have = _thin(way[:count], x, y, room, tolerance[kind[order[low]]], out, have)
        else:
            out[have, 0], out[have, 1] = x[way[0]], y[way[0]]
            have += 1
            begin = 0
            for i in range(1, count):
                fixed = role[way[i]] == POINT or i == count - 1
                if not fixed and role[way[i]] == MIDDLE:
                    fixed = left_point[order[low + i - 1]] < 0 or left_point[order[low + i]] < 0
                if fixed:
                    own, ahead = order[low:high], forward[low:high]
                    have = _pull(way, begin, i, own, ahead, left_point, node, mesh, out, have)
                    begin = i
        have = _drop_close(out, out_starts[c], have)
        out_starts[c + 1] = have
    return out[:have], out_starts


@njit(cache=True)
def _drop_close(out, low, high):
    """Drop bends too close together to survive rounding, in place; return the new end of the line."""
    is_ring = out[low, 0] == out[high - 1, 0] and out[low, 1] == out[high - 1, 1]
    last = high - 1
    kept = np.empty(high - low, np.int64)
    kept[0], count = low, 1
    for i in range(low + 1, last):
        before = kept[count - 1]
        apart = min(
            np.hypot(out[i, 0] - out[before, 0], out[i, 1] - out[before, 1]),
            np.hypot(out[i, 0] - out[last, 0], out[i, 1] - out[last, 1]),
        )
        if apart >= CLOSEST_M:
            kept[count] = i
            count += 1
    kept[count] = last
    count += 1
    if count == high - low or (is_ring and count < 4):
        return high
    for i in range(count):
        out[low + i] = out[kept[i]]
    return low + count


@njit(cache=True)
def _thin(way, x, y, room, tolerance, out, have):
    """Write the points of a line without those nearer than the tolerance to what is left."""
    count = len(way)
    keep = np.zeros(count, np.bool_)
    keep[0] = keep[count - 1] = True
    stack = [(0, count - 1)]
    while len(stack) > 0:
        i, j = stack.pop()
        if j - i < 2:
            continue
        ax, ay, bx, by = x[way[i]], y[way[i]], x[way[j]], y[way[j]]
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        far, at, limit = -1.0, i + 1, tolerance
        for k in range(i, j + 1):
            limit = min(limit, room[way[k]])
        for k in range(i + 1, j):
            px, py = x[way[k]] - ax, y[way[k]] - ay
            t = min(max((px * dx + py * dy) / square, 0.0), 1.0) if square > 0 else 0.0
            d = np.hypot(px - t * dx, py - t * dy)
            if d > far:
                far, at = d, k
        if far > limit or square == 0:
            keep[at] = True
            stack.append((i, at))
            stack.append((at, j))
    for i in range(count):
        if keep[i]:
            out[have, 0], out[have, 1] = x[way[i]], y[way[i]]
            have += 1
    return have


@njit(cache=True)
def _pull(way, begin, end, order, forward, left_point, node, mesh, out, have):
    """Write the straightened stretch of an open border between two fixed nodes, without its first point."""
    x, y, role, one, other = node[0], node[1], node[2], node[3], node[4]
    m = 1
    gates = np.empty((end - begin + 2, 4))
    _close_gate(gates, 0, x[way[begin]], y[way[begin]])
    for i in range(begin + 1, end):
        v = way[i]
        if role[v] != MIDDLE:
            continue
        p, q = int(one[v]), int(other[v])
        is_first = left_point[order[i - 1]] == p
        left = p if is_first == forward[i - 1] else q
        right = p + q - left
        gates[m, 0], gates[m, 1] = mesh[left, 0], mesh[left, 1]
        gates[m, 2], gates[m, 3] = mesh[right, 0], mesh[right, 1]
        m += 1
    _close_gate(gates, m, x[way[end]], y[way[end]])
    taut, at = _funnel(gates[: m + 1])
    keep = _fewest(taut, at, gates)
    for i in range(1, len(keep)):
        out[have, 0], out[have, 1] = taut[keep[i], 0], taut[keep[i], 1]
        have += 1
    return have


@njit(cache=True)
def _close_gate(gates, i, x, y):
    gates[i, 0], gates[i, 1], gates[i, 2], gates[i, 3] = x, y, x, y


@njit(cache=True)
def _narrow(gates, i, share, is_left):
    lx, ly, rx, ry = gates[i]
    if is_left:
        return lx + share * (rx - lx), ly + share * (ry - ly)
    return rx + share * (lx - rx), ry + share * (ly - ry)


@njit(cache=True)
def _funnel(gates):
    """Pull a line taut through gates (left and right end of each); return its bends and their gates."""
    m = len(gates)
    line, at = np.empty((m + 1, 2)), np.empty(m + 1, np.int64)
    ax, ay = gates[0, 0], gates[0, 1]
    line[0, 0], line[0, 1] = ax, ay
    at[0] = 0
    count, apex, left_at, right_at = 1, 0, 0, 0
    lx, ly, rx, ry = ax, ay, ax, ay
    i = 1
    while i < m:
        nlx, nly = _narrow(gates, i, TAUT, True)
        nrx, nry = _narrow(gates, i, TAUT, False)
        if _side(ax, ay, rx, ry, nrx, nry) >= 0:
            if right_at == apex or _side(ax, ay, lx, ly, nrx, nry) < 0:
                rx, ry, right_at = nrx, nry, i
            else:
                ax, ay, apex = lx, ly, left_at
                line[count, 0], line[count, 1] = ax, ay
                at[count] = apex
                count += 1
                rx, ry, lx, ly, right_at = ax, ay, ax, ay, apex
                left_at = apex
                i = apex + 1
                continue
        if _side(ax, ay, lx, ly, nlx, nly) <= 0:
            if left_at == apex or _side(ax, ay, rx, ry, nlx, nly) > 0:
                lx, ly, left_at = nlx, nly, i
            else:
                ax, ay, apex = rx, ry, right_at
                line[count, 0], line[count, 1] = ax, ay
                at[count] = apex
                count += 1
                rx, ry, lx, ly, left_at = ax, ay, ax, ay, apex
                right_at = apex
                i = apex + 1
                continue
        i += 1
    if at[count - 1] != m - 1:
        line[count, 0], line[count, 1] = gates[m - 1, 0], gates[m - 1, 1]
        at[count] = m - 1
        count += 1
    return line[:count], at[:count]


@njit(cache=True)
def _fewest(line, at, gates):
    """Return which bends to keep: the fewest, then the shortest, still passing all gates."""
    count = len(line)
    links, length = np.full(count, count + 1), np.zeros(count)
    before = np.full(count, -1)
    links[0] = 0
    for j in range(1, count):
        for i in range(j - 1, max(-1, j - LOOK_AHEAD), -1):
            if i < j - 1 and (links[i] + 1 > links[j] or not _passes(line, at, gates, i, j)):
                continue
            reach = length[i] + np.hypot(line[j, 0] - line[i, 0], line[j, 1] - line[i, 1])
            if links[i] + 1 < links[j] or reach < length[j]:
                links[j], length[j], before[j] = links[i] + 1, reach, i
    keep = np.empty(links[count - 1] + 1, np.int64)
    v = count - 1
    for i in range(len(keep) - 1, -1, -1):
        keep[i] = v
        v = before[v]
    return keep


@njit(cache=True)
def _passes(line, at, gates, i, j):
    """Tell whether the straight line between two bends passes all gates between them."""
    ax, ay, bx, by = line[i, 0], line[i, 1], line[j, 0], line[j, 1]
    if ax == bx and ay == by:  # once round a ring
        return False
    for k in range(at[i] + 1, at[j]):
        x, y = _narrow(gates, k, WIDE, True)
        if _side(ax, ay, bx, by, x, y) < 0:
            return False
        x, y = _narrow(gates, k, WIDE, False)
        if _side(ax, ay, bx, by, x, y) > 0:
            return False
    return True
