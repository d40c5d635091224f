"""Why a micro-grid misses the band, or strains another rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import PlanRules

WARNING = "warning"  # the division is sound; people may approve the exception

FINDING_KINDS = {
    "no_households": "nobody lives in this parent",
    "total_too_small": "the whole parent has fewer households than one micro-grid needs",
    "component_too_small": "a piece of land cut off from the rest cannot reach the band",
    "hole_81_99": "the total cannot be written as a sum of counts inside the band",
    "atoms_too_coarse": "buildings, entrances or floors are too large to be combined into the band",
    "barrier": "the micro-grid reaches across a barrier",
    "bridge": "the micro-grid joins pieces of land that do not touch",
    "outside_parent": "a building of this parent stands outside it",
}
"""Every kind of finding and what it means."""


def find_reasons(
    graph: AtomGraph, labels: np.ndarray, component: np.ndarray, rules: PlanRules
) -> list[tuple[int, str, str, dict[str, Any]]]:
    """Return (part, kind, severity, details) for every part outside the band or across a barrier."""
    found: list[tuple[int, str, str, dict[str, Any]]] = []
    total = np.bincount(labels, graph.households)
    component_total = np.bincount(component, graph.households).astype(int)
    one_component = len(component_total) == 1
    part_component = np.zeros(len(total), np.int64)
    part_component[labels] = component
    for part, households in enumerate(total.astype(int).tolist()):
        if rules.status(households) == "in_band":
            continue
        whole = int(component_total[part_component[part]])
        largest = int(graph.households[labels == part].max())
        details: dict[str, Any] = {"households": households, "component_households": whole}
        if whole == 0:
            kind = "no_households"
        elif whole < rules.households_min:
            kind = "total_too_small" if one_component else "component_too_small"
        elif not rules.is_divisible(whole):
            kind = "hole_81_99"
        else:
            kind = "atoms_too_coarse"
            details["largest_atom"] = largest
        found.append((part, kind, WARNING, details))
    return found + _find_crossings(graph, labels, rules)


def _find_crossings(
    graph: AtomGraph, labels: np.ndarray, rules: PlanRules
) -> list[tuple[int, str, str, dict[str, Any]]]:
    """Report parts that hang together only across a barrier or a bridge."""
    found: list[tuple[int, str, str, dict[str, Any]]] = []
    root = list(range(len(labels)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    inside = labels[graph.ends[:, 0]] == labels[graph.ends[:, 1]]
    for e in np.flatnonzero(inside).tolist():
        a, b = find(int(graph.ends[e, 0])), find(int(graph.ends[e, 1]))
        if a == b:
            continue
        root[a] = b
        cost = float(graph.barrier[e])
        if cost >= rules.weights.bridge:
            found.append((int(labels[a]), "bridge", WARNING, {}))
        elif cost >= rules.barrier_cost("wall", None):
            found.append((int(labels[a]), "barrier", WARNING, {"cost": cost}))
    return found
