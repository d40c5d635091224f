"""Dividing a graph of atoms into parts inside a household band.

Random spanning trees are cut by an exact dynamic programme over the weight of the still-open part (the tree
idea is the one of recombination sampling, DeFord, Duchin and Solomon 2019; the knapsack over a tree is classic), the best
tree wins, and a local search then merges two to five neighbouring parts and cuts them anew. Large graphs are first cut
into connected chunks so that time grows linearly. The result is always connected and always returned; it
is not promised to be the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.planning.rules import PlanRules

CHUNK_PARTS = 24
WHOLE_GRAPH_PARTS = 30
INFINITE = 1e30

_V, _SHAPE, _RADIUS, _BALANCE, _COMPOUND, _TARGET, _LOW, _HIGH, _FAR = range(9)


@dataclass(frozen=True)
class AtomGraph:
    """Atoms and what joins them.

    Attributes
    ----------
    households, compound
        (N,) count and compound number (-1 for none); atoms stand in order of compound.
    area_m2, perimeter_m, x_m, y_m
        (N,) measures of the ground cell; area and perimeter are 0 for atoms above the ground.
    ends
        (E, 2) joined atoms, in order of barrier cost.
    border_m
        (E,) shared border.
    barrier
        (E,) cost of joining across.
    split
        (E,) cost of cutting (more than 0 inside a building).
    nearness
        (E,) 0 inside an entrance, 1 inside a building, 2 inside a compound, 3 otherwise.
    """

    households: np.ndarray
    compound: np.ndarray
    area_m2: np.ndarray
    perimeter_m: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray
    ends: np.ndarray
    border_m: np.ndarray
    barrier: np.ndarray
    split: np.ndarray
    nearness: np.ndarray


@njit(cache=True)
def _find(root, i):
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@njit(cache=True)
def _random_tree(n, eu, ev, key, rng, parent, via, order):
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
    for i in range(n):
        parent[i] = -2
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
def _cut_tree(n, order, parent, via, w, close, split, join, labels):
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
def _judge(n, parts, labels, w, comp, area, perim, x, y, eu, ev, length, barrier, split, k):
    """Return the whole cost of a labelling; edges come in order of barrier cost."""
    h = np.zeros(parts, np.int64)
    sx, sy, sq = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    a, per = np.zeros(parts), np.zeros(parts)
    seen = np.full(parts, -2, np.int64)
    kinds = np.zeros(parts, np.int64)
    for i in range(n):
        p = labels[i]
        h[p] += w[i]
        m = w[i] + 0.01
        sx[p] += m * x[i]
        sy[p] += m * y[i]
        sq[p] += m * (x[i] * x[i] + y[i] * y[i])
        a[p] += area[i]
        per[p] += perim[i]
        if w[i] > 0 and seen[p] != comp[i]:
            seen[p] = comp[i]
            kinds[p] += 1
    cost = 0.0
    root = np.arange(n)
    for e in range(len(eu)):
        p = labels[eu[e]]
        if p != labels[ev[e]]:
            cost += split[e]
            continue
        per[p] -= 2 * length[e]
        s, t = _find(root, eu[e]), _find(root, ev[e])
        if s != t:
            root[s] = t
            cost += barrier[e]
    for p in range(parts):
        out = max(k[_LOW] - h[p], h[p] - k[_HIGH])
        if out > 0:
            cost += k[_V] * (out + 0.3)
        d = (h[p] - k[_TARGET]) / (k[_HIGH] - k[_LOW] + 1)
        cost += k[_BALANCE] * d * d
        if kinds[p] > 1:
            cost += k[_COMPOUND] * (kinds[p] - 1)
        if a[p] > 0:
            cost += k[_SHAPE] * max(0.0, per[p] / (2 * np.sqrt(np.pi * a[p])) - 1)
        m = h[p] + 0.01
        r2 = max(0.0, sq[p] / m - (sx[p] * sx[p] + sy[p] * sy[p]) / (m * m))
        cost += k[_RADIUS] * np.sqrt(r2) / k[_FAR]
    return cost


@njit(cache=True)
def _draw_keys(key, nearness, barrier, apart, far, rng):
    """Random edge keys; most trees respect buildings, compounds and barriers strictly, some loosely."""
    u = rng.random()
    strict = 1.0 if u < 0.6 else (0.45 if u < 0.85 else 0.15)
    near = rng.random() * 1.2
    for e in range(len(key)):
        bias = nearness[e] * 1.01
        if barrier[e] > 0:
            bias += 0.5 + 0.04 * barrier[e]
        if nearness[e] <= 1:
            near_e = 0.0
        else:
            near_e = near * min(apart[e] / far, 2.0)
        key[e] = rng.random() + strict * bias + near_e


@njit(cache=True)
def _best_of_trees(
    n, w, comp, area, perim, x, y, eu, ev, length, barrier, split, join, near, apart, close, k, tries, rng
):
    """Return (cost, parts, labels) of the best of several random trees; the graph must be connected."""
    parent, via, order = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    labels, best_labels = np.zeros(n, np.int64), np.zeros(n, np.int64)
    best, best_parts = INFINITE * 10, 1
    key = np.empty(len(eu))
    for _ in range(tries):
        _draw_keys(key, near, barrier, apart, k[_FAR], rng)
        reached = _random_tree(n, eu, ev, key, rng, parent, via, order)
        if reached < n:
            return best, 0, best_labels
        parts = _cut_tree(n, order, parent, via, w, close, split, join, labels)[1]
        cost = _judge(n, parts, labels, w, comp, area, perim, x, y, eu, ev, length, barrier, split, k)
        if cost < best:
            best, best_parts = cost, parts
            best_labels[:] = labels
    return best, best_parts, best_labels


@njit(cache=True)
def _gather(members, loc, eu, ev, inc_start, inc):
    """Number the members 0.. in loc and return the sorted ids of edges among them; loc is to be cleared later."""
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
            if eu[e] == v and loc[ev[e]] >= 0:
                found[m] = e
                m += 1
    return np.sort(found[:m])


@njit(cache=True)
def _resplit(
    members, old, old_parts, loc, w, comp, area, perim, x, y, eu, ev, length, barrier, split, join, near, apart,
    inc_start, inc, close, k, tries, rng,
):  # fmt: skip
    """Cut the members anew; return (gain, parts, labels), gain 0 when nothing better was found."""
    edges = _gather(members, loc, eu, ev, inc_start, inc)
    lu, lv = loc[eu[edges]], loc[ev[edges]]
    for i in range(len(members)):
        loc[members[i]] = -1
    n = len(members)
    now = np.empty(n, np.int64)
    for i in range(n):
        j = 0
        while old_parts[j] != old[members[i]]:
            j += 1
        now[i] = j
    wm, cm, am, pm, xm, ym = w[members], comp[members], area[members], perim[members], x[members], y[members]
    le, be, se, je = length[edges], barrier[edges], split[edges], join[edges]
    before = _judge(n, len(old_parts), now, wm, cm, am, pm, xm, ym, lu, lv, le, be, se, k)
    cost, parts, labels = _best_of_trees(
        n, wm, cm, am, pm, xm, ym, lu, lv, le, be, se, je, near[edges], apart[edges], close, k, tries, rng
    )
    if parts == 0 or cost >= before - 1e-6:
        return 0.0, 0, labels
    return before - cost, parts, labels


@njit(cache=True)
def _grow_group(first, second, size, labels, head, following, eu, ev, inc_start, inc, rng, group):
    """Add random neighbouring parts to the group until it has the wanted size; return its size."""
    group[0], group[1] = first, second
    have = 2
    misses = 0
    while have < size and misses < 8:
        v = head[group[int(rng.random() * have)]]
        hops = int(rng.random() * 30)
        for _ in range(hops):
            v = following[v] if following[v] >= 0 else v
        found = -1
        for j in range(inc_start[v], inc_start[v + 1]):
            e = inc[j]
            u = ev[e] if eu[e] == v else eu[e]
            known = False
            for g in range(have):
                if group[g] == labels[u]:
                    known = True
            if not known:
                found = labels[u]
        if found >= 0:
            group[have] = found
            have += 1
        else:
            misses += 1
    return have


@njit(cache=True)
def _members_of(group, have, head, following, member_buffer):
    m = 0
    for g in range(have):
        v = head[group[g]]
        while v >= 0:
            member_buffer[m] = v
            m += 1
            v = following[v]
    return np.sort(member_buffer[:m])


@njit(cache=True)
def _improve(
    labels, parts, w, comp, area, perim, x, y, eu, ev, length, barrier, split, join, near, apart,
    inc_start, inc, close, k, rounds, tries, rng,
):  # fmt: skip
    """Local search: first around parts outside the band, then over all neighbouring pairs; return part slots."""
    n = len(w)
    head = np.full(n + 1, -1, np.int64)
    following = np.full(n, -1, np.int64)
    size = np.zeros(n + 1, np.int64)
    for i in range(n - 1, -1, -1):
        p = labels[i]
        following[i] = head[p]
        head[p] = i
        size[p] += w[i]
    spare = np.empty(n + 1, np.int64)
    n_spare = 0
    slots = parts
    loc = np.full(n, -1, np.int64)
    buffer = np.empty(n, np.int64)
    group = np.empty(8, np.int64)
    quiet_after = np.zeros(n + 1, np.int64)  # a pair untouched since its last failed try is skipped
    changed = np.zeros(n + 1, np.int64)
    clock = 1
    m = len(eu)
    for sweep in range(rounds):
        repairing = sweep < 2 * (rounds // 3) or sweep == 0
        ids = np.arange(m)
        for i in range(m - 1, 0, -1):
            j = int(rng.random() * (i + 1))
            ids[i], ids[j] = ids[j], ids[i]
        attempts = np.zeros(n + 1, np.int64)
        gained = False
        for i in range(m):
            e = ids[i]
            p, q = labels[eu[e]], labels[ev[e]]
            if p == q:
                continue
            bad = size[p] < k[_LOW] or size[p] > k[_HIGH] or size[q] < k[_LOW] or size[q] > k[_HIGH]
            limit = 24 if bad else 3
            if attempts[p] >= limit and attempts[q] >= limit:
                continue
            attempts[p] += 1
            attempts[q] += 1
            want = 2
            u = rng.random()
            if bad:
                want = 2 + int(u * 4)
            elif u < 0.35:
                want = 3
            have = _grow_group(p, q, want, labels, head, following, eu, ev, inc_start, inc, rng, group)
            members = _members_of(group, have, head, following, buffer)
            gain, new_parts, fresh = _resplit(
                members, labels, group[:have], loc, w, comp, area, perim, x, y, eu, ev, length, barrier, split,
                join, near, apart, inc_start, inc, close, k, tries * 2 if bad else tries, rng,
            )  # fmt: skip
            if gain <= 0:
                continue
            gained = True
            for g in range(have):
                spare[n_spare] = group[g]
                n_spare += 1
                head[group[g]] = -1
                size[group[g]] = 0
            slot = np.empty(new_parts, np.int64)
            for g in range(new_parts):
                if n_spare > 0:
                    n_spare -= 1
                    slot[g] = spare[n_spare]
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
        if not gained and sweep > 0:
            break
    return slots


@njit(cache=True)
def _chunk_tree(n, order, parent, w, chunk, labels):
    """Cut a tree bottom-up into connected chunks of at least the wanted weight (the last may join its neighbour)."""
    open_weight = np.zeros(n, np.int64)
    is_cut = np.zeros(n, np.bool_)
    for r in range(n - 1, -1, -1):
        v = order[r]
        open_weight[v] += w[v]
        if parent[v] >= 0:
            if open_weight[v] >= chunk:
                is_cut[v] = True
            else:
                open_weight[parent[v]] += open_weight[v]
    count = 0
    for r in range(n):
        v = order[r]
        if parent[v] < 0 or is_cut[v]:
            labels[v] = count
            count += 1
        else:
            labels[v] = labels[parent[v]]
    return count


def partition(graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> np.ndarray:
    """Divide a graph into connected parts.

    Parameters
    ----------
    graph
        Atoms and edges; each connected component is divided on its own.
    rules
        Band, weights, effort.
    rng
        The only source of chance.

    Returns
    -------
    numpy.ndarray
        (N,) part number 0.. of each atom.
    """
    n = len(graph.households)
    component = components_of(graph)
    labels = np.empty(n, np.int64)
    parts = 0
    total_bridge = component.max() + 1 if n else 0
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(total_bridge + 1))
    edge_component = component[graph.ends[:, 0]] if len(graph.ends) else np.empty(0, np.int64)
    edge_order = np.argsort(edge_component, kind="stable")
    edge_starts = np.searchsorted(edge_component[edge_order], np.arange(total_bridge + 1))
    local = np.empty(n, np.int64)
    for c in range(total_bridge):
        nodes = order[starts[c] : starts[c + 1]]
        local[nodes] = np.arange(len(nodes))
        edges = edge_order[edge_starts[c] : edge_starts[c + 1]]
        own = _partition_connected(graph, nodes, edges, local, rules, rng)
        labels[nodes] = own + parts
        parts += int(own.max()) + 1
    return labels


def cost_of(graph: AtomGraph, labels: np.ndarray, rules: PlanRules) -> float:
    """Return the whole cost of a labelling (lower is better); parts are numbered 0.. without gaps."""
    weights = _weights(graph, rules)
    return float(
        _judge(
            len(labels), int(labels.max()) + 1, labels, graph.households, graph.compound, graph.area_m2,
            graph.perimeter_m, graph.x_m, graph.y_m, graph.ends[:, 0], graph.ends[:, 1], graph.border_m,
            graph.barrier, graph.split, weights,
        )
    )  # fmt: skip


def components_of(graph: AtomGraph) -> np.ndarray:
    """Return the number of the connected component of each atom."""
    n = len(graph.households)
    links = coo_array((np.ones(len(graph.ends), bool), (graph.ends[:, 0], graph.ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _weights(graph: AtomGraph, rules: PlanRules) -> np.ndarray:
    """Pack the weights for compiled code; the last is the radius expected of a part (m)."""
    total = max(int(graph.households.sum()), 1)
    expected = max(total / rules.households_target, 1.0)
    far = max(np.sqrt(float(graph.area_m2.sum()) / expected / np.pi), 1.0)
    w = rules.weights
    return np.array([
        w.household_outside, w.shape, w.radius, w.balance, w.compound_mixed,
        rules.households_target, rules.households_min, rules.households_max, far,
    ])  # fmt: skip


def _closing_costs(rules: PlanRules, weights: np.ndarray, heaviest: int) -> np.ndarray:
    """Return the cost of closing a part by its weight, up to the largest weight worth carrying on."""
    cap = max(2 * rules.households_min - 1, rules.households_max + 1, heaviest)
    s = np.arange(cap + 1)
    out = np.maximum(np.maximum(rules.households_min - s, s - rules.households_max), 0)
    spread = (s - rules.households_target) / (rules.households_max - rules.households_min + 1)
    return weights[_V] * (out + 0.3 * (out > 0)) + weights[_BALANCE] * spread**2 + weights[_SHAPE] * 0.3


def _partition_connected(
    graph: AtomGraph,
    nodes: np.ndarray,
    edges: np.ndarray,
    local: np.ndarray,
    rules: PlanRules,
    rng: np.random.Generator,
) -> np.ndarray:
    w = graph.households[nodes]
    if len(nodes) == 1:
        return np.zeros(1, np.int64)
    weights = _weights(graph, rules)
    close = _closing_costs(rules, weights, int(w.max()))
    eu, ev = local[graph.ends[edges, 0]], local[graph.ends[edges, 1]]
    compound = graph.compound[nodes]
    ends_compound = compound[eu] != compound[ev]
    join = graph.barrier[edges] + rules.weights.compound_mixed * ends_compound
    x, y = graph.x_m[nodes], graph.y_m[nodes]
    apart = np.hypot(x[eu] - x[ev], y[eu] - y[ev])
    node_data = (w, compound, graph.area_m2[nodes], graph.perimeter_m[nodes], x, y)
    edge_data = (
        eu, ev, graph.border_m[edges], graph.barrier[edges], graph.split[edges], join,
        graph.nearness[edges].astype(np.float64), apart,
    )  # fmt: skip
    if w.sum() <= WHOLE_GRAPH_PARTS * rules.households_target:
        labels = _best_of_trees(len(nodes), *node_data, *edge_data, close, weights, rules.trees, rng)[2]
    else:
        labels = _partition_chunks(node_data, edge_data, close, weights, rules, rng)
    inc_start, inc = _incidence(len(nodes), eu, ev)
    _improve(
        labels, int(labels.max()) + 1, *node_data, *edge_data, inc_start, inc, close, weights,
        rules.rounds, rules.tries, rng,
    )  # fmt: skip
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _incidence(n: int, eu: np.ndarray, ev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ends = np.concatenate([eu, ev])
    order = np.argsort(ends, kind="stable")
    start = np.zeros(n + 1, np.int64)
    start[1:] = np.cumsum(np.bincount(ends, minlength=n))
    return start, order % max(len(eu), 1)


def _partition_chunks(
    node_data: tuple[np.ndarray, ...],
    edge_data: tuple[np.ndarray, ...],
    close: np.ndarray,
    weights: np.ndarray,
    rules: PlanRules,
    rng: np.random.Generator,
) -> np.ndarray:
    """Start a large graph: cut a tree into chunks of some dozen parts and divide each chunk on its own."""
    n = len(node_data[0])
    eu, ev, barrier, nearness, apart = edge_data[0], edge_data[1], edge_data[3], edge_data[6], edge_data[7]
    key = rng.random(len(eu)) * 0.5 + 0.05 * barrier + 0.3 * nearness + apart / weights[_FAR]
    parent, via, order = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    _random_tree(n, eu, ev, key, rng, parent, via, order)
    chunk = np.empty(n, np.int64)
    count = _chunk_tree(n, order, parent, node_data[0], CHUNK_PARTS * rules.households_target, chunk)
    labels = np.empty(n, np.int64)
    local = np.empty(n, np.int64)
    by_chunk = np.argsort(chunk, kind="stable")
    starts = np.searchsorted(chunk[by_chunk], np.arange(count + 1))
    inside = np.flatnonzero(chunk[eu] == chunk[ev])
    inside = inside[np.argsort(chunk[eu[inside]], kind="stable")]
    edge_starts = np.searchsorted(chunk[eu[inside]], np.arange(count + 1))
    parts = 0
    for c in range(count):
        nodes = by_chunk[starts[c] : starts[c + 1]]
        local[nodes] = np.arange(len(nodes))
        edges = inside[edge_starts[c] : edge_starts[c + 1]]
        own_edges = (local[eu[edges]], local[ev[edges]], *(column[edges] for column in edge_data[2:]))
        own = _best_of_trees(
            len(nodes), *(column[nodes] for column in node_data), *own_edges, close, weights, rules.trees, rng
        )[2]
        labels[nodes] = own + parts
        parts += int(own.max()) + 1
    return labels
