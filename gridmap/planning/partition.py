"""Dividing a graph of atoms into parts inside a household band.

Random spanning trees are cut by an exact dynamic programme over the weight of the still-open part (the tree
idea is the one of recombination sampling, DeFord, Duchin and Solomon 2019; the knapsack over a tree is
classic), the best tree wins, and a local search then merges two to five neighbouring parts and cuts them
anew. Large graphs are first cut into connected chunks so that time grows linearly. The result is always
connected and always returned. Where the band is missed and the graph is small, `exact` looks for the least
violation; elsewhere the optimum is not promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit

from gridmap.planning.components import find_components
from gridmap.planning.exact import MOST_LIVED_IN, prove_least
from gridmap.planning.packing import AtomGraph, Links, Nodes, Scales, pack_graph, pack_scales
from gridmap.planning.recombination import best_of_trees, improve, judge, random_tree
from gridmap.planning.rules import PlanRules

CHUNK_PARTS = 24
WHOLE_GRAPH_PARTS = 30


@njit(cache=True)
def _chunk_tree(n, order, parent, w, chunk, labels):  # type: ignore[no-untyped-def]
    """Cut a tree bottom-up into connected chunks of at least the wanted weight (the last may be less)."""
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


@dataclass(frozen=True)
class Partition:
    """A graph divided.

    Attributes
    ----------
    labels
        (N,) part number 0.. of each atom.
    component
        (N,) connected component of each atom.
    violation
        Households outside the band, all parts together.
    is_least
        (C,) true for components of which no division misses the band by less (proved, not supposed).
    """

    labels: np.ndarray
    component: np.ndarray
    violation: int
    is_least: np.ndarray


def partition(
    graph: AtomGraph, rules: PlanRules, rng: np.random.Generator, *, patiently: bool = False
) -> Partition:
    """Divide a graph into connected parts, as far inside the band as can be found; `polish` rounds them.

    Parameters
    ----------
    graph
        Atoms and edges; each connected component is divided on its own.
    rules
        Band, weights, effort.
    rng
        The only source of chance.
    patiently
        True looks longer for a proof where the band is missed.
    """
    component = components_of(graph)
    count = int(component.max()) + 1
    labels = np.empty(len(component), np.int64)
    is_least = np.zeros(count, bool)
    parts = violation = 0
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(count + 1))
    for c in range(count):
        nodes = order[starts[c] : starts[c + 1]]
        own = graph if count == 1 else graph.take(nodes)
        part, missed, is_least[c] = _partition_connected(own, rules, rng, patiently)
        labels[nodes] = part + parts
        parts += int(part.max()) + 1
        violation += missed
    return Partition(labels, component, violation, is_least)


def polish(graph: AtomGraph, labels: np.ndarray, rules: PlanRules, rng: np.random.Generator) -> np.ndarray:
    """Return labels with parts merged and cut anew wherever that costs less; parts keep no number."""
    if not len(graph.ends):
        return labels
    return _Search(graph, rules, rng).improve(labels)


def violation_of(graph: AtomGraph, labels: np.ndarray, rules: PlanRules) -> int:
    """Return the sum of households outside the band over all parts."""
    return sum(rules.outside(h) for h in np.bincount(labels, graph.households).astype(int).tolist())


def components_of(graph: AtomGraph) -> np.ndarray:
    """Return the number of the connected component of each atom."""
    return find_components(len(graph.households), graph.ends[:, 0].copy(), graph.ends[:, 1].copy())


class _Search:
    """A graph packed for the compiled search."""

    def __init__(
        self, graph: AtomGraph, rules: PlanRules, rng: np.random.Generator, *, is_wide: bool = False
    ) -> None:
        self._rules, self._rng = rules, rng
        self._nodes, self._links = pack_graph(graph, rules)
        self._scales = pack_scales(graph, rules, int(self._nodes.w.max()), is_wide=is_wide)
        self._incidence = _incidence(len(self._nodes.w), self._links.u, self._links.v)

    def start(self) -> np.ndarray:
        """Cut the best of some trees; a large graph in chunks."""
        nodes, links, scales, rules = self._nodes, self._links, self._scales, self._rules
        if nodes.w.sum() <= WHOLE_GRAPH_PARTS * rules.households_target:
            return best_of_trees(nodes, links, scales, scales.close, rules.trees, self._rng)[2]
        return _partition_chunks(nodes, links, scales, rules, self._rng)

    def is_cheaper(self, labels: np.ndarray, than: np.ndarray) -> bool:
        """Tell whether a division is better by all faults: where barriers come first the band is not all."""
        cost, other = (
            judge(int(parts.max()) + 1, parts, self._nodes, self._links, self._scales)
            for parts in (labels, than)
        )
        return bool(cost < other)

    def improve(self, labels: np.ndarray) -> np.ndarray:
        """Merge neighbouring parts and cut them anew."""
        labels, rules = labels.copy(), self._rules
        improve(
            labels, int(labels.max()) + 1, self._nodes, self._links, *self._incidence, self._scales,
            rules.rounds, rules.tries, self._rng,
        )  # fmt: skip
        return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _partition_connected(
    graph: AtomGraph, rules: PlanRules, rng: np.random.Generator, patiently: bool
) -> tuple[np.ndarray, int, bool]:
    """Divide a connected graph; return labels, violation, and whether none can be less."""
    total = int(graph.households.sum())
    if len(graph.households) == 1 or total == 0:
        missed = rules.outside(total) if total else 0  # the band says nothing of land without homes
        return np.zeros(len(graph.households), np.int64), missed, True
    search = _Search(graph, rules, rng)
    labels = search.start()
    efforts = iter(_efforts(graph, search, rules, rng))
    if len(graph.households) > MOST_LIVED_IN:
        labels = next(efforts)(labels)
    while True:
        violation = violation_of(graph, labels, rules)
        if violation <= rules.least_outside(total):
            return labels, violation, True
        effort = next(efforts, None)
        proof = prove_least(graph, rules, violation, patiently=patiently and effort is None)
        if proof is not None and proof.labels is not None and search.is_cheaper(proof.labels, labels):
            return proof.labels, proof.violation, True
        if proof is not None and proof.violation == violation:
            return labels, violation, True
        if effort is None:
            return labels, violation, False
        labels = effort(labels)


def _efforts(
    graph: AtomGraph, search: _Search, rules: PlanRules, rng: np.random.Generator
) -> Iterator[Callable[[np.ndarray], np.ndarray]]:
    """Give what else to try on labels: the local search, then trees that may leave heavier parts open."""
    yield search.improve
    if len(graph.households) > MOST_LIVED_IN:
        return
    wide = _Search(graph, rules, rng, is_wide=True)

    def start_wide(labels: np.ndarray) -> np.ndarray:
        other = wide.improve(wide.start())
        return other if wide.is_cheaper(other, labels) else labels

    yield start_wide


def _incidence(n: int, eu: np.ndarray, ev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ends = np.concatenate([eu, ev])
    order = np.argsort(ends, kind="stable")
    start = np.zeros(n + 1, np.int64)
    start[1:] = np.cumsum(np.bincount(ends, minlength=n))
    return start, order % max(len(eu), 1)


def _partition_chunks(
    nodes: Nodes, links: Links, scales: Scales, rules: PlanRules, rng: np.random.Generator
) -> np.ndarray:
    """Start a large graph: cut a tree into chunks of some dozen parts and divide each chunk on its own."""
    n = len(nodes.w)
    u, v = links.u, links.v
    key = rng.random(len(u)) * 0.5 + 0.05 * links.barrier + 0.3 * links.nearness + links.apart / scales.far
    parent, via, order = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    random_tree(n, u, v, key, rng, parent, via, order)
    chunk = np.empty(n, np.int64)
    count = _chunk_tree(n, order, parent, nodes.w, CHUNK_PARTS * rules.households_target, chunk)
    labels, local = np.empty(n, np.int64), np.empty(n, np.int64)
    by_chunk = np.argsort(chunk, kind="stable")
    starts = np.searchsorted(chunk[by_chunk], np.arange(count + 1))
    inside = np.flatnonzero(chunk[u] == chunk[v])
    inside = inside[np.argsort(chunk[u[inside]], kind="stable")]
    edge_starts = np.searchsorted(chunk[u[inside]], np.arange(count + 1))
    parts = 0
    for c in range(count):
        rows = by_chunk[starts[c] : starts[c + 1]]
        local[rows] = np.arange(len(rows))
        edges = inside[edge_starts[c] : edge_starts[c + 1]]
        own_links = Links(local[u[edges]], local[v[edges]], *(column[edges] for column in links[2:]))
        own = best_of_trees(
            Nodes(*(column[rows] for column in nodes)), own_links, scales, scales.close, rules.trees, rng
        )[2]
        labels[rows] = own + parts
        parts += int(own.max()) + 1
    return labels
