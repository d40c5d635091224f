# mypy: disable-error-code="no-untyped-def"
"""The least violation a connected graph of few atoms allows, proved by exhaustion.

All connected sets of atoms whose household count is worth considering are listed (each once: the ESU
enumeration of Wernicke 2006), then the atoms are covered by disjoint sets, the lowest atom left first, with
a table of what is left. Exponential in the worst case; both steps give up at a limit, and then nothing is
said. Atoms without households only connect, whoever uses them: the result is a lower bound, and exact where
the labels that come with it are contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from gridmap.planning.components import find_components
from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import PlanRules

MOST_LIVED_IN, MOST_ATOMS = 250, 62
QUICK, PATIENT = (10_000, 1 << 16, 4_000_000), (1_000_000, 1 << 20, 200_000_000)
"""Limits of the search: sets listed, states kept, steps of the cover."""
GAVE_UP = -1


@dataclass(frozen=True)
class Proof:
    """What exhaustion found.

    Attributes
    ----------
    violation
        The least sum of households outside the band, or the bound asked about where nothing is below it.
    labels
        (N,) a division that reaches it, None where none below the bound exists.
    """

    violation: int
    labels: np.ndarray | None


@njit(cache=True)
def _list_sets(n, near, w, least, most, limit):  # noqa: C901 - one loop over a stack
    """List connected sets with a count between ``least`` and ``most`` by their lowest atom."""
    sets = np.empty(limit, np.int64)
    weights = np.empty(limit, np.int64)
    starts = np.zeros(n + 1, np.int64)
    stack = np.empty((n + 2, 4), np.int64)
    count, steps = 0, 0
    for first in range(n):
        starts[first] = count
        above = ~((1 << (first + 1)) - 1)
        if w[first] > most:
            continue
        if w[first] >= least:
            if count == limit:
                return GAVE_UP, sets, weights, starts
            sets[count], weights[count] = 1 << first, w[first]
            count += 1
        stack[0] = (1 << first, near[first] & above, near[first] | (1 << first), w[first])
        top = 1
        while top > 0:
            rest = stack[top - 1, 1]
            if rest == 0:
                top -= 1
                continue
            steps += 1
            bit = rest & -rest
            stack[top - 1, 1] = rest ^ bit
            u = 0
            while bit >> u != 1:
                u += 1
            total = stack[top - 1, 3] + w[u]
            if total > most:
                continue
            inside = stack[top - 1, 0] | bit
            if total >= least:
                if count == limit:
                    return GAVE_UP, sets, weights, starts
                sets[count], weights[count] = inside, total
                count += 1
            if steps > 40 * limit:
                return GAVE_UP, sets, weights, starts
            seen = stack[top - 1, 2]
            stack[top] = (inside, (rest ^ bit) | (near[u] & ~seen & above), seen | near[u], total)
            top += 1
    starts[n] = count
    return count, sets, weights, starts


@njit(cache=True)
def _slot(keys, mask):
    """Return where a key stands in the table of states, or where it would be put."""
    size = len(keys) - 1
    h = (mask ^ (mask >> 17)) * 0x9E3779B97F4A7C1
    i = (h ^ (h >> 29)) & size
    while keys[i] != 0 and keys[i] != mask:
        i = (i + 1) & size
    return i


@njit(cache=True)
def _cover(n, sets, cost, starts, bound, table, patience):  # noqa: C901 - one loop over a stack
    """Cover all atoms at less than ``bound``; return (least cost, chosen sets), GAVE_UP beyond the limits."""
    keys = np.zeros(table, np.int64)
    best = np.zeros(table, np.int64)
    choice = np.full(table, -1, np.int64)
    everything = (1 << n) - 1
    left, at = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    now, which = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    filled, depth = 1, 0
    left[0], now[0], which[0] = everything, bound, -1
    at[0] = starts[0]
    keys[_slot(keys, everything)] = everything
    while True:
        patience -= 1
        if patience < 0:
            return GAVE_UP, choice[:0]
        mask = left[depth]
        low = 0
        while not (mask >> low) & 1:
            low += 1
        i = at[depth]
        if i == starts[low + 1] or now[depth] == 0:  # all sets with this atom tried, or none can be better
            here = _slot(keys, mask)
            best[here], choice[here] = now[depth], which[depth]
            if depth == 0:
                break
            depth -= 1
            j = at[depth]
            if cost[j] + best[here] < now[depth]:
                now[depth], which[depth] = cost[j] + best[here], j
            at[depth] += 1
            continue
        if sets[i] & ~mask or cost[i] >= now[depth]:
            at[depth] += 1
            continue
        rest = mask ^ sets[i]
        if rest == 0:
            now[depth], which[depth] = cost[i], i
            at[depth] += 1
            continue
        there = _slot(keys, rest)
        if keys[there] == rest:
            if cost[i] + best[there] < now[depth]:
                now[depth], which[depth] = cost[i] + best[there], i
            at[depth] += 1
            continue
        if 2 * filled > table:
            return GAVE_UP, choice[:0]
        keys[there] = rest
        filled += 1
        depth += 1
        left[depth], now[depth], which[depth] = rest, bound, -1
        low = 0
        while not (rest >> low) & 1:
            low += 1
        at[depth] = starts[low]
    least = best[_slot(keys, everything)]
    chosen = np.empty(n, np.int64)
    count = 0
    mask = everything
    while mask != 0 and least < bound:
        i = choice[_slot(keys, mask)]
        chosen[count] = i
        count += 1
        mask ^= sets[i]
    return least, chosen[:count]


def prove_least(graph: AtomGraph, rules: PlanRules, bound: int, *, patiently: bool = False) -> Proof | None:
    """Find a division of a connected graph with a violation below a bound, or prove there is none.

    Parameters
    ----------
    graph
        Connected.
    rules
        The band.
    bound
        Violation of the best division known, more than 0.
    patiently
        True gives up later: after about a second instead of some hundredths.

    Returns
    -------
    Proof or None
        None where the graph is too large to be exhausted.
    """
    most_sets, most_states, patience = PATIENT if patiently else QUICK
    least, most = max(rules.households_min - bound + 1, 1), rules.households_max + bound - 1
    lived_in = np.flatnonzero(graph.households > 0)
    if not 0 < len(lived_in) <= MOST_LIVED_IN:
        return None
    groups, beside = _contract(graph, lived_in, least)
    n = len(groups)
    if n > MOST_ATOMS:
        return None
    w = np.array([int(graph.households[group].sum()) for group in groups], np.int64)
    order = _walk(graph, groups)
    groups, w = [groups[i] for i in order], w[order]
    place = np.argsort(order)
    near = np.array([sum(1 << int(place[j]) for j in beside[i]) for i in order], np.int64)
    count, sets, weights, starts = _list_sets(n, near, w, least, most, most_sets)
    if count == GAVE_UP:
        return None
    weights = weights[:count]
    outside = np.maximum(rules.households_min - weights, weights - rules.households_max)
    violation, chosen = _cover(n, sets[:count], np.maximum(outside, 0), starts, bound, most_states, patience)
    if violation == GAVE_UP:
        return None
    if violation >= bound:
        return Proof(bound, None)
    labels = np.full(len(graph.households), -1)
    for part, i in enumerate(chosen.tolist()):
        for j in np.flatnonzero(sets[i] >> np.arange(n) & 1).tolist():
            labels[groups[j]] = part
    return Proof(int(violation), _give_away_empty(graph, labels))


def _contract(graph: AtomGraph, lived_in: np.ndarray, least: int) -> tuple[list[list[int]], list[set[int]]]:
    """Join atoms that no division below the bound parts: what hangs on one other and cannot stand alone.

    The upper floors of a stairwell hang on the floor below. Returns the groups and the neighbours of each.
    """
    beside = _neighbours(graph, lived_in)
    groups = [[int(i)] for i in lived_in]
    weight = graph.households[lived_in].tolist()
    hanging = [i for i, own in enumerate(beside) if len(own) == 1]
    while hanging:
        i = hanging.pop()
        if len(beside[i]) != 1 or weight[i] >= least:
            continue
        (j,) = beside[i]
        groups[j] += groups[i]
        weight[j] += weight[i]
        beside[j].discard(i)
        groups[i], beside[i] = [], set()
        hanging.append(j)
    kept = [i for i, group in enumerate(groups) if group]
    place = {i: k for k, i in enumerate(kept)}
    return [groups[i] for i in kept], [{place[j] for j in beside[i]} for i in kept]


def _walk(graph: AtomGraph, groups: list[list[int]]) -> np.ndarray:
    """Order groups along the longer side of the ground, so that few sets are half covered at a time."""
    first = np.array([group[0] for group in groups])
    x, y = graph.x_m[first], graph.y_m[first]
    return np.lexsort((y, x) if np.ptp(x) >= np.ptp(y) else (x, y))


def _neighbours(graph: AtomGraph, lived_in: np.ndarray) -> list[set[int]]:
    """Return the neighbours of each atom with households; those joined through empty ones are neighbours."""
    n = len(graph.households)
    place = np.full(n, -1)
    place[lived_in] = np.arange(len(lived_in))
    u, v = graph.ends[:, 0], graph.ends[:, 1]
    between = (place[u] < 0) & (place[v] < 0)
    void = find_components(n, u[between].copy(), v[between].copy())
    around: dict[int, set[int]] = {}
    beside: list[set[int]] = [set() for _ in lived_in]
    for a, b in graph.ends.tolist():
        p, q = int(place[a]), int(place[b])
        if p >= 0 and q >= 0:
            beside[p].add(q)
            beside[q].add(p)
        elif p >= 0 or q >= 0:
            around.setdefault(int(void[b if p >= 0 else a]), set()).add(max(p, q))
    for members in around.values():
        for p in members:
            beside[p] |= members - {p}
    return beside


def _give_away_empty(graph: AtomGraph, labels: np.ndarray) -> np.ndarray | None:
    """Give atoms without households to parts so that each is connected; None where that fails."""
    beside: list[list[int]] = [[] for _ in labels]
    for a, b in graph.ends.tolist():
        beside[a].append(b)
        beside[b].append(a)
    parts = range(int(labels.max()) + 1)
    for order in (parts, reversed(parts)):
        owned: list[int] | None = labels.tolist()
        for part in order:
            owned = owned and _connect(part, owned, beside)
        if owned is not None:
            return np.array(_spread(owned, beside), np.int64)
    return None


def _connect(part: int, labels: list[int], beside: list[list[int]]) -> list[int] | None:
    """Join a part over the fewest empty atoms nobody has; None where there are none left."""
    labels = labels.copy()
    members = [i for i, p in enumerate(labels) if p == part]
    while True:
        together = _reach(members[0], {part}, labels, beside)
        if all(i in together for i in members):
            return labels
        way = _way_out(together, part, labels, beside)
        if way is None:
            return None
        for i in way:
            labels[i] = part
        members += way


def _reach(start: int, over: set[int], labels: list[int], beside: list[list[int]]) -> dict[int, int]:
    """Return what is reached from an atom over these labels, and from where."""
    came = {start: -1}
    for i in (queue := [start]):
        for j in beside[i]:
            if j not in came and labels[j] in over:
                came[j] = i
                queue.append(j)
    return came


def _way_out(
    together: dict[int, int], part: int, labels: list[int], beside: list[list[int]]
) -> list[int] | None:
    """Return the fewest empty atoms from some atoms of a part to another of its atoms."""
    came = dict.fromkeys(together, -1)
    for i in (queue := list(together)):
        for j in beside[i]:
            if j in came or labels[j] not in (-1, part):
                continue
            came[j] = i
            queue.append(j)
            if labels[j] == part:
                way = []
                while (j := came[j]) not in together:
                    way.append(j)
                return way
    return None


def _spread(labels: list[int], beside: list[list[int]]) -> list[int]:
    """Give what is left to the part it touches, nearest first."""
    queue = [i for i, p in enumerate(labels) if p >= 0]
    for i in queue:
        for j in beside[i]:
            if labels[j] < 0:
                labels[j] = labels[i]
                queue.append(j)
    return labels
