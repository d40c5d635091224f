"""The graph of atoms, and the same packed for the compiled kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gridmap.planning.rules import PlanRules


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
    crosses
        (E,) row of the barrier crossed, -1 for none, -2 for foreign land.
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
    crosses: np.ndarray

    def take(self, nodes: np.ndarray) -> AtomGraph:
        """Return the graph of some atoms and the edges among them."""
        place = np.full(len(self.households), -1)
        place[nodes] = np.arange(len(nodes))
        ends = place[self.ends]
        edges = np.flatnonzero((ends >= 0).all(axis=1))
        of_nodes = self.households, self.compound, self.area_m2, self.perimeter_m, self.x_m, self.y_m
        households, compound, area, perimeter, x, y = (column[nodes] for column in of_nodes)
        of_edges = self.border_m, self.barrier, self.split, self.nearness, self.crosses
        border, barrier, split, nearness, crosses = (column[edges] for column in of_edges)
        return AtomGraph(
            households,
            compound,
            area,
            perimeter,
            x,
            y,
            ends[edges],
            border,
            barrier,
            split,
            nearness,
            crosses,
        )

    def joins(self, edges: np.ndarray) -> Iterator[int]:
        """Give, among edges inside parts, those that hold the parts together, the cheapest that can."""
        root = list(range(len(self.households)))

        def find(i: int) -> int:
            while root[i] != i:
                root[i] = root[root[i]]
                i = root[i]
            return i

        for e, (u, v) in zip(edges.tolist(), self.ends[edges].tolist(), strict=True):
            a, b = find(u), find(v)
            if a != b:
                root[a] = b
                yield e


class Nodes(NamedTuple):
    """Atoms: households, compound, ground area (m2), perimeter (m), place (m)."""

    w: np.ndarray
    compound: np.ndarray
    area: np.ndarray
    perimeter: np.ndarray
    x: np.ndarray
    y: np.ndarray


class Links(NamedTuple):
    """Edges by barrier cost: ends, border (m), costs to cross, split, join, nearness, distance (m)."""

    u: np.ndarray
    v: np.ndarray
    border: np.ndarray
    barrier: np.ndarray
    split: np.ndarray
    join: np.ndarray
    nearness: np.ndarray
    apart: np.ndarray


class Scales(NamedTuple):
    """The band, weights of the faults, closing cost by households, and the radius expected of a part (m)."""

    low: int
    high: int
    target: int
    outside: float
    compound: float
    shape: float
    radius: float
    balance: float
    far: float
    close: np.ndarray


def pack_scales(graph: AtomGraph, rules: PlanRules, heaviest: int, *, is_wide: bool = False) -> Scales:
    """Pack band and weights; a part may stay open up to the largest count worth carrying on.

    That is two parts just too small, or the heaviest atom, above the band by itself, with one such part;
    where it is wide, any part inside the band with one too small.
    """
    total = max(int(graph.households.sum()), 1)
    expected = max(total / rules.households_target, 1.0)
    far = max(np.sqrt(float(graph.area_m2.sum()) / expected / np.pi), 1.0)
    w = rules.weights
    low, high, target = rules.households_min, rules.households_max, rules.households_target
    most = max(2 * low - 1, high + 1, heaviest + low - 1 if heaviest > high else heaviest)
    s = np.arange(max(most, high + low - 1 if is_wide else 0) + 1)
    out = np.maximum(np.maximum(low - s, s - high), 0)
    close = w.household_outside * (out + 0.3 * (out > 0)) + w.balance * ((s - target) / (high - low + 1)) ** 2
    return Scales(
        low, high, target, w.household_outside, w.compound_mixed, w.shape, w.radius, w.balance, float(far),
        close,
    )  # fmt: skip


def pack_graph(graph: AtomGraph, rules: PlanRules) -> tuple[Nodes, Links]:
    """Pack atoms and edges for compiled code."""
    compound, x, y = graph.compound, graph.x_m, graph.y_m
    u, v = graph.ends[:, 0].copy(), graph.ends[:, 1].copy()
    join = graph.barrier + rules.weights.compound_mixed * (compound[u] != compound[v])
    return (
        Nodes(graph.households, compound, graph.area_m2, graph.perimeter_m, x, y),
        Links(
            u, v, graph.border_m, graph.barrier, graph.split, join,
            graph.nearness.astype(np.float64), np.hypot(x[u] - x[v], y[u] - y[v]),
        ),
    )  # fmt: skip
