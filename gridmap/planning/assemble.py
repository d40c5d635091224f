"""Putting the divided parents together into the tables of a plan."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.planning.codes import assign_codes, assign_colours
from gridmap.planning.contents import describe_contents
from gridmap.planning.results import ParentPlan
from gridmap.planning.rules import PlanRules

NEAR_DEGREES = 2e-6  # about 0.2 m: where two grids' borders were drawn apart, they still are neighbours

ASSIGNMENT_COLUMNS = (
    "atom", "building_id", "entrance_number", "floor_from", "floor_to", "households", "households_estimated",
    "parent_id", "micro_grid",
)  # fmt: skip
MICRO_GRID_COLUMNS = (
    "number", "parent_id", "code", "households", "households_estimated", "building_count", "stacked",
    "status", "locked", "colour", "label_point", "contents", "compactness", "geometry",
)  # fmt: skip
FINDING_COLUMNS = ("parent_id", "micro_grid", "kind", "severity", "details")


def merge_atoms(plan: ParentPlan) -> list[tuple[int, int, int, int | None, int, int]]:
    """Join what ended together: (building index, entrance, first floor, last floor, households, part).

    Consecutive floors of an entrance become one band, all floors the whole entrance, all entrances the whole
    building.
    """
    atoms = plan.atoms
    bands: list[list[int]] = []
    columns = (atoms.building, atoms.entrance, atoms.low, atoms.high, atoms.households, plan.labels)
    for b, e, low, high, h, part in zip(*(c.tolist() for c in columns), strict=True):
        if bands and low > 1 and bands[-1][:2] == [b, e] and bands[-1][5] == part:
            bands[-1][3] = high
            bands[-1][4] += h
        else:
            bands.append([b, e, low, high, h, part])
    by_building: dict[int, list[list[int]]] = {}
    for band in bands:
        by_building.setdefault(band[0], []).append(band)
    out: list[tuple[int, int, int, int | None, int, int]] = []
    for b, own in by_building.items():
        if len({band[5] for band in own}) == 1:
            out.append((b, 0, 0, None, sum(band[4] for band in own), own[0][5]))
            continue
        pieces_of = [band[1] for band in own]
        for _, entrance, low, high, households, part in own:
            whole = pieces_of.count(entrance) == 1
            out.append((b, entrance, 0 if whole else low, None if whole else high, households, part))
    return out


def atom_key(building_id: int, entrance: int, low: int, high: int | None) -> str:
    """Return the stable key of an atom: ``b12``, ``b12/e2``, ``b12/e2/1-17``."""
    key = f"b{building_id}"
    if entrance:
        key += f"/e{entrance}"
    if low:
        key += f"/{low}-{high}"
    return key


def assemble_result(
    plans: list[ParentPlan], rules: PlanRules, estimated: dict[int, bool]
) -> tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return assignments, micro-grids and findings of all parents."""
    assignments: list[tuple[Any, ...]] = []
    grids: list[dict[str, Any]] = []
    findings: list[tuple[Any, ...]] = []
    pairs = [np.empty((0, 2), np.int64)]
    for plan in plans:
        first = len(grids) + 1
        merged = merge_atoms(plan)
        for b, entrance, low, high, households, part in merged:
            id_ = plan.buildings[b].id
            assignments.append((
                atom_key(id_, entrance, low, high), id_, entrance or None, low or None, high, households,
                estimated[id_], plan.parent_id, first + part,
            ))  # fmt: skip
        grids += _micro_grids_of(plan, merged, first, rules, estimated)
        pairs.append(plan.neighbours + first - 1)
        findings += [
            (plan.parent_id, None if part is None else first + part, kind, severity, details)
            for part, kind, severity, details in plan.findings
        ]
    table = gpd.GeoDataFrame(
        pd.DataFrame(grids, columns=list(MICRO_GRID_COLUMNS)), geometry="geometry", crs=4326
    )
    pairs.append(_neighbours_across_parents(table))
    table["colour"] = assign_colours(len(table), np.concatenate(pairs))
    rows = pd.DataFrame(assignments, columns=list(ASSIGNMENT_COLUMNS))
    whole = dict.fromkeys(("entrance_number", "floor_from", "floor_to"), "Int64")
    found = pd.DataFrame(findings, columns=list(FINDING_COLUMNS)).astype({"micro_grid": "Int64"})
    return rows.astype(whole), table, found


def _micro_grids_of(
    plan: ParentPlan,
    merged: list[tuple[int, int, int, int | None, int, int]],
    first: int,
    rules: PlanRules,
    estimated: dict[int, bool],
) -> list[dict[str, Any]]:
    codes = codes_of(plan)
    held: list[list[tuple[int, int, int, int | None, int, int]]] = [[] for _ in codes]
    for row in merged:
        held[row[5]].append(row)
    grids = []
    for part, (code, rows) in enumerate(zip(codes, held, strict=True)):
        households = sum(r[4] for r in rows)
        lived_in = [r for r in rows if r[4] > 0]
        grids.append({
            "number": first + part,
            "parent_id": plan.parent_id,
            "code": code,
            "households": households,
            "households_estimated": any(estimated[plan.buildings[r[0]].id] for r in lived_in),
            "building_count": len({r[0] for r in rows}),
            "stacked": any(r[2] > 1 for r in rows),
            "status": rules.status(households),
            "locked": part in plan.locked_codes,
            "colour": 0,
            "label_point": plan.label_points[part],
            "contents": describe_contents(
                (plan.buildings[r[0]].name, r[1], r[2], r[3], plan.buildings[r[0]].has_sections)
                for r in lived_in
            ),
            "compactness": float(plan.compactness[part]),
            "geometry": plan.polygons[part],
        })  # fmt: skip
    return grids


def codes_of(plan: ParentPlan) -> list[str]:
    """Number the parts of a parent, leaving out the codes that locked ones keep."""
    count, kept = len(plan.polygons), set(plan.locked_codes.values())
    free = (code for code in assign_codes(plan.parent_code, count) if code not in kept)
    return [plan.locked_codes.get(part) or next(free) for part in range(count)]


def _neighbours_across_parents(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return pairs of micro-grids of different parents whose polygons touch (within about 0.2 m)."""
    geometry = grids.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(geometry))
    parent = grids["parent_id"].to_numpy()
    if len(np.unique(parent)) < 2:
        return np.empty((0, 2), np.int64)
    tree = shapely.STRtree(geometry[there])
    a, b = tree.query(geometry[there])
    a, b = there[a], there[b]
    apart = (a < b) & (parent[a] != parent[b])
    a, b = a[apart], b[apart]
    touch = shapely.dwithin(geometry[a], geometry[b], NEAR_DEGREES)
    return np.stack([a[touch], b[touch]], axis=1)
