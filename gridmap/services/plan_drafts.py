"""Drafts made from what belongs where: the engine draws the land, the rows are written in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Plan
from gridmap.planning import PlanResult, PlanRules, plan_area
from gridmap.planning.inputs import Source, read_source
from gridmap.planning.measures import polsby_popper
from gridmap.planning.plan import ground_of
from gridmap.planning.redraw_division import Assignment, Division, build_division
from gridmap.planning.redraw_report import states_of
from gridmap.services.division_rows import WARNING, broken_in, describe_drawn, findings_of
from gridmap.services.division_views import codes_with_atoms
from gridmap.services.divisions import FRAMES
from gridmap.services.plan_frames import CRS, read_frame, write_result

GRIDS_PER_BATCH = 32
Told = tuple[str, dict[str, Any]]
WHOLE_NUMBERS = dict.fromkeys(("entrance_number", "floor_from", "floor_to", "micro_grid"), "Int64")


def write_draft(
    session: Session,
    plan: Plan,
    grid_ids: Sequence[int],
    rows: Mapping[int, Sequence[Assignment]],
    tell: Callable[[int], None],
) -> None:
    """Write micro-grids, assignments and findings of a plan that has none yet.

    Parameters
    ----------
    grid_ids
        The grids it divides.
    rows
        Grid -> what belongs where; a building without a row stands unassigned.
    tell
        Told before each batch how many grids are written; what it raises ends the work.
    """
    rules = PlanRules.from_dict(plan.rules)
    for start in range(0, len(grid_ids), GRIDS_PER_BATCH):
        tell(start)
        batch = list(grid_ids[start : start + GRIDS_PER_BATCH])
        frames: dict[str, Any] = {
            name: read_frame(session, f"plan_{name}", grid_ids=batch) for name in FRAMES
        }
        edits = frames.pop("edits")
        source = read_source(**frames, rules=rules.in_force(), locked=None, edits=edits)
        divisions, empty = _divide(source, rules, rows)
        if divisions:
            write_result(session, plan.id, result_of(divisions))
        if empty:
            lonely = frames["parents"][frames["parents"]["id"].isin(empty)]
            nobody = frames["buildings"].iloc[:0]
            write_result(session, plan.id, plan_area(lonely, nobody, None, None, rules, seed=plan.seed))


def _divide(
    source: Source, rules: PlanRules, rows: Mapping[int, Sequence[Assignment]]
) -> tuple[list[Division], list[int]]:
    """Draw the grids of a batch; those where no building stands are told apart."""
    divisions, empty = [], []
    for index in source.parent_order.tolist():
        grid_id = int(source.parent_id[index])
        ground = ground_of(source, index, rules)
        if ground is None:
            empty.append(grid_id)
            continue
        own, edges = rows.get(grid_id, ()), source.edges_of(ground)
        divisions.append(build_division(ground, rules.in_force(), own, edges=edges))
    return divisions, empty


def result_of(divisions: Sequence[Division]) -> PlanResult:
    """Turn divisions into the tables of a plan; colours come later, when all stand beside each other."""
    assignments: list[dict[str, Any]] = []
    grids: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    for division in divisions:
        codes = codes_with_atoms(division)
        number_of = {code: len(grids) + place for place, code in enumerate(codes, 1)}
        assignments += _assignments_of(division, number_of)
        grids += _micro_grids_of(division, number_of)
        findings += [
            {
                "parent_id": division.ground.parent_id,
                "micro_grid": number_of[code],
                "kind": kind,
                "severity": WARNING,
                "details": details,
            }
            for code, state in states_of(division, codes).items()
            for kind, details in _explain(division, findings_of(state))
        ]
        findings += [
            {
                "parent_id": division.ground.parent_id,
                "micro_grid": None,
                "kind": kind,
                "severity": WARNING,
                "details": details,
            }
            for kind, details in broken_in(division)
        ]
    columns = ["parent_id", "micro_grid", "kind", "severity", "details"]
    grid_columns = list(grids[0]) if grids else ["number", "geometry"]
    return PlanResult(
        pd.DataFrame(assignments).astype(WHOLE_NUMBERS),
        gpd.GeoDataFrame(pd.DataFrame(grids, columns=grid_columns), geometry="geometry", crs=CRS),
        pd.DataFrame(findings, columns=columns).astype({"micro_grid": "Int64"}),
    )


def _explain(division: Division, found: list[Told]) -> Iterator[Told]:
    """Say why the band is missed where the total of a grid leaves no choice: then it is proved.

    A total of 44 or 95 households cannot be divided into the band however one tries: where a division misses
    it by no more than it must, nothing better can be had.
    """
    rules, total = division.rules, int(division.households.sum())
    counts = division.households.tolist()
    is_least = counts[0] == 0 and sum(rules.outside(n) for n in counts[1:] if n) == rules.least_outside(total)
    for kind, details in found:
        if kind == "outside_band" and details["households"] and is_least and rules.least_outside(total):
            reason = "total_too_small" if total < rules.households_min else "hole_81_99"
            yield reason, details | {"component_households": total}
        else:
            yield kind, details


def _assignments_of(division: Division, number_of: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    atoms, buildings = division.atoms, division.ground.buildings
    columns = (atoms.building, atoms.entrance, atoms.low, atoms.high, division.graph.households)
    rows = zip(division.keys, *(c.tolist() for c in columns), division.labels.tolist(), strict=True)
    for key, b, entrance, low, high, households, label in rows:
        code = division.code_of(label)
        yield {
            "atom": key,
            "building_id": buildings[b].id,
            "entrance_number": entrance or None,
            "floor_from": low or None,
            "floor_to": high or None,
            "households": households,
            "households_estimated": buildings[b].is_estimate,
            "parent_id": division.ground.parent_id,
            "micro_grid": None if code is None else number_of[code],
        }


def _micro_grids_of(division: Division, number_of: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    frame = division.ground.frame
    for code, drawn in describe_drawn(division, number_of).items():
        polygon = drawn.polygon
        round_share = np.nan if polygon is None else float(polsby_popper(np.array([polygon], object))[0])
        yield {
            "number": number_of[code],
            "parent_id": division.ground.parent_id,
            "code": code,
            "households": drawn.households,
            "households_estimated": drawn.households_estimated,
            "building_count": drawn.building_count,
            "status": drawn.status,
            "stacked": drawn.stacked,
            "locked": False,
            "colour": 0,
            "contents": drawn.contents,
            "compactness": round_share,
            "label_point": frame.to_degrees(drawn.point),
            "geometry": None if polygon is None else frame.to_degrees(polygon),
        }


def list_grid_ids(session: Session, area_id: int) -> list[int]:
    """List the grids that a plan of an area divides."""
    return [row.id for row in session.execute(sql("plan_grids"), {"area_id": area_id})]
