"""``plan_area``: parents and buildings in, a plan out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.planning.adjacency import build_graph
from gridmap.planning.assemble import assemble_result, codes_of
from gridmap.planning.atoms import Atoms
from gridmap.planning.boundaries import draw_territories
from gridmap.planning.codes import reading_order
from gridmap.planning.dividing import Draft, divide
from gridmap.planning.findings import OUTSIDE_BAND, WARNING, Found, find_reasons
from gridmap.planning.frames import LocalFrame
from gridmap.planning.ground import Ground, build_ground
from gridmap.planning.inputs import Source, read_source
from gridmap.planning.measures import polsby_popper
from gridmap.planning.packing import AtomGraph
from gridmap.planning.redraw_division import Edge, division_of_plan, edit_of
from gridmap.planning.remedies import cheapest_remedy
from gridmap.planning.results import ParentPlan, PlanResult
from gridmap.planning.rules import PlanRules

Progress = Callable[[int, int], None]


def plan_area(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    entrances: pd.DataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    rules: PlanRules,
    *,
    seed: int,
    locked: pd.DataFrame | None = None,
    edits: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> PlanResult:
    """Divide every parent grid into micro-grids.

    Parameters
    ----------
    parents
        id, code, geometry (EPSG:4326).
    buildings
        id, parent_id, compound_id, name, households, households_estimated, storeys, entrance_count, geometry;
        entrances_estimated if some are only assumed.
    entrances
        building_id, number, households, storeys, geometry; may be empty or None.
    barriers
        kind, class, geometry; may be empty or None.
    rules
        Band, costs and effort.
    seed
        Same input and seed give the same plan; a parent's result does not depend on the other parents.
    locked
        parent_id, code, building_id, entrance_number, floor_from, floor_to of micro-grids to leave as they
        are.
    edits
        parent_id, building_a, entrance_a, building_b, entrance_b, action ("remove", "add"): edges of the
        adjacency graph that people changed.
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
    source = read_source(parents, buildings, entrances, barriers, rules.in_force(), locked, edits)
    plans = []
    for done, index in enumerate(source.parent_order, 1):
        plans.append(plan_parent(source, int(index), rules, seed))
        if progress is not None:
            progress(done, len(source.parent_order))
    return PlanResult(*assemble_result(plans, rules, source.estimated))


def plan_parent(source: Source, index: int, rules: PlanRules, seed: int) -> ParentPlan:
    """Divide one parent (by its row in the source)."""
    ground = ground_of(source, index, rules)
    if ground is None:
        return _empty_parent(source, index)
    number = ground.parent_id
    chance = np.random.SeedSequence([seed, number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF])
    locks, outdated = source.locks_of(ground)
    edges = source.edges_of(ground)
    edits = [edit_of(ground, edge) for edge in edges]
    in_force = rules.in_force()
    outcome = divide(ground, in_force, np.random.default_rng(chance), locks, edits)

    def regraph(without: str) -> AtomGraph:
        kept = () if without == "edits" else edits
        return build_graph(ground, outcome.draft.atoms, in_force, kept, across_all=without == "barriers")

    findings = list(find_reasons(ground, outcome, len(locks), rules, regraph))
    findings += [(None, "lock_outdated", WARNING, {"code": code}) for code in outdated]
    plan = _finish(ground, outcome.draft, [lock.code for lock in locks], findings, rules)
    return _with_remedies(ground, plan, edges, in_force)


def _with_remedies(ground: Ground, plan: ParentPlan, edges: list[Edge], rules: PlanRules) -> ParentPlan:
    """Add the cheapest remedy to the findings of micro-grids outside the band."""
    if not any(kind in OUTSIDE_BAND for _, kind, _, _ in plan.findings):
        return plan
    codes = codes_of(plan)
    locked = plan.locked_codes.values()
    division = division_of_plan(ground, plan, rules, codes, locked=locked, edges=edges, is_drawn=False)
    findings = [
        (part, kind, severity, details | {"remedy": cheapest_remedy(division, codes[part])})
        if part is not None and kind in OUTSIDE_BAND
        else (part, kind, severity, details)
        for part, kind, severity, details in plan.findings
    ]
    return replace(plan, findings=findings)


def ground_of(source: Source, index: int, rules: PlanRules) -> Ground | None:
    """Prepare one parent (by its row in the source); None where no building stands."""
    geometry = source.parent_geometry[index]
    frame = LocalFrame.around(shapely.bounds(geometry))
    buildings = source.buildings_of(index, frame)
    if not buildings:
        return None
    barriers = source.barriers_near(geometry, frame)
    parent_id, code = int(source.parent_id[index]), str(source.parent_code[index])
    return build_ground(
        parent_id, code, frame.to_metres(geometry), frame, buildings, barriers, rules.in_force()
    )


def prepare_grounds(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    entrances: pd.DataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    edits: pd.DataFrame | None,
    rules: PlanRules,
) -> dict[int, tuple[Ground, list[Edge]]]:
    """Prepare the parents of some frames (see ``plan_area``) for redrawing, each as if it were alone.

    Returns
    -------
    dict
        By id of the parent, its ground, and the edges people removed or added, as far as their places are
        still there. Parents where no building stands are left out.
    """
    source = read_source(parents, buildings, entrances, barriers, rules.in_force(), None, edits)
    grounds = (ground_of(source, index, rules) for index in range(len(source.parent_id)))
    return {ground.parent_id: (ground, source.edges_of(ground)) for ground in grounds if ground is not None}


def _finish(
    ground: Ground, draft: Draft, locked: list[str], findings: list[Found], rules: PlanRules
) -> ParentPlan:
    """Number the parts in reading order and draw them."""
    atoms, graph = draft.atoms, draft.graph
    count = int(draft.labels.max()) + 1
    x = np.bincount(draft.labels, graph.x_m, minlength=count) / np.bincount(draft.labels, minlength=count)
    y = np.bincount(draft.labels, graph.y_m, minlength=count) / np.bincount(draft.labels, minlength=count)
    rank = np.empty(count, np.int64)
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, draft.labels, atoms.low)
    order = reading_order(x, y, lowest)
    rank[order] = np.arange(count)
    labels = rank[draft.labels]
    of_piece = labels[atoms.owner_of_pieces(ground.pieces.count)]
    polygons = draw_territories(ground.outlines, of_piece, count, rules.simplify_m)
    points = shapely.point_on_surface(polygons)
    hanging = np.flatnonzero(shapely.is_missing(polygons))
    points[hanging] = shapely.points(np.stack([x[order[hanging]], y[order[hanging]]], axis=1))
    cut = labels[graph.ends[:, 0]] != labels[graph.ends[:, 1]]
    frame = ground.frame
    return ParentPlan(
        ground.parent_id, ground.parent_code, {int(rank[i]): code for i, code in enumerate(locked)},
        ground.buildings, atoms, labels,
        frame.to_degrees(polygons), frame.to_degrees(points), polsby_popper(polygons),
        labels[graph.ends[cut]],
        [(None if p is None else int(rank[p]), kind, severity, d) for p, kind, severity, d in findings],
    )  # fmt: skip


def _empty_parent(source: Source, index: int) -> ParentPlan:
    """One micro-grid without households: someone answers for a park, too."""
    geometry = source.parent_geometry[index]
    outline = LocalFrame.around(shapely.bounds(geometry)).to_metres(geometry)
    none = np.empty(0, np.int64)
    no_atoms = Atoms(none, none, none, none, none, none, none, np.empty(0, bool))
    whole = np.array([shapely.multipolygons(shapely.get_parts(geometry))], dtype=object)
    return ParentPlan(
        int(source.parent_id[index]), str(source.parent_code[index]), {}, (), no_atoms,
        np.empty(0, np.int64), whole, shapely.point_on_surface(whole),
        polsby_popper(np.array([outline], dtype=object)), np.empty((0, 2), np.int64),
        [(0, "no_households", WARNING, {"households": 0})],
    )  # fmt: skip
