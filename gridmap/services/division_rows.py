"""What a redrawn division leaves in the tables: only the rows that an operation changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Area, Assignment, Building, Finding, MicroGrid, Plan
from gridmap.planning.assemble import NEAR_DEGREES
from gridmap.planning.contents import describe_contents
from gridmap.planning.measures import polsby_popper
from gridmap.planning.redraw_division import Division
from gridmap.planning.redraw_report import CROSSED, State, broken_homes, states_of
from gridmap.services.plan_frames import as_ewkb
from gridmap.services.plans import count_totals, share_in_band

COLOURS = 6
WARNING = "warning"
BROKEN = "building_broken"


@dataclass(frozen=True)
class Drawn:
    """The columns of one micro-grid that follow from its atoms; geometry in metres of the ground's frame."""

    households: int
    households_estimated: bool
    building_count: int
    status: str
    stacked: bool
    contents: str
    polygon: Any
    point: Any


def write_change(session: Session, plan: Plan, grid: Area, before: Division, after: Division) -> None:
    """Write what differs between two divisions of one grid, and the plan's totals.

    The cost is that of the grid, whatever the size of the plan.
    """
    counted = _totals_of(session, plan, grid)
    codes = changed_codes(before, after)
    kept = [code for code in codes if _is_there(after, code)]
    ids = _write_micro_grids(session, plan, grid, after, kept)
    _drop_departed(session, plan, grid, codes)
    _write_assignments(session, plan, before, after, ids)
    gone = [code for code in codes if code not in kept]
    session.execute(delete(MicroGrid).where(MicroGrid.plan_id == plan.id, MicroGrid.code.in_(gone)))
    _write_findings(session, plan, grid, after, {code: ids[code] for code in kept})
    _write_broken(session, plan, grid, after)
    _write_measures(session, plan, grid, counted)


def changed_codes(before: Division, after: Division) -> list[str]:
    """List the codes whose atoms, polygon, lock or findings may differ."""
    place = {code: row for row, code in enumerate(before.codes)}
    now = {code: row for row, code in enumerate(after.codes)}
    drawn = {
        code
        for code, row in now.items()
        if code not in place or after.polygons[row + 1] is not before.polygons[place[code] + 1]
    }
    held = [_held_by(division) for division in (before, after)]
    moved = {code for code in held[0].keys() | held[1].keys() if held[0].get(code) != held[1].get(code)}
    if before.edges != after.edges:
        moved |= set(now)
    changed = drawn | moved | (before.locked ^ after.locked)
    return [code for code in dict.fromkeys((*before.codes, *after.codes)) if code in changed]


def _held_by(division: Division) -> dict[str, list[str]]:
    """Return the keys of the atoms of every micro-grid."""
    held: dict[str, list[str]] = {}
    for key, label in zip(division.keys, division.labels.tolist(), strict=True):
        if label >= 0:
            held.setdefault(division.codes[label], []).append(key)
    return held


def describe_drawn(division: Division, codes: Iterable[str]) -> dict[str, Drawn]:
    """Work out the columns of some micro-grids that have atoms."""
    out = {}
    atoms, buildings = division.atoms, division.ground.buildings
    estimated = np.array([b.is_estimate for b in buildings], np.bool_)
    for code in codes:
        row = division.codes.index(code)
        own = np.flatnonzero(division.labels == row)
        lived_in = own[division.graph.households[own] > 0]
        polygon = division.polygons[row + 1]
        said = (
            (buildings[atoms.building[i]].name, int(atoms.entrance[i]), int(atoms.low[i]),
             int(atoms.high[i]) or None, buildings[atoms.building[i]].has_sections)
            for i in lived_in.tolist()
        )  # fmt: skip
        households = int(division.graph.households[own].sum())
        hangs = polygon is None or shapely.is_empty(polygon)
        middle = shapely.points(division.points[own].mean(axis=0))
        out[code] = Drawn(
            households,
            bool(estimated[atoms.building[lived_in]].any()),
            len(np.unique(atoms.building[own])),
            division.rules.status(households),
            bool((atoms.low[own] > 1).any()),
            describe_contents(said),
            None if hangs else polygon,
            middle if hangs else shapely.point_on_surface(polygon),
        )
    return out


def _is_there(division: Division, code: str) -> bool:
    return code in division.codes and bool((division.labels == division.codes.index(code)).any())


def _write_micro_grids(
    session: Session, plan: Plan, grid: Area, after: Division, codes: list[str]
) -> dict[str, int]:
    """Write changed micro-grids; return the id of every one of the grid by code."""
    known = select(MicroGrid.code, MicroGrid.id, func.ST_AsEWKB(MicroGrid.geom).label("geom"))
    known = known.where(MicroGrid.plan_id == plan.id, MicroGrid.grid_id == grid.id)
    stored = session.execute(known).all()
    ids = {row.code: row.id for row in stored}
    _follow_land(session, after, {row.code: row for row in stored if row.code not in codes})
    for code, drawn in describe_drawn(after, codes).items():
        ground, label = _encode(after, drawn)
        values = {
            "households": drawn.households,
            "households_estimated": drawn.households_estimated,
            "building_count": drawn.building_count,
            "status": drawn.status,
            "stacked": drawn.stacked,
            "locked": code in after.locked,
            "contents": drawn.contents,
            **_shape_columns(drawn, ground, label),
        }
        if code in ids:
            session.execute(update(MicroGrid).where(MicroGrid.id == ids[code]).values(**values))
            continue
        values |= {"plan_id": plan.id, "grid_id": grid.id, "code": code}
        values["colour"] = _free_colour(session, plan, code, ground or label)
        ids[code] = session.execute(insert(MicroGrid).values(**values).returning(MicroGrid.id)).scalar_one()
    return ids


def _follow_land(session: Session, after: Division, stored: dict[str, Any]) -> None:
    """Draw anew the other micro-grids of the grid where a building came or went since they were drawn."""
    there = [code for code in stored if _is_there(after, code)]
    polygons = [after.polygons[after.codes.index(code) + 1] for code in there]
    frame = after.ground.frame
    grounds = as_ewkb([None if p is None or shapely.is_empty(p) else frame.to_degrees(p) for p in polygons])
    moved = [
        code
        for code, ground in zip(there, grounds, strict=True)
        if ground != (stored[code].geom and bytes(stored[code].geom))
    ]
    for code, drawn in describe_drawn(after, moved).items():
        shape = _shape_columns(drawn, *_encode(after, drawn))
        session.execute(update(MicroGrid).where(MicroGrid.id == stored[code].id).values(**shape))


def _encode(division: Division, drawn: Drawn) -> tuple[bytes | None, bytes | None]:
    """Return ground and label in degrees, as EWKB."""
    frame = division.ground.frame
    polygon = None if drawn.polygon is None else frame.to_degrees(drawn.polygon)
    ground, label = as_ewkb([polygon, frame.to_degrees(drawn.point)])
    return ground, label


def _shape_columns(drawn: Drawn, ground: bytes | None, label: bytes | None) -> dict[str, Any]:
    return {
        "compactness": _compactness(drawn),
        "label": None if label is None else func.ST_GeomFromEWKB(label),
        "geom": None if ground is None else func.ST_GeomFromEWKB(ground),
    }


def _compactness(drawn: Drawn) -> float | None:
    return None if drawn.polygon is None else float(polsby_popper(np.array([drawn.polygon], object))[0])


def _free_colour(session: Session, plan: Plan, code: str, shape: bytes | None) -> int:
    """Give a new micro-grid a colour that none around it has; where all are taken, the first."""
    near = {"plan_id": plan.id, "geometry": shape, "near_degrees": NEAR_DEGREES, "code": code}
    taken = set(session.scalars(sql("division_colours_near"), near))
    return next((colour for colour in range(COLOURS) if colour not in taken), 0)


def _drop_departed(session: Session, plan: Plan, grid: Area, codes: list[str]) -> None:
    """Take away what changed micro-grids hold of buildings that stand in this grid no more."""
    ids = select(MicroGrid.id).where(MicroGrid.plan_id == plan.id, MicroGrid.code.in_(codes))
    departed = select(Building.id).where(Building.grid_id.is_distinct_from(grid.id))
    session.execute(
        delete(Assignment).where(
            Assignment.plan_id == plan.id,
            Assignment.micro_grid_id.in_(ids),
            Assignment.building_id.in_(departed),
        )
    )


def _write_assignments(
    session: Session, plan: Plan, before: Division, after: Division, ids: dict[str, int]
) -> None:
    """Move, add and take away the atoms that differ."""
    old = dict(zip(before.keys, (before.code_of(v) for v in before.labels.tolist()), strict=True))
    new = dict(zip(after.keys, (after.code_of(v) for v in after.labels.tolist()), strict=True))
    gone = [key for key in old if key not in new]
    session.execute(delete(Assignment).where(Assignment.plan_id == plan.id, Assignment.atom.in_(gone)))
    changed = [key for key, code in new.items() if key not in old or old[key] != code]
    if not changed:
        return
    atoms, buildings = after.atoms, after.ground.buildings
    rows = []
    for key in changed:
        i, code = after.row_of_key[key], new[key]
        building = buildings[int(atoms.building[i])]
        rows.append(
            {
                "plan_id": plan.id,
                "atom": key,
                "building_id": building.id,
                "entrance_number": int(atoms.entrance[i]) or None,
                "floor_from": int(atoms.low[i]) or None,
                "floor_to": int(atoms.high[i]) or None,
                "households": int(after.graph.households[i]),
                "households_estimated": building.is_estimate,
                "micro_grid_id": None if code is None else ids[code],
            }
        )
    session.execute(delete(Assignment).where(Assignment.plan_id == plan.id, Assignment.atom.in_(changed)))
    session.execute(insert(Assignment), rows)


def _write_findings(session: Session, plan: Plan, grid: Area, after: Division, ids: dict[str, int]) -> None:
    """Replace what was found about changed micro-grids by what their state shows; see `findings_of`."""
    own = Finding.plan_id == plan.id, Finding.micro_grid_id.in_(list(ids.values()))
    session.execute(delete(Finding).where(*own))
    rows = [
        {
            "plan_id": plan.id,
            "grid_id": grid.id,
            "micro_grid_id": ids[code],
            "kind": kind,
            "severity": WARNING,
            "details": details,
        }
        for code, state in states_of(after, list(ids)).items()
        for kind, details in findings_of(state)
    ]
    if rows:
        session.execute(insert(Finding), rows)


def _write_broken(session: Session, plan: Plan, grid: Area, after: Division) -> None:
    """Note the buildings that are broken now; what the engine said of one that still is stays."""
    own = Finding.plan_id == plan.id, Finding.grid_id == grid.id, Finding.kind == BROKEN
    noted = session.execute(select(Finding.id, Finding.details).where(*own)).all()
    now = {details["building_id"]: details for _, details in broken_in(after)}
    kept = set()
    for id_, details in noted:
        true = now.get(details["building_id"])
        if true is None or true["households"] != details["households"]:
            session.execute(delete(Finding).where(Finding.id == id_))
        else:
            kept.add(details["building_id"])
    rows = [
        {"plan_id": plan.id, "grid_id": grid.id, "kind": BROKEN, "severity": WARNING, "details": details}
        for id_, details in now.items()
        if id_ not in kept
    ]
    if rows:
        session.execute(insert(Finding), rows)


def broken_in(division: Division) -> list[tuple[str, dict[str, Any]]]:
    """List the small buildings of a division that lie in several micro-grids, as findings of the grid."""
    found = (division.ground.buildings[b] for b in broken_homes(division))
    return [
        (BROKEN, {"building_id": one.id, "building": one.name, "households": one.households}) for one in found
    ]


def findings_of(state: State) -> list[tuple[str, dict[str, Any]]]:
    """Say the state of a redrawn micro-grid as findings: (kind, details)."""
    found: list[tuple[str, dict[str, Any]]] = []
    if {"under", "over"} & state["findings"]:
        found.append(("outside_band", {"households": state["households"]}))
    if state["pieces"] > 1:
        found.append(("not_contiguous", {"pieces": state["pieces"]}))
    names = sorted(word.removeprefix(CROSSED) for word in state["findings"] if word.startswith(CROSSED))
    found += [("barrier_crossed", {"barrier": name}) for name in names]
    if "bridge" in state["findings"]:
        found.append(("bridge", {}))
    return found


def _totals_of(session: Session, plan: Plan, grid: Area) -> dict[str, Any]:
    asked = {"plan_id": plan.id, "grid_id": grid.id}
    return dict(session.execute(sql("division_totals"), asked).one()._mapping)


def _write_measures(session: Session, plan: Plan, grid: Area, before: dict[str, Any]) -> None:
    """Take over into the plan's totals what one grid changed by; how long the engine took stays as it was."""
    after, known = _totals_of(session, plan, grid), plan.measures
    if before["households_estimated"] and not after["households_estimated"]:
        # Whether another grid holds estimates, only all of them tell.
        totals = count_totals(session, plan.id)
    else:
        totals = {name: known[name] + after[name] - before[name] for name in after}
        totals["households_estimated"] = known["households_estimated"] or after["households_estimated"]
        totals["in_band_share"] = share_in_band(totals)
    plan.measures = known | totals
    session.flush()
