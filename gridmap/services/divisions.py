"""Divisions: one grid of a plan as the engine redraws it, read from the tables and kept in memory.

The tables are the truth. A division in memory holds as long as nobody wrote an operation of its grid, locked
any of it, or changed the land below it (buildings, entrances, roads, barriers, edges people changed); this is
asked anew each time, by one query. Divisions never change, so all threads share them.

Reading a grid anew costs its land: cells, neighbours, all polygons. While the land stays, what another
process wrote is caught up with from the log instead: the cost is that of the operations missed.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, GridMapError, NotFound
from gridmap.models import Area, Building, MicroGrid, Plan, PlanLockedBuilding, PlanOperation
from gridmap.planning import PlanRules
from gridmap.planning.plan import prepare_grounds
from gridmap.planning.redraw_division import Assignment, Division, build_division, fitting
from gridmap.planning.redraw_drawing import draw_again
from gridmap.planning.redraw_operations import DROP, change_only, codes_named, read_operation
from gridmap.services.actors import Actor
from gridmap.services.places import get_area
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import get_plan

FRAMES = ("parents", "buildings", "entrances", "barriers", "edits")
MOST_KEPT = 400
MOST_GRIDS = 40
MOST_MISSED = 60  # operations; to catch up with more costs as much as to read anew


class Version(NamedTuple):
    """What a division in memory was read from."""

    land: str
    locked: frozenset[str]
    sequence: int


class Kept(NamedTuple):
    """A division in memory."""

    version: Version
    division: Division | None


@dataclass(frozen=True)
class Opened:
    """One grid of a plan.

    Attributes
    ----------
    grid
        Its area.
    division
        None where no building stands: there is nothing to redraw.
    sequence
        Id of the newest operation on this grid, 0 for none.
    """

    grid: Area
    division: Division | None
    sequence: int


class KeptDivisions:
    """The divisions used last, by plan and grid.

    Parameters
    ----------
    most
        How many are kept; those not used for longest go.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], Kept] = OrderedDict()

    def find(self, key: tuple[int, int]) -> Kept | None:
        """Give what is kept of a plan and a grid, whatever its version."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
            return known

    def keep(self, key: tuple[int, int], version: Version, division: Division | None) -> None:
        """Keep a division."""
        with self._lock:
            self._kept[key] = Kept(version, division)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


KEPT = KeptDivisions(MOST_KEPT)


def open_division(session: Session, plan: Plan, grid: Area) -> Opened:
    """Open one grid of a plan; see `open_divisions`."""
    return open_divisions(session, plan, [grid])[0]


def open_divisions(session: Session, plan: Plan, grids: Sequence[Area]) -> list[Opened]:
    """Open grids of a plan.

    One query where all are kept, one more for each in which operations were missed; what must be read anew is
    read together, in as many queries for forty grids as for one.
    """
    versions = _versions_of(session, plan.id, [grid.id for grid in grids])
    divisions: dict[int, Division | None] = {}
    for id_, version in versions.items():
        kept = KEPT.find((plan.id, id_))
        if kept is None:
            continue
        if kept.version == version:
            divisions[id_] = kept.division
        elif (caught := _catch_up(session, plan, id_, kept, version)) is not None:
            divisions[id_] = caught
    divisions |= _read(session, plan, [grid for grid in grids if grid.id not in divisions])
    for id_, version in versions.items():
        KEPT.keep((plan.id, id_), version, divisions[id_])
    return [Opened(grid, divisions[grid.id], versions[grid.id].sequence) for grid in grids]


def keep_division(session: Session, plan: Plan, grid: Area, division: Division, sequence: int) -> None:
    """Keep what an operation made of a division; until it is committed nobody else asks for its sequence."""
    land = _versions_of(session, plan.id, [grid.id])[grid.id].land
    KEPT.keep((plan.id, grid.id), Version(land, division.locked, sequence), division)


def list_grids(session: Session, plan: Plan, area: Area) -> list[Area]:
    """List the grids of a plan in an area, by code.

    Raises
    ------
    NotFound
        If the plan divides none of them.
    BadInput
        If they are too many to be opened at once.
    """
    query = select(Area).where(*_grids_in(plan, area)).order_by(Area.code)
    grids = list(session.scalars(query.limit(MOST_GRIDS + 1)))
    if not grids:
        raise NotFound
    if len(grids) > MOST_GRIDS:
        raise BadInput("redraw_too_many_grids", area=area.code, most=MOST_GRIDS)
    return grids


def may_open_whole(session: Session, actor: Actor, plan_id: int, code: str) -> bool:
    """Tell whether an area of a plan has few enough grids to be opened at once."""
    plan, area = get_plan(session, actor, plan_id), get_area(session, actor, code)
    grids = session.scalar(select(func.count()).select_from(Area).where(*_grids_in(plan, area)))
    return (grids or 0) <= MOST_GRIDS


def _grids_in(plan: Plan, area: Area) -> tuple[ColumnElement[bool], ...]:
    return Area.level == "grid", Area.lineage.contains([area.id]), Area.lineage.contains([plan.area_id])


def get_grid(session: Session, plan: Plan, code: str) -> Area:
    """Get a grid that the plan divides; raises NotFound if it does not."""
    grid = session.scalar(select(Area).where(Area.code == code, Area.level == "grid"))
    if grid is None or plan.area_id not in grid.lineage:
        raise NotFound("no_such", kind="area", code=code)
    return grid


def _versions_of(session: Session, plan_id: int, grid_ids: list[int]) -> dict[int, Version]:
    rows = session.execute(sql("division_version"), {"plan_id": plan_id, "grid_ids": grid_ids})
    return {row.grid_id: Version(row.land, frozenset(row.locked), row.sequence) for row in rows}


def _catch_up(session: Session, plan: Plan, grid_id: int, kept: Kept, version: Version) -> Division | None:
    """Apply the operations written since a division was kept; None where it must be read anew.

    Each costs as much as its moves; what they touched is drawn once, at the end.
    """
    before, since = kept.division, kept.version.sequence
    if before is None or kept.version.land != version.land:
        return None
    log = select(PlanOperation.id, PlanOperation.operation).where(
        PlanOperation.plan_id == plan.id,
        PlanOperation.grid_id == grid_id,
        PlanOperation.id.between(since, version.sequence),
    )
    rows = session.execute(log.order_by(PlanOperation.id).limit(MOST_MISSED + 1)).all()
    # What was kept for an operation that was rolled back is nothing to go on from.
    if len(rows) > MOST_MISSED or (since and (not rows or rows[0].id != since)):
        return None
    after = before
    try:
        for row in rows:
            if row.id > since:
                after = change_only(after, read_operation(row.operation))
    except GridMapError:
        return None  # kept in another state than the log goes on from: the tables know
    return replace(after, locked=version.locked, polygons=draw_again(before, after))


def _read(session: Session, plan: Plan, grids: Sequence[Area]) -> dict[int, Division | None]:
    """Read grids from the tables, by id; None where no building stands."""
    if not grids:
        return {}
    ids = [grid.id for grid in grids]
    frames: dict[str, Any] = {name: read_frame(session, f"plan_{name}", grid_ids=ids) for name in FRAMES}
    rules = PlanRules.from_dict(plan.rules)
    grounds = prepare_grounds(**frames, rules=rules)
    asked = {"plan_id": plan.id, "grid_ids": ids}
    rows: dict[int, list[Assignment]] = defaultdict(list)
    for row in session.execute(sql("division_assignments"), asked):
        rows[row.grid_id].append(Assignment(*row[1:]))
    codes, locked, buildings = _codes_of(session, plan, ids), *_locked_in(session, plan, ids)
    in_force = rules.in_force()
    return dict.fromkeys(ids) | {
        id_: build_division(
            ground,
            in_force,
            fitting(ground, rows[id_]),
            codes=sorted(codes[id_]),
            locked=locked[id_],
            locked_buildings=buildings[id_],
            edges=edges,
        )
        for id_, (ground, edges) in grounds.items()
    }


def _locked_in(
    session: Session, plan: Plan, grid_ids: list[int]
) -> tuple[dict[int, list[str]], dict[int | None, list[int]]]:
    """List locked codes and ids of locked buildings, by grid."""
    codes: dict[int, list[str]] = defaultdict(list)
    drawn = select(MicroGrid.grid_id, MicroGrid.code)
    drawn = drawn.where(MicroGrid.plan_id == plan.id, MicroGrid.grid_id.in_(grid_ids), MicroGrid.locked)
    for row in session.execute(drawn):
        codes[row.grid_id].append(row.code)
    buildings: dict[int | None, list[int]] = defaultdict(list)
    locked = select(Building.grid_id, Building.id).join(
        PlanLockedBuilding, PlanLockedBuilding.building_id == Building.id
    )
    locked = locked.where(PlanLockedBuilding.plan_id == plan.id, Building.grid_id.in_(grid_ids))
    for grid_id, id_ in session.execute(locked):
        buildings[grid_id].append(id_)
    return codes, buildings


def _codes_of(session: Session, plan: Plan, grid_ids: list[int]) -> dict[int, set[str]]:
    """Find every code grids have, or had and must not use again: in the draft, in its log, published."""
    codes: dict[int, set[str]] = defaultdict(set)
    used = or_(MicroGrid.plan_id == plan.id, MicroGrid.valid_from.is_not(None))
    drawn = select(MicroGrid.grid_id, MicroGrid.code).where(MicroGrid.grid_id.in_(grid_ids), used)
    for row in session.execute(drawn):
        codes[row.grid_id].add(row.code)
    log = select(PlanOperation.grid_id, PlanOperation.operation).where(
        PlanOperation.plan_id == plan.id, PlanOperation.grid_id.in_(grid_ids)
    )
    for row in session.execute(log.order_by(PlanOperation.id)):
        codes[row.grid_id] |= codes_named(row.operation)
        codes[row.grid_id] -= {code for action, code, _ in row.operation["codes"] if action == DROP}
    return codes
