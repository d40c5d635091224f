# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels of the partition: random trees, the exact cut of a tree, the judgement, the local search.

All kernels that call each other stand in this one file: the compiler's cache notices changes per file only.
Their types are inferred by the compiler, so they carry none. A tree of n atoms is cut in O(n * states^2),
where the states are the household counts a part can have while still open (at most the upper limit of the
band or so).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gridmap.planning.packing import Links, Nodes

INFINITE = 1e30
TRIES_AROUND_BAD, TRIES_ELSEWHERE = 24, 3


@njit(cache=True)
def _find(root, i):
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@njit(cache=True)
def random_tree(n, eu, ev, key, rng, parent, via, order):
    """Fill parent node, edge to it and breadth-first order of a minimum spanning tree of the keys."""
    m = len(eu)
    ranks = np.argsort(key)
    root = np.arange(n)
    deg = np.zeros(n + 1, np.int64)
    used = np.empty(n, np.int64)
    k = 0
    for r in range(m):
        e = ranks[r]
        a, b = _find(root, eu[e]), _find(root, ev[e])
        if a != b:
            root[a] = b
            used[k] = e
            k += 1
            deg[eu[e] + 1] += 1
            deg[ev[e] + 1] += 1
            if k == n - 1:
                break
    start = np.cumsum(deg)
    fill = start.copy()
    inc = np.empty(2 * k, np.int64)
    for i in range(k):
        e = used[i]
        inc[fill[eu[e]]] = e
        fill[eu[e]] += 1
        inc[fill[ev[e]]] = e
        fill[ev[e]] += 1
    first = int(rng.random() * n)
    parent[:] = -2
    parent[first] = -1
    via[first] = -1
    order[0] = first
    head, tail = 0, 1
    while head < tail:
        v = order[head]
        head += 1
        for i in range(start[v], start[v + 1]):
            e = inc[i]
            u = ev[e] if eu[e] == v else eu[e]
            if parent[u] == -2:
                parent[u] = v
                via[u] = e
                order[tail] = u
                tail += 1
    return tail


@njit(cache=True)
def cut_tree(n, order, parent, via, w, close, split, join, labels):  # noqa: C901 - one loop over states
    """Cut a tree exactly: least closing, splitting and joining cost; return (cost, number of parts)."""
    cap = len(close) - 1
    f = np.full((n, cap + 1), INFINITE)
    choice = np.full((n, cap + 1), -1, np.int32)
    high = np.zeros(n, np.int64)
    best_w = np.zeros(n, np.int64)
    best_c = np.empty(n)
    new = np.empty(cap + 1)
    states_v = np.empty(cap + 1, np.int64)
    for i in range(n):
        f[i, w[i]] = 0.0
        high[i] = w[i]
    for r in range(n - 1, -1, -1):
        v = order[r]
        best = INFINITE * 2
        count_v = 0
        for s in range(high[v] + 1):
            if f[v, s] < INFINITE:
                states_v[count_v] = s
                count_v += 1
                c = f[v, s] + close[s]
                if c < best:
                    best, best_w[v] = c, s
        best_c[v] = best
        p = parent[v]
        if p < 0:
            continue
        cut, joined = best + split[via[v]], join[via[v]]
        top = min(cap, high[p] + high[v])
        for s in range(top + 1):
            new[s] = INFINITE
        for s in range(high[p] + 1):
            base = f[p, s]
            if base >= INFINITE:
                continue
            if base + cut < new[s]:
                new[s] = base + cut
                choice[v, s] = -1
            for i in range(count_v):
                t = states_v[i]
                if s + t > cap:
                    break
                c = base + f[v, t] + joined
                if c < new[s + t]:
                    new[s + t] = c
                    choice[v, s + t] = t
        high[p] = top
        for s in range(top + 1):
            f[p, s] = new[s]
    parts = 0
    left = np.zeros(n, np.int64)
    for r in range(n):
        v = order[r]
        p = parent[v]
        if p >= 0 and choice[v, left[p]] >= 0:
            left[v] = choice[v, left[p]]
            left[p] -= left[v]
            labels[v] = labels[p]
        else:
            left[v] = best_w[v]
            labels[v] = parts
            parts += 1
    return best_c[order[0]], parts


@njit(cache=True)
def judge(parts, labels, nodes, links, k):
    """Return the whole cost of a labelling with parts 0..parts-1."""
    n = len(labels)
    h = np.zeros(parts, np.int64)
    sx, sy, sq = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    area, perimeter = np.zeros(parts), np.zeros(parts)
    seen = np.full(parts, -2, np.int64)
    kinds = np.zeros(parts, np.int64)
    for i in range(n):
        p = labels[i]
        h[p] += nodes.w[i]
        m = nodes.w[i] + 0.01
        sx[p] += m * nodes.x[i]
        sy[p] += m * nodes.y[i]
        sq[p] += m * (nodes.x[i] * nodes.x[i] + nodes.y[i] * nodes.y[i])
        area[p] += nodes.area[i]
        perimeter[p] += nodes.perimeter[i]
        if nodes.w[i] > 0 and seen[p] != nodes.compound[i]:
            seen[p] = nodes.compound[i]
            kinds[p] += 1
    cost = _judge_links(labels, links, perimeter)
    shape = radius = 0.0
    for p in range(parts):
        out = max(k.low - h[p], h[p] - k.high)
        if out > 0:
            cost += k.outside * (out + 0.3)
        d = (h[p] - k.target) / (k.high - k.low + 1)
        cost += k.balance * d * d + k.compound * max(kinds[p] - 1, 0)
        if area[p] > 0:
            shape += max(0.0, perimeter[p] / (2 * np.sqrt(np.pi * area[p])) - 1)
        m = h[p] + 0.01
        radius += np.sqrt(max(0.0, sq[p] / m - (sx[p] * sx[p] + sy[p] * sy[p]) / (m * m)))
    wished = h.sum() / k.target / parts  # fewer parts are fewer to be round, but wider ones
    cost += k.shape * wished * shape + k.radius * np.sqrt(wished) * radius / k.far
    return cost


@njit(cache=True)
def _judge_links(labels, links, perimeter):
    """Cost of splits and of the least barriers in each part; takes inner borders off the perimeters."""
    cost = 0.0
    root = np.arange(len(labels))
    for e in range(len(links.u)):
        p = labels[links.u[e]]
        if p != labels[links.v[e]]:
            cost += links.split[e]
            continue
        perimeter[p] -= 2 * links.border[e]
        s, t = _find(root, links.u[e]), _find(root, links.v[e])
        if s != t:
            root[s] = t
            cost += links.barrier[e]
    return cost


@njit(cache=True)
def _draw_keys(key, links, far, rng):
    """Random edge keys; most trees respect buildings, compounds and barriers strictly, some loosely."""
    u = rng.random()
    strict = 1.0 if u < 0.6 else (0.45 if u < 0.85 else 0.15)
    near = rng.random() * 1.2
    for e in range(len(key)):
        bias = links.nearness[e] * 1.01
        if links.barrier[e] > 0:
            bias += 0.5 + 0.04 * links.barrier[e]
        key[e] = rng.random() + strict * bias
        if links.nearness[e] > 1:
            key[e] += near * min(links.apart[e] / far, 2.0)


@njit(cache=True)
def best_of_trees(nodes, links, k, close, tries, rng):
    """Return (cost, parts, labels) of the best of several random trees; no parts if not connected.

    A part costs ``close[households]`` and may stay open up to the last of them.
    """
    n = len(nodes.w)
    parent, via, order = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    labels, best_labels = np.zeros(n, np.int64), np.zeros(n, np.int64)
    best, best_parts = INFINITE * 10, 0
    key = np.empty(len(links.u))
    for _ in range(tries):
        _draw_keys(key, links, k.far, rng)
        if random_tree(n, links.u, links.v, key, rng, parent, via, order) < n:
            return best, 0, best_labels
        parts = cut_tree(n, order, parent, via, nodes.w, close, links.split, links.join, labels)[1]
        cost = judge(parts, labels, nodes, links, k)
        if cost < best:
            best, best_parts = cost, parts
            best_labels[:] = labels
    return best, best_parts, best_labels


@njit(cache=True)
def _edges_among(members, loc, links, inc_start, inc):
    """Number the members 0.. in ``loc`` and return the sorted edges among them."""
    total = 0
    for i in range(len(members)):
        loc[members[i]] = i
        total += inc_start[members[i] + 1] - inc_start[members[i]]
    found = np.empty(total, np.int64)
    m = 0
    for i in range(len(members)):
        v = members[i]
        for j in range(inc_start[v], inc_start[v + 1]):
            e = inc[j]
            if links.u[e] == v and loc[links.v[e]] >= 0:
                found[m] = e
                m += 1
    return np.sort(found[:m])


@njit(cache=True)
def _resplit(members, old, old_parts, loc, nodes, links, inc_start, inc, k, close, tries, rng):
    """Cut the members anew; return (parts, labels), no parts when nothing better was found."""
    e = _edges_among(members, loc, links, inc_start, inc)
    own_links = Links(
        loc[links.u[e]], loc[links.v[e]], links.border[e], links.barrier[e], links.split[e], links.join[e],
        links.nearness[e], links.apart[e],
    )  # fmt: skip
    loc[members] = -1
    now = np.empty(len(members), np.int64)
    for i in range(len(members)):
        j = 0
        while old_parts[j] != old[members[i]]:
            j += 1
        now[i] = j
    i = members
    own = Nodes(nodes.w[i], nodes.compound[i], nodes.area[i], nodes.perimeter[i], nodes.x[i], nodes.y[i])
    before = judge(len(old_parts), now, own, own_links, k)
    cost, parts, labels = best_of_trees(own, own_links, k, close, tries, rng)
    if cost >= before - 1e-6:
        parts = 0
    return parts, labels


@njit(cache=True)
def _grow_group(group, size, labels, head, following, links, inc_start, inc, rng):
    """Add random neighbouring parts to the two in the group up to the wanted size; return its size."""
    have = 2
    for _ in range(size + 6):
        if have >= size:
            break
        v = head[group[int(rng.random() * have)]]
        for _hop in range(int(rng.random() * 30)):
            v = following[v] if following[v] >= 0 else v
        found = -1
        for j in range(inc_start[v], inc_start[v + 1]):
            e = inc[j]
            u = links.v[e] if links.u[e] == v else links.u[e]
            known = False
            for g in range(have):
                known = known or group[g] == labels[u]
            if not known:
                found = labels[u]
        if found >= 0:
            group[have] = found
            have += 1
    return have


@njit(cache=True)
def _is_in_band(sizes, k):
    return k.low <= sizes.min() and sizes.max() <= k.high


@njit(cache=True)
def _members_of(group, have, head, following, buffer):
    m = 0
    for g in range(have):
        v = head[group[g]]
        while v >= 0:
            buffer[m] = v
            m += 1
            v = following[v]
    return np.sort(buffer[:m])


@njit(cache=True)
def _replace_parts(members, fresh, parts, group, have, labels, head, following, size, w, slots, attempts):
    """Put new parts in place of old ones, reusing their numbers; return the number of slots in use."""
    for g in range(have):
        head[group[g]] = -1
        size[group[g]] = 0
    slot = np.empty(parts, np.int64)
    for g in range(parts):
        if g < have:
            slot[g] = group[g]
        else:
            slot[g] = slots
            slots += 1
        attempts[slot[g]] = 0
    for j in range(len(members) - 1, -1, -1):
        v = members[j]
        p = slot[fresh[j]]
        labels[v] = p
        following[v] = head[p]
        head[p] = v
        size[p] += w[v]
    return slots


@njit(cache=True)
def improve(labels, parts, nodes, links, inc_start, inc, k, rounds, tries, rng):
    """Merge two to five neighbouring parts and cut them anew where that costs less; in place."""
    n, m = len(labels), len(links.u)
    room = 2 * n + 8
    head, size = np.full(room, -1, np.int64), np.zeros(room, np.int64)
    following = np.full(n, -1, np.int64)
    for i in range(n - 1, -1, -1):
        following[i] = head[labels[i]]
        head[labels[i]] = i
        size[labels[i]] += nodes.w[i]
    slots = parts
    loc, buffer = np.full(n, -1, np.int64), np.empty(n, np.int64)
    group = np.empty(8, np.int64)
    for sweep in range(rounds):
        ids = np.arange(m)
        for i in range(m - 1, 0, -1):
            j = int(rng.random() * (i + 1))
            ids[i], ids[j] = ids[j], ids[i]
        attempts = np.zeros(room, np.int64)
        gained = False
        for i in range(m):
            p, q = labels[links.u[ids[i]]], labels[links.v[ids[i]]]
            if p == q or slots > room - 16:
                continue
            is_bad = min(size[p], size[q]) < k.low or max(size[p], size[q]) > k.high
            limit = TRIES_AROUND_BAD if is_bad else TRIES_ELSEWHERE
            if attempts[p] >= limit and attempts[q] >= limit:
                continue
            attempts[p] += 1
            attempts[q] += 1
            u = rng.random()
            want = 2 + int(u * 4) if is_bad else (3 if u < 0.35 else 2)
            group[0], group[1] = p, q
            have = _grow_group(group, want, labels, head, following, links, inc_start, inc, rng)
            members = _members_of(group, have, head, following, buffer)
            close = k.close
            if _is_in_band(size[group[:have]], k):  # nothing wider can be better: fewer states to look at
                close = k.close[: k.high + 1]
            fresh_parts, fresh = _resplit(
                members, labels, group[:have], loc, nodes, links, inc_start, inc, k, close,
                tries * 2 if is_bad else tries, rng,
            )  # fmt: skip
            if fresh_parts > 0:
                gained = True
                slots = _replace_parts(
                    members, fresh, fresh_parts, group, have, labels, head, following, size, nodes.w, slots,
                    attempts,
                )  # fmt: skip
        if not gained and sweep > 0:
            break
