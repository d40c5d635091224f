"""``plan_area``: parents and buildings in, a plan out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.planning.adjacency import build_graph
from gridmap.planning.assemble import assemble_result
from gridmap.planning.atoms import DEEPEST, Atoms, build_atoms
from gridmap.planning.boundaries import build_polygons
from gridmap.planning.codes import reading_order
from gridmap.planning.findings import WARNING, find_reasons
from gridmap.planning.frames import LocalFrame
from gridmap.planning.ground import Ground, build_ground
from gridmap.planning.inputs import Source, read_source
from gridmap.planning.measures import polsby_popper
from gridmap.planning.packing import AtomGraph
from gridmap.planning.partition import components_of, cost_of, partition
from gridmap.planning.results import ParentPlan, PlanResult
from gridmap.planning.rules import PlanRules

Progress = Callable[[int, int], None]
EXTRA_ATTEMPTS = 3


@dataclass(frozen=True)
class _Draft:
    atoms: Atoms
    graph: AtomGraph
    labels: np.ndarray
    cost: float


def plan_area(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    entrances: pd.DataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    rules: PlanRules,
    *,
    seed: int,
    progress: Progress | None = None,
) -> PlanResult:
    """Divide every parent grid into micro-grids.

    Parameters
    ----------
    parents
        id, code, geometry (EPSG:4326).
    buildings
        id, parent_id, compound_id, name, households, households_estimated, storeys, entrance_count, geometry.
    entrances
        building_id, number, households, storeys, geometry; may be empty or None.
    barriers
        kind, class, geometry; may be empty or None.
    rules
        Band, costs and effort.
    seed
        Same input and seed give the same plan; a parent's result does not depend on the other parents.
    progress
        Called as (done, total) after each parent.

    Returns
    -------
    PlanResult

    Raises
    ------
    BadInput
        If columns are missing, ids repeat, counts are negative, a building names an unknown parent, or a CRS
        is not EPSG:4326.
    """
    source = read_source(parents, buildings, entrances, barriers, rules)
    plans = []
    for done, index in enumerate(source.parent_order, 1):
        plans.append(plan_parent(source, int(index), rules, seed))
        if progress is not None:
            progress(done, len(source.parent_order))
    return PlanResult(*assemble_result(plans, rules, source.estimated))


def plan_parent(source: Source, index: int, rules: PlanRules, seed: int) -> ParentPlan:
    """Divide one parent (by its row in the source)."""
    geometry = source.parent_geometry[index]
    frame = LocalFrame.around(shapely.bounds(geometry))
    parent = frame.to_metres(geometry)
    buildings = source.buildings_of(index, frame)
    parent_id, code = int(source.parent_id[index]), str(source.parent_code[index])
    if not buildings:
        return _empty_parent(parent_id, code, geometry, parent)
    rng = np.random.default_rng(
        np.random.SeedSequence([seed, parent_id & 0xFFFFFFFF, parent_id >> 32 & 0xFFFFFFFF])
    )
    barriers = source.barriers_near(geometry, frame)
    ground = build_ground(parent_id, code, parent, frame, buildings, barriers, rules)
    return _finish(ground, _best_draft(ground, rules, rng), rules)


def _best_draft(ground: Ground, rules: PlanRules, rng: np.random.Generator) -> _Draft:
    """Divide at the least depth of breaking that reaches the band, or keep the best found."""
    best: _Draft | None = None
    for depth in range(DEEPEST + 1):
        atoms = build_atoms(ground.buildings, ground.pieces, rules, depth)
        if best is not None and len(atoms) == len(best.atoms):
            continue
        graph = build_graph(ground, atoms, rules)
        labels = partition(graph, rules, rng)
        draft = _Draft(atoms, graph, labels, cost_of(graph, labels, rules))
        if best is None or _violation(draft, rules) < _violation(best, rules):
            best = draft
        if not _may_improve(best, rules):
            return best
    assert best is not None
    return _try_harder(best, graph, atoms, rules, rng)


def _try_harder(
    best: _Draft, graph: AtomGraph, atoms: Atoms, rules: PlanRules, rng: np.random.Generator
) -> _Draft:
    """Divide the finest atoms again with more effort, as long as the band is missed."""
    patient = replace(rules, trees=4 * rules.trees, rounds=2 * rules.rounds, tries=2 * rules.tries)
    for _ in range(EXTRA_ATTEMPTS):
        if not _may_improve(best, rules):
            break
        labels = partition(graph, patient, rng)
        draft = _Draft(atoms, graph, labels, cost_of(graph, labels, rules))
        if _violation(draft, rules) < _violation(best, rules):
            best = draft
    return best


def _violation(draft: _Draft, rules: PlanRules) -> int:
    totals = np.bincount(draft.labels, draft.graph.households).astype(int)
    return sum(rules.outside(h) for h in totals.tolist())


def _may_improve(draft: _Draft, rules: PlanRules) -> bool:
    """Tell whether breaking further could bring more households into the band."""
    if not rules.may_break_buildings:
        return False
    component = components_of(draft.graph)
    least = 0
    for total in np.bincount(component, draft.graph.households).astype(int).tolist():
        if not rules.is_divisible(total):
            fewer = total // rules.households_min
            over = total - fewer * rules.households_max if fewer else total + 1
            least += min(over, (fewer + 1) * rules.households_min - total)
    return _violation(draft, rules) > least


def _finish(ground: Ground, draft: _Draft, rules: PlanRules) -> ParentPlan:
    land, atoms, graph = ground.land, draft.atoms, draft.graph
    count = int(draft.labels.max()) + 1
    x = np.bincount(draft.labels, graph.x_m, minlength=count) / np.bincount(draft.labels, minlength=count)
    y = np.bincount(draft.labels, graph.y_m, minlength=count) / np.bincount(draft.labels, minlength=count)
    rank = np.empty(count, np.int64)
    order = reading_order(x, y)
    rank[order] = np.arange(count)
    labels = rank[draft.labels]
    of_piece = labels[atoms.owner_of_pieces(ground.pieces.count)]
    territory = np.where(land.labels >= 0, of_piece[land.labels], -1)
    polygons = build_polygons(land, territory, count, ground.footprints, rules.simplify_m)
    points = shapely.point_on_surface(polygons)
    hanging = np.flatnonzero(shapely.is_missing(polygons))
    points[hanging] = shapely.points(np.stack([x[order[hanging]], y[order[hanging]]], axis=1))
    findings: list[tuple[int | None, str, str, dict[str, Any]]] = list(
        find_reasons(graph, labels, components_of(graph), rules)
    )
    findings += _find_outside(ground)
    cut = labels[graph.ends[:, 0]] != labels[graph.ends[:, 1]]
    frame = ground.frame
    return ParentPlan(
        ground.parent_id, ground.parent_code, list(ground.buildings), atoms, labels,
        frame.to_degrees(polygons), frame.to_degrees(points), polsby_popper(polygons),
        labels[graph.ends[cut]], findings,
    )  # fmt: skip


def _find_outside(ground: Ground) -> list[tuple[int | None, str, str, dict[str, Any]]]:
    """Report buildings of which nothing lies inside the parent they name."""
    outside = np.flatnonzero(~shapely.intersects(ground.outline, ground.footprints))
    return [(None, "outside_parent", WARNING, {"building_id": ground.buildings[i].id}) for i in outside]


def _empty_parent(
    parent_id: int, code: str, geometry: shapely.Geometry, parent: shapely.Geometry
) -> ParentPlan:
    """One micro-grid without households: someone answers for a park, too."""
    none = np.empty(0, np.int64)
    no_atoms = Atoms(none, none, none, none, none, none, none, np.empty(0, bool))
    whole = np.array([shapely.multipolygons(shapely.get_parts(geometry))], dtype=object)
    return ParentPlan(
        parent_id, code, [], no_atoms, np.empty(0, np.int64), whole, shapely.point_on_surface(whole),
        polsby_popper(np.array([parent], dtype=object)), np.empty((0, 2), np.int64),
        [(0, "no_households", WARNING, {"households": 0})],
    )  # fmt: skip
