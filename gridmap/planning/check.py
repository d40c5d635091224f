"""``check_plan``: does a plan keep the laws? Written against its tables alone, sharing no code with the
solver.

It recomputes totals, contiguity and coverage from the input and the plan, so a fault of the engine (or a
hand-made change) cannot hide. Floors are compared as sets of numbers, ground contact by the distance of
polygons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.planning.frames import LocalFrame
from gridmap.planning.rules import PlanRules

CUT_AREA_M2 = 0.01
TILING_SHARE = 1e-6
Finding = tuple[int, int | None, str, str, dict[str, Any]]

CHECK_KINDS = {
    "atom_missing": "households of a building are in no micro-grid",
    "atom_twice": "an entrance or floor is in more than one micro-grid",
    "outside_band": "a micro-grid is outside the band",
    "not_contiguous": "a micro-grid falls into pieces of land that do not touch",
    "gap_or_overlap": "the micro-grids do not tile their parent",
    "building_cut": "a border cuts a building",
    "building_broken": "a building of no more than one micro-grid's households lies in several",
    "building_gone": "a micro-grid counts households of a building that stands in no parent any more",
    "unassigned": "atoms belong to no micro-grid yet",
    "wrong_parent": "an atom is in a micro-grid of another parent",
    "wrong_total": "a micro-grid's households differ from the sum of its atoms",
}
"""Every kind of finding ``check_plan`` returns and what it means."""


def check_plan(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    assignments: pd.DataFrame,
    micro_grids: gpd.GeoDataFrame,
    rules: PlanRules,
) -> pd.DataFrame:
    """Verify a plan independently.

    Parameters
    ----------
    parents, buildings
        As given to ``plan_area``.
    assignments, micro_grids
        As in ``PlanResult``.
    rules
        The band.

    Returns
    -------
    pandas.DataFrame
        parent_id, micro_grid, kind, severity, details; empty when every law holds. ``outside_band``,
        ``building_broken`` and ``building_gone`` are warnings: the division is sound, and people may approve
        the exception.
    """
    is_held = assignments["micro_grid"].notna()
    is_standing = assignments["building_id"].isin(buildings["id"])
    held, loose = assignments[is_held & is_standing], assignments[~is_held & is_standing]
    found = [
        *_check_atoms(buildings, assignments[is_standing]),
        *_find_unassigned(loose),
        *_check_totals(buildings, assignments[is_held], micro_grids, rules),
        *_find_gone(assignments[is_held & ~is_standing], micro_grids),
        *_check_parents(held, micro_grids),
        *_find_broken(buildings, held, rules),
        *_check_ground(parents, buildings, held, micro_grids, loose),
    ]
    table = pd.DataFrame(found, columns=["parent_id", "micro_grid", "kind", "severity", "details"])
    return table.astype({"micro_grid": "Int64"})


def _check_atoms(buildings: gpd.GeoDataFrame, assignments: pd.DataFrame) -> Iterator[Finding]:
    """Every building's households exactly once; no entrance or floor twice."""
    held = assignments.groupby("building_id")["households"].sum()
    for id_, parent, households in zip(
        buildings["id"].tolist(),
        buildings["parent_id"].tolist(),
        buildings["households"].tolist(),
        strict=True,
    ):
        have = int(held.get(id_, -1))
        if have != households:
            kind = "atom_twice" if have > households else "atom_missing"
            yield parent, None, kind, "blocking", {"building_id": id_, "expected": households, "found": have}
    columns = ["building_id", "parent_id", "entrance_number", "floor_from", "floor_to"]
    several = assignments[assignments["building_id"].duplicated(keep=False)]
    for key, rows in several[columns].groupby(["building_id", "parent_id"]):
        id_, parent = (int(k) for k in key)  # type: ignore[call-overload]
        seen: dict[int, set[int]] = {}
        whole: set[int] = set()
        for entrance, low, high in zip(
            rows["entrance_number"], rows["floor_from"], rows["floor_to"], strict=True
        ):
            number = 0 if pd.isna(entrance) else int(entrance)
            floors = set() if pd.isna(low) else set(range(int(low), int(high) + 1))
            clash = number in whole or number == 0 or floors & seen.get(number, set())
            if clash or (not floors and number in seen):
                yield parent, None, "atom_twice", "blocking", {"building_id": id_, "entrance": number}
            if not floors:
                whole.add(number)
            seen.setdefault(number, set()).update(floors)


def _find_unassigned(loose: pd.DataFrame) -> Iterator[Finding]:
    """Report the atoms of each parent that belong to nobody yet."""
    for parent in np.unique(loose["parent_id"]).tolist():
        rows = loose[loose["parent_id"] == parent]
        details = {"atoms": len(rows), "households": int(rows["households"].sum())}
        yield parent, None, "unassigned", "blocking", details


def _check_totals(
    buildings: gpd.GeoDataFrame, assignments: pd.DataFrame, micro_grids: gpd.GeoDataFrame, rules: PlanRules
) -> Iterator[Finding]:
    total = assignments.groupby("micro_grid")["households"].sum()
    parent_total = buildings.groupby("parent_id")["households"].sum()
    for number, parent, households in zip(
        micro_grids["number"].tolist(),
        micro_grids["parent_id"].tolist(),
        micro_grids["households"].tolist(),
        strict=True,
    ):
        have = int(total.get(number, 0))
        if have != households:
            yield parent, number, "wrong_total", "blocking", {"stated": households, "found": have}
        whole = int(parent_total.get(parent, 0))
        if whole > 0 and rules.status(have) != "in_band":
            yield parent, number, "outside_band", "warning", {"households": have}


def _find_gone(gone: pd.DataFrame, micro_grids: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Report what micro-grids still count of buildings that stand in no parent any more."""
    parent_of = dict(zip(micro_grids["number"], micro_grids["parent_id"], strict=True))
    for key, rows in gone.groupby(["micro_grid", "building_id"]):
        number, id_ = (int(k) for k in key)  # type: ignore[call-overload]
        details = {"building_id": id_, "households": int(rows["households"].sum())}
        yield int(parent_of[number]), number, "building_gone", "warning", details


def _check_parents(assignments: pd.DataFrame, micro_grids: gpd.GeoDataFrame) -> Iterator[Finding]:
    parent_of = dict(zip(micro_grids["number"], micro_grids["parent_id"], strict=True))
    own = assignments["micro_grid"].map(parent_of)
    for row in np.flatnonzero((own != assignments["parent_id"]).to_numpy()):
        at = assignments.iloc[row]
        yield int(at["parent_id"]), int(at["micro_grid"]), "wrong_parent", "blocking", {"atom": at["atom"]}


def _find_broken(
    buildings: gpd.GeoDataFrame, assignments: pd.DataFrame, rules: PlanRules
) -> Iterator[Finding]:
    """Report small buildings that lie in several micro-grids."""
    holders = assignments.groupby("building_id")["micro_grid"].nunique()
    small = buildings[buildings["households"].between(1, rules.households_max)]
    small = small[small["id"].map(holders).fillna(0) > 1]
    columns = ("id", "parent_id", "name", "households")
    for id_, parent, name, households in zip(*(small[c].tolist() for c in columns), strict=True):
        details = {"building_id": id_, "building": name, "households": households}
        yield parent, None, "building_broken", "warning", details


def _check_ground(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    assignments: pd.DataFrame,
    micro_grids: gpd.GeoDataFrame,
    loose: pd.DataFrame,
) -> Iterator[Finding]:
    """Check the territories; the land of unassigned atoms (``loose``) is a gap, as it must be."""
    unfinished = set(loose["parent_id"].tolist())
    buildings = buildings[~buildings["id"].isin(loose["building_id"])]
    on_ground = assignments["floor_from"].isna() | (assignments["floor_from"] == 1)
    grid_rows = dict(list(micro_grids.groupby("parent_id")))
    building_rows = dict(list(buildings.groupby("parent_id")))
    atom_rows = dict(list(assignments.groupby("parent_id")))
    for parent_id, geometry in zip(parents["id"].tolist(), parents.geometry, strict=True):
        frame = LocalFrame.around(shapely.bounds(geometry))
        parent = shapely.make_valid(frame.to_metres(geometry))
        grids = grid_rows.get(parent_id)
        if grids is None:
            yield parent_id, None, "gap_or_overlap", "blocking", {"missing_m2": float(shapely.area(parent))}
            continue
        polygons = frame.to_metres(grids.geometry.to_numpy())
        if parent_id not in unfinished:
            yield from _check_tiling(parent_id, parent, polygons)
        own = building_rows.get(parent_id)
        if own is None:
            continue
        atoms = atom_rows.get(parent_id, assignments.iloc[:0])
        footprints = shapely.make_valid(frame.to_metres(own.geometry.to_numpy()))
        yield from _check_cuts(
            parent_id, parent, own, footprints, atoms[on_ground.loc[atoms.index]], grids, polygons
        )
        yield from _check_contact(parent_id, parent, own, footprints, atoms, grids, polygons)


def _check_tiling(parent_id: int, parent: shapely.Geometry, polygons: np.ndarray) -> Iterator[Finding]:
    there = polygons[~shapely.is_missing(polygons)]
    union = shapely.union_all(there)
    off = float(shapely.area(shapely.symmetric_difference(union, parent)))
    overlap = float(shapely.area(there).sum() - shapely.area(union))
    valid = bool(shapely.coverage_is_valid(there)) and bool(shapely.is_valid(there).all())
    if (
        off > TILING_SHARE * shapely.area(parent)
        or abs(overlap) > TILING_SHARE * shapely.area(parent)
        or not valid
    ):
        details = {"difference_m2": off, "overlap_m2": overlap, "coverage_valid": valid}
        yield parent_id, None, "gap_or_overlap", "blocking", details


def _check_cuts(
    parent_id: int,
    parent: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    footprints: np.ndarray,
    atoms: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    polygons: np.ndarray,
) -> Iterator[Finding]:
    """A footprint lies in the micro-grids of its ground atoms, but for what another footprint covers."""
    row_of = {n: i for i, n in enumerate(grids["number"].tolist())}
    ground: dict[int, list[int]] = {}
    for id_, number in zip(atoms["building_id"].tolist(), atoms["micro_grid"].tolist(), strict=True):
        if number in row_of and polygons[row_of[number]] is not None:
            ground.setdefault(id_, []).append(row_of[number])
    tree = shapely.STRtree(footprints)
    for i, id_ in enumerate(buildings["id"].tolist()):
        if id_ not in ground:
            continue
        inside = shapely.intersection(footprints[i], parent)
        rest = shapely.difference(inside, shapely.union_all(polygons[np.unique(ground[id_])]))
        if shapely.area(rest) < CUT_AREA_M2:
            continue
        others = [j for j in tree.query(rest).tolist() if j != i]
        rest = shapely.difference(rest, shapely.union_all(footprints[others]))
        if shapely.area(rest) >= CUT_AREA_M2:
            yield (
                parent_id,
                None,
                "building_cut",
                "blocking",
                {"building_id": id_, "area_m2": float(shapely.area(rest))},
            )


def _check_contact(
    parent_id: int,
    parent: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    footprints: np.ndarray,
    atoms: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    polygons: np.ndarray,
) -> Iterator[Finding]:
    """A territory is one piece of land, unless the parent itself is in pieces or upper floors join it.

    Pieces that hold parts of one and the same building are only a warning: the building itself stands apart.
    """
    if len(shapely.get_parts(parent)) > 1:
        return
    footprint_of = dict(zip(buildings["id"].tolist(), footprints, strict=True))
    upper = set(atoms.loc[atoms["floor_from"] > 1, "micro_grid"].tolist())
    for number, polygon in zip(grids["number"].tolist(), polygons, strict=True):
        if polygon is None or number in upper:
            continue
        pieces = shapely.get_parts(polygon)
        if len(pieces) == 1 or shapely.union_all(shapely.buffer(pieces, 0.01)).geom_type == "Polygon":
            continue
        own = atoms.loc[atoms["micro_grid"] == number, "building_id"].unique().tolist()
        held = shapely.buffer(
            np.array([footprint_of[b] for b in own if b in footprint_of], dtype=object), 0.01
        )
        links = [np.flatnonzero(shapely.intersects(pieces, h)) for h in held]
        severity = "warning" if _joins_all(links, len(pieces)) else "blocking"
        yield parent_id, number, "not_contiguous", severity, {"pieces": len(pieces)}


def _joins_all(links: list[np.ndarray], count: int) -> bool:
    """Tell whether groups of pieces joined with each other connect all pieces."""
    group = np.arange(count)
    for link in links:
        for i in link[1:]:
            group[group == group[i]] = group[link[0]]
    return len(set(group.tolist())) == 1
