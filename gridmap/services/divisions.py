"""Divisions: one grid of a plan as the engine redraws it, read from the tables and kept in memory.

The tables are the truth. A division in memory holds as long as nobody wrote an operation of its grid and the
land below it (buildings, entrances, roads, barriers, edges people changed) stayed as it was; both are asked
anew each time. Divisions never change, so all threads share them.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, NotFound
from gridmap.models import Area, MicroGrid, Plan, PlanLockedBuilding, PlanOperation
from gridmap.planning import PlanRules
from gridmap.planning.plan import prepare_ground
from gridmap.planning.redraw_division import Assignment, Division, build_division, fitting
from gridmap.planning.redraw_operations import DROP, codes_named
from gridmap.services.plan_frames import read_frame

FRAMES = ("parents", "buildings", "entrances", "barriers", "edits")
MOST_KEPT = 400
MOST_GRIDS = 40


class Version(NamedTuple):
    """What a division in memory was read from."""

    land: str
    sequence: int


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
        self._kept: OrderedDict[tuple[int, int], tuple[Version, Division | None]] = OrderedDict()

    def find(self, key: tuple[int, int], version: Version) -> tuple[bool, Division | None]:
        """Tell whether the division of this version is kept, and give it."""
        with self._lock:
            known = self._kept.get(key)
            if known is None or known[0] != version:
                return False, None
            self._kept.move_to_end(key)
            return True, known[1]

    def keep(self, key: tuple[int, int], version: Version, division: Division | None) -> None:
        """Keep a division."""
        with self._lock:
            self._kept[key] = (version, division)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


KEPT = KeptDivisions(MOST_KEPT)


def open_division(session: Session, plan: Plan, grid: Area) -> Opened:
    """Open one grid of a plan."""
    version = Version(_land_of(session, grid.id), _sequence_of(session, plan.id, grid.id))
    key = (plan.id, grid.id)
    is_kept, division = KEPT.find(key, version)
    if not is_kept:
        division = _read(session, plan, grid)
        KEPT.keep(key, version, division)
    return Opened(grid, division, version.sequence)


def keep_division(session: Session, plan: Plan, grid: Area, division: Division, sequence: int) -> None:
    """Keep what an operation made of a division; until it is committed nobody else asks for its sequence."""
    KEPT.keep((plan.id, grid.id), Version(_land_of(session, grid.id), sequence), division)


def list_grids(session: Session, plan: Plan, area: Area) -> list[Area]:
    """List the grids of a plan in an area, by code.

    Raises
    ------
    NotFound
        If the plan divides none of them.
    BadInput
        If they are too many to be opened at once.
    """
    query = select(Area).where(
        Area.level == "grid", Area.lineage.contains([area.id]), Area.lineage.contains([plan.area_id])
    )
    grids = list(session.scalars(query.order_by(Area.code).limit(MOST_GRIDS + 1)))
    if not grids:
        raise NotFound
    if len(grids) > MOST_GRIDS:
        raise BadInput("redraw_too_many_grids", area=area.code, most=MOST_GRIDS)
    return grids


def get_grid(session: Session, plan: Plan, code: str) -> Area:
    """Get a grid that the plan divides; raises NotFound if it does not."""
    grid = session.scalar(select(Area).where(Area.code == code, Area.level == "grid"))
    if grid is None or plan.area_id not in grid.lineage:
        raise NotFound("no_such", kind="area", code=code)
    return grid


def _land_of(session: Session, grid_id: int) -> str:
    return str(session.scalar(sql("division_version"), {"grid_id": grid_id}))


def _sequence_of(session: Session, plan_id: int, grid_id: int) -> int:
    newest = select(func.max(PlanOperation.id))
    newest = newest.where(PlanOperation.plan_id == plan_id, PlanOperation.grid_id == grid_id)
    return session.scalar(newest) or 0


def _read(session: Session, plan: Plan, grid: Area) -> Division | None:
    frames: dict[str, Any] = {
        name: read_frame(session, f"plan_{name}", grid_ids=[grid.id]) for name in FRAMES
    }
    rules = PlanRules.from_dict(plan.rules)
    ground, edges = prepare_ground(**frames, rules=rules)
    if ground is None:
        return None
    asked = {"plan_id": plan.id, "grid_id": grid.id}
    rows = (Assignment(*row) for row in session.execute(sql("division_assignments"), asked))
    drawn = session.execute(
        select(MicroGrid.code, MicroGrid.locked).where(
            MicroGrid.plan_id == plan.id, MicroGrid.grid_id == grid.id
        )
    ).all()
    return build_division(
        ground,
        rules.in_force(),
        fitting(ground, rows),
        codes=_codes_of(session, plan, grid, (row.code for row in drawn)),
        locked=[row.code for row in drawn if row.locked],
        locked_buildings=_locked_buildings(session, plan, [building.id for building in ground.buildings]),
        edges=edges,
    )


def _locked_buildings(session: Session, plan: Plan, ids: list[int]) -> list[int]:
    locked = select(PlanLockedBuilding.building_id)
    locked = locked.where(PlanLockedBuilding.plan_id == plan.id, PlanLockedBuilding.building_id.in_(ids))
    return list(session.scalars(locked))


def _codes_of(session: Session, plan: Plan, grid: Area, drawn: Iterable[str]) -> list[str]:
    """List every code this grid has, or had and must not use again: in the draft, in its log, published."""
    codes = set(drawn) | set(session.scalars(sql("plan_used_codes"), {"grid_ids": [grid.id]}))
    log = select(PlanOperation.operation).where(
        PlanOperation.plan_id == plan.id, PlanOperation.grid_id == grid.id
    )
    for operation in session.scalars(log.order_by(PlanOperation.id)):
        codes |= codes_named(operation)
        codes -= {code for action, code, _ in operation["codes"] if action == DROP}
    return sorted(codes)
