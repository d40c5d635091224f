"""Measuring a division of a graph of atoms, the same way whoever made it.

Nothing here uses the engine's own measures: contiguity and shape are worked out from the graph alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from gridmap.planning.packing import AtomGraph
    from gridmap.planning.rules import PlanRules


def without_gaps(labels: np.ndarray) -> np.ndarray:
    """Number the parts 0.. without gaps."""
    return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)


def components(ends: np.ndarray, count: int) -> np.ndarray:
    """Return the number of the connected component of each of ``count`` atoms."""
    links = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def into_pieces(graph: AtomGraph, labels: np.ndarray) -> np.ndarray:
    """Make every connected piece of a part a part of its own; what was contiguous stays as it is."""
    inside = labels[graph.ends[:, 0]] == labels[graph.ends[:, 1]]
    return components(graph.ends[inside], len(labels))


def count_torn(graph: AtomGraph, labels: np.ndarray) -> int:
    """Count the parts that are not contiguous."""
    piece = into_pieces(graph, labels)
    pairs = np.unique(np.stack([without_gaps(labels), piece], axis=1), axis=0)
    return int((np.bincount(pairs[:, 0]) > 1).sum())


def violation(households: np.ndarray, labels: np.ndarray, rules: PlanRules) -> int:
    """Sum the households by which the parts miss the band."""
    totals = np.bincount(without_gaps(labels), households)
    low, high = rules.households_min, rules.households_max
    return int((np.maximum(low - totals, 0) + np.maximum(totals - high, 0)).sum())


def least_violation(households: np.ndarray, rules: PlanRules) -> int:
    """Bound the violation of one connected component from below by its counts alone.

    Atoms above the band keep their excess in whatever part they are; the rest is divided as if it were sand.
    """
    low, high = rules.households_min, rules.households_max
    heavy = households[households > high]
    rest = int(households.sum() - heavy.sum())
    excess = int((heavy - high).sum())
    if rest == 0:
        return excess if len(heavy) else low
    if -(-rest // high) * low <= rest:
        return excess
    fewer = rest // low
    over = rest - fewer * high if fewer or len(heavy) else rest + low
    return excess + min(over, (fewer + 1) * low - rest)


def radii(graph: AtomGraph, labels: np.ndarray) -> np.ndarray:
    """Return the household-weighted radius (m) of every part with households.

    The root of the weighted mean squared distance of a part's atoms to its centroid.
    """
    part = without_gaps(labels)
    weight = np.bincount(part, graph.households)
    there = weight > 0
    squares = np.zeros(int(there.sum()))
    for place in (graph.x_m, graph.y_m):
        near = place - place.mean()
        first = np.bincount(part, graph.households * near)[there] / weight[there]
        second = np.bincount(part, graph.households * near * near)[there] / weight[there]
        squares += np.maximum(second - first * first, 0.0)
    return np.sqrt(squares)


def rank(graph: AtomGraph, labels: np.ndarray, rules: PlanRules) -> tuple[int, float, float]:
    """Order divisions, the best first: violation, distance from the wished number of parts, mean radius."""
    whole = into_pieces(graph, labels)
    wished = graph.households.sum() / rules.households_target
    parts = len(np.unique(whole[graph.households > 0]))
    return (
        violation(graph.households, whole, rules),
        round(abs(parts - wished), 3),
        float(radii(graph, whole).mean()),
    )
