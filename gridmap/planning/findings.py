"""Why a micro-grid misses the band, or strains another rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely

from gridmap.planning.adjacency import BRIDGE
from gridmap.planning.components import find_components
from gridmap.planning.dividing import FREE, Draft, Outcome, broken_buildings
from gridmap.planning.ground import Ground
from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import PlanRules

NOTEWORTHY = 25.0
"""Crossing a barrier is told from this cost on: a wall, by default, and what is worse."""
WARNING = "warning"  # the division is sound; people may approve the exception

FINDING_KINDS = {
    "no_households": "nobody lives in this parent",
    "total_too_small": "the whole parent has fewer households than one micro-grid needs",
    "component_too_small": "a piece of land cut off from the rest cannot reach the band",
    "hole_81_99": "the total cannot be written as a sum of counts inside the band",
    "locked": "locked micro-grids leave a rest that cannot be divided into the band",
    "edge_removed": "without the edges that people removed the band could be reached",
    "barrier": "barriers that must never be crossed leave a piece that cannot be divided into the band",
    "atoms_too_coarse": "buildings, entrances or floors are too large to be combined into the band: proved",
    "no_division_found": "no division into the band was found, and none was proved impossible",
    "building_broken": "a building of no more than one micro-grid's households lies in several",
    "barrier_crossed": "the micro-grid reaches across a barrier",
    "bridge": "the micro-grid joins pieces of land that do not touch",
    "outside_parent": "a building of this parent stands outside it",
    "lock_outdated": "a locked micro-grid names parts of buildings that are no longer there",
}
"""Every kind of finding and what it means."""

OUTSIDE_BAND = frozenset(
    {
        "total_too_small",
        "component_too_small",
        "hole_81_99",
        "locked",
        "edge_removed",
        "barrier",
        "atoms_too_coarse",
        "no_division_found",
    }
)
"""Kinds that say why a micro-grid misses the band; their details carry the cheapest remedy."""

Found = tuple[int | None, str, str, dict[str, Any]]
Regraph = Callable[[str], AtomGraph]


def find_reasons(
    ground: Ground, outcome: Outcome, locked_parts: int, rules: PlanRules, regraph: Regraph
) -> Iterator[Found]:
    """Give (part, kind, severity, details) for whatever misses or strains a rule.

    Parameters
    ----------
    outcome
        What was decided; parts below ``locked_parts`` are locked.
    regraph
        Gives the graph as it would be without "locks", "edits" or "barriers".
    """
    yield from _find_outside_band(outcome, locked_parts, rules, regraph)
    yield from _find_broken(ground, outcome, rules)
    yield from _find_crossings(ground, outcome.draft)
    outside = np.flatnonzero(~shapely.intersects(ground.outline, ground.footprints))
    for i in outside.tolist():
        yield None, "outside_parent", WARNING, {"building_id": ground.buildings[i].id}


def _find_outside_band(
    outcome: Outcome, locked_parts: int, rules: PlanRules, regraph: Regraph
) -> Iterator[Found]:
    draft = outcome.draft
    households = np.bincount(draft.labels, draft.graph.households).astype(int)
    reasons: dict[int, tuple[str, int]] = {}
    for part, count in enumerate(households.tolist()):
        own = np.flatnonzero(draft.labels == part)
        if rules.status(count) == "in_band" or len(own) == 0:
            continue
        details: dict[str, Any] = {"households": count}
        component = int(draft.component[own[0]])
        if part < locked_parts:
            yield part, "locked", WARNING, details | {"component_households": count}
            continue
        if component not in reasons:
            reasons[component] = _reason_of(draft, component, rules, regraph)
        kind, whole = reasons[component]
        details["component_households"] = whole
        if kind == "atoms_too_coarse":
            details["largest_atom"] = int(draft.graph.households[own].max())
            kind = kind if outcome.is_proved else "no_division_found"
        yield part, kind, WARNING, details


def _reason_of(draft: Draft, component: int, rules: PlanRules, regraph: Regraph) -> tuple[str, int]:
    """Return why a component cannot be divided into the band, and its households."""
    inside = draft.component == component
    whole = int(draft.graph.households[inside].sum())
    if whole == 0:
        return "no_households", whole
    if rules.least_outside(whole) == 0:
        is_choice = rules.order.index("barriers") < rules.order.index("band")
        return ("barrier" if is_choice and not draft.is_least[component] else "atoms_too_coarse"), whole
    for without, kind in (("locks", "locked"), ("edits", "edge_removed"), ("barriers", "barrier")):
        graph = regraph(without)
        group = find_components(len(inside), graph.ends[:, 0].copy(), graph.ends[:, 1].copy())
        free = (draft.component != FREE) | (without == "locks")
        wider = (group == group[np.flatnonzero(inside)[0]]) & free
        if wider.sum() > inside.sum() and rules.least_outside(int(graph.households[wider].sum())) == 0:
            return kind, whole
    if whole >= rules.households_min:
        return "hole_81_99", whole
    alone = whole == int(draft.graph.households.sum())
    return ("total_too_small" if alone else "component_too_small"), whole


def _find_broken(ground: Ground, outcome: Outcome, rules: PlanRules) -> Iterator[Found]:
    """Report small buildings in several parts, and by how much the band is missed when none is."""
    for b in broken_buildings(outcome.draft, ground, rules):
        building = ground.buildings[b]
        details = {
            "building_id": building.id,
            "building": building.name,
            "households": building.households,
            "outside_unbroken": outcome.unbroken.violation,
            "outside": outcome.draft.violation,
            "is_proved": bool(outcome.unbroken.is_least.all()),
        }
        yield None, "building_broken", WARNING, details


def _find_crossings(ground: Ground, draft: Draft) -> Iterator[Found]:
    """Report parts that hang together only across a barrier or a bridge."""
    labels, graph = draft.labels, draft.graph
    inside = np.flatnonzero(labels[graph.ends[:, 0]] == labels[graph.ends[:, 1]])
    for e in graph.joins(inside):
        part = int(labels[graph.ends[e, 0]])
        cost, crossed = float(graph.barrier[e]), int(graph.crosses[e])
        if crossed == BRIDGE:
            yield part, "bridge", WARNING, {}
        elif crossed >= 0 and cost >= NOTEWORTHY:
            name = ground.barrier_names[crossed]
            yield part, "barrier_crossed", WARNING, {"barrier": name, "cost": cost}
