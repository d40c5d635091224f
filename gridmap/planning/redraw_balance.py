# mypy: disable-error-code="no-untyped-def"
"""Balancing a few micro-grids with as little change as possible.

A tabu search (Glover 1989) moves one atom at a time from a part to a neighbouring one, so that no part is
torn further, from the division as it is: households outside the band count first, then households moved. Only
where it does not reach the band are the parts cut anew, matched to the old ones, and searched back towards
them. Steps times atoms around the borders; the least change is not promised.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numba import njit

from gridmap.planning.packing import AtomGraph
from gridmap.planning.partition import partition
from gridmap.planning.redraw_division import Division
from gridmap.planning.rules import PlanRules

OUTSIDE_COST, MOVED_COST, BARRIER_COST = 1e7, 1e3, 50.0
MOST_STEPS, IDLE_STEPS, TABU_STEPS = 400, 60, 7
ATTEMPTS = 3
NO_ROOM = -1

Step = tuple[float, float, int, int]
"""Giving an atom to a micro-grid: barrier (cost), border (m, negative), atom, row of the micro-grid."""


class Beside(NamedTuple):
    """Neighbours of each atom: where they start, who, over which border (m) and barrier (cost)."""

    start: np.ndarray
    atom: np.ndarray
    border: np.ndarray
    barrier: np.ndarray


def beside(graph: AtomGraph) -> Beside:
    """List the neighbours of every atom."""
    n = len(graph.households)
    ends = np.concatenate([graph.ends[:, 0], graph.ends[:, 1]])
    others = np.concatenate([graph.ends[:, 1], graph.ends[:, 0]])
    order = np.lexsort((others, ends))
    start = np.zeros(n + 1, np.int64)
    start[1:] = np.cumsum(np.bincount(ends, minlength=n))
    return Beside(start, others[order], np.tile(graph.border_m, 2)[order], np.tile(graph.barrier, 2)[order])


@njit(cache=True)
def count_pieces(start, atom, labels, part):
    """Return the number of connected pieces of the atoms with a label."""
    n = len(labels)
    seen = np.zeros(n, np.bool_)
    stack = np.empty(n, np.int64)
    pieces = 0
    for first in range(n):
        if labels[first] != part or seen[first]:
            continue
        pieces += 1
        seen[first] = True
        stack[0], top = first, 1
        while top > 0:
            top -= 1
            v = stack[top]
            for i in range(start[v], start[v + 1]):
                u = atom[i]
                if labels[u] == part and not seen[u]:
                    seen[u] = True
                    stack[top] = u
                    top += 1
    return pieces


@njit(cache=True)
def _outside(count, low, high):
    return max(low - count, count - high, 0)


@njit(cache=True)
def _search(labels, home, is_fixed, w, start, atom, border, barrier, parts, low, high):  # noqa: C901 - one search loop
    """Return (violation, households moved, labels) of the best division found from ``labels`` on."""
    n = len(labels)
    labels = labels.copy()
    total, size, pieces = np.zeros(parts, np.int64), np.zeros(parts, np.int64), np.empty(parts, np.int64)
    moved = 0
    for i in range(n):
        total[labels[i]] += w[i]
        size[labels[i]] += 1
        moved += w[i] if labels[i] != home[i] else 0
    violation = 0
    for p in range(parts):
        violation += _outside(total[p], low, high) if size[p] > 0 else 0
        pieces[p] = count_pieces(start, atom, labels, p)
    best_violation, best_moved, best = violation, moved, labels.copy()
    free_at = np.zeros(n, np.int64)
    idle = 0
    room = len(atom) + 1
    delta, who, where = np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64)
    for step in range(1, MOST_STEPS + 1):
        if idle > IDLE_STEPS or (best_violation == 0 and best_moved == 0):
            break
        count = 0
        for i in range(n):
            p = labels[i]
            if size[p] == 1 or is_fixed[i]:
                continue
            for j in range(start[i], start[i + 1]):
                q = labels[atom[j]]
                if q == p:
                    continue
                known = False
                for k in range(start[i], j):
                    known = known or labels[atom[k]] == q
                if known:
                    continue
                change = (
                    _outside(total[p] - w[i], low, high) - _outside(total[p], low, high)
                    + _outside(total[q] + w[i], low, high) - _outside(total[q], low, high)
                )  # fmt: skip
                back = int(q == home[i]) - int(p == home[i])
                is_best = violation + change < best_violation or (
                    violation + change == best_violation and moved - back * w[i] < best_moved
                )
                if free_at[i] > step and not is_best:
                    continue
                cost = OUTSIDE_COST * change - MOVED_COST * back * w[i]
                least = np.inf
                for k in range(start[i], start[i + 1]):
                    if labels[atom[k]] == q:
                        cost -= border[k]
                        least = min(least, barrier[k])
                    elif labels[atom[k]] == p:
                        cost += border[k]
                delta[count], who[count], where[count] = cost + BARRIER_COST * least, i, q
                count += 1
        idle += 1
        done = False
        for r in np.argsort(delta[:count]):
            i, q = who[r], where[r]
            p = labels[i]
            labels[i] = q
            left = count_pieces(start, atom, labels, p)
            if left > pieces[p]:
                labels[i] = p
                continue
            violation -= _outside(total[p], low, high) + _outside(total[q], low, high)
            total[p] -= w[i]
            total[q] += w[i]
            violation += _outside(total[p], low, high) + _outside(total[q], low, high)
            moved += w[i] * (int(p == home[i]) - int(q == home[i]))
            size[p] -= 1
            size[q] += 1
            pieces[p] = left
            pieces[q] = count_pieces(start, atom, labels, q)
            free_at[i] = step + TABU_STEPS
            done = True
            break
        if not done:
            break
        if violation < best_violation or (violation == best_violation and moved < best_moved):
            best_violation, best_moved, idle = violation, moved, 0
            best[:] = labels
    return best_violation, best_moved, best


def balance(division: Division, rows: list[int], *, anew: bool = True) -> np.ndarray:
    """Balance micro-grids; locked buildings among them stay where they are.

    Parameters
    ----------
    division
        The whole parent.
    rows
        Rows of the codes that may change; at least two.
    anew
        Whether to cut them anew where moving atoms one by one does not reach the band.

    Returns
    -------
    numpy.ndarray
        (N,) labels of all atoms; labels from the number of codes on are new micro-grids.
    """
    atoms = np.flatnonzero(np.isin(division.labels, rows))
    if len(atoms) == 0:
        return division.labels
    is_fixed = division.is_fixed[atoms]
    present, home = np.unique(division.labels[atoms], return_inverse=True)
    home = home.reshape(-1).astype(np.int64)
    graph = division.graph.take(atoms)
    near, rules = beside(graph), division.rules
    violation = sum(rules.outside(h) for h in np.bincount(home, graph.households).astype(int).tolist())
    best = _from(graph, near, home, home, is_fixed, len(present), rules)
    wanted = _wanted_parts(int(graph.households.sum()), len(present), rules)
    if anew and (best[0] > 0 or wanted != len(present)):
        for attempt in range(ATTEMPTS):
            cut = partition(graph, rules, np.random.default_rng(attempt)).labels
            named, parts = _match(cut, home, graph.households, len(present))
            if is_fixed.any():
                named[is_fixed] = home[is_fixed]
                if _is_torn(near, named):
                    continue
            found = _from(graph, near, named, home, is_fixed, parts, rules)
            is_as_many = len(np.unique(found[2])) == len(present)
            if found[:2] < best[:2] and (is_as_many or found[0] == 0):
                best = found
    if best[0] >= violation:
        return division.labels
    spare = range(len(division.codes), len(division.codes) + len(atoms))
    name = np.array([*present.tolist(), *spare], np.int64)
    labels = division.labels.copy()
    labels[atoms] = name[best[2]]
    return labels


def _from(
    graph: AtomGraph,
    near: Beside,
    labels: np.ndarray,
    home: np.ndarray,
    is_fixed: np.ndarray,
    parts: int,
    rules: PlanRules,
) -> tuple[int, int, np.ndarray]:
    low, high = rules.households_min, rules.households_max
    return _search(labels, home, is_fixed, graph.households, *near, parts, low, high)


def _is_torn(near: Beside, labels: np.ndarray) -> bool:
    return any(count_pieces(near.start, near.atom, labels, part) > 1 for part in np.unique(labels).tolist())


def _wanted_parts(total: int, now: int, rules: PlanRules) -> int:
    """Return the number of parts nearest to what there is with which a total fits the band."""
    least, most = -(-total // rules.households_max), total // rules.households_min
    return now if least > most else min(max(now, least), most)


def _match(cut: np.ndarray, home: np.ndarray, households: np.ndarray, count: int) -> tuple[np.ndarray, int]:
    """Give each new part the number of the old one it shares most households with; further ones follow.

    Numbers may be left without atoms.
    """
    parts = int(cut.max()) + 1
    shared = np.zeros((parts, count))
    np.add.at(shared, (cut, home), households + 1e-3)
    name = np.full(parts, -1)
    for flat in np.argsort(-shared, axis=None, kind="stable").tolist():
        part, old = divmod(flat, count)
        if name[part] < 0 and old not in name:
            name[part] = old
    missing = np.flatnonzero(name < 0)
    name[missing] = count + np.arange(len(missing))
    return name[cut].astype(np.int64), max(count, int(name.max()) + 1)


def fill(division: Division) -> np.ndarray:
    """Give unassigned atoms to neighbouring micro-grids with room; (N,) labels of all atoms.

    The atom whose step costs least goes first: over the least barrier, with the longest border. Steps wait in
    a heap: O(n log n) in the number of edges. One that has become cheaper is put in once more; whatever is
    done with the cheaper one settles the other, since an atom moves once and room only shrinks.
    """
    labels, near, households = division.labels.copy(), beside(division.graph), division.graph.households
    room = division.rules.households_max - division.households[1:]
    room[[division.codes.index(code) for code in division.locked]] = NO_ROOM
    is_waiting = (labels < 0) & ~division.is_fixed

    def step(i: int, label: int) -> Step:
        around = slice(near.start[i], near.start[i + 1])
        own = labels[near.atom[around]] == label
        return float(near.barrier[around][own].min()), -float(near.border[around][own].sum()), i, label

    def neighbours(i: int) -> list[int]:
        found: list[int] = near.atom[near.start[i] : near.start[i + 1]].tolist()
        return found

    steps = [
        step(i, label)
        for i in np.flatnonzero(is_waiting).tolist()
        for label in set(labels[neighbours(i)].tolist())
        if label >= 0
    ]
    heapify(steps)
    while steps:
        *_, i, label = heappop(steps)
        if not is_waiting[i] or households[i] > room[label]:
            continue
        labels[i], is_waiting[i] = label, False
        room[label] -= households[i]
        for other in neighbours(i):
            if is_waiting[other]:
                heappush(steps, step(other, label))
    return labels
