"""What became of the buildings since a plan was made: new ones look for a micro-grid, others have gone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Area, Plan
from gridmap.planning import PlanRules
from gridmap.planning.redraw_proposals import propose
from gridmap.services.actors import Actor
from gridmap.services.divisions import MOST_GRIDS, open_divisions
from gridmap.services.plans import get_plan, require_readable


@dataclass(frozen=True)
class BuildingChanges:
    """Changes of the land below a plan.

    Attributes
    ----------
    unassigned
        ``building_id``, ``building``, ``grid``, ``households`` (without a micro-grid),
        ``households_estimated``, ``is_new`` (the plan does not know it; else somebody left it unassigned),
        ``since``, ``lon``, ``lat``, and what the engine proposes (`gridmap.planning.redraw_proposals`):
        ``proposed`` (code of a micro-grid of its grid, or None), ``households_after`` and ``status_after``
        (of that one), ``is_contiguous`` (it is in one piece then), ``follows`` (once those listed before
        are taken), ``distance_m``. In an order in which they can be taken.
    changed
        ``building_id``, ``building``, ``change`` (gone, moved, recounted), ``households_before``,
        ``households_now``, ``micro_grids``, ``grid_before``, ``grid_now``, ``lon``, ``lat``.
    """

    unassigned: list[dict[str, Any]]
    changed: list[dict[str, Any]]


def list_building_changes(session: Session, actor: Actor, plan_id: int) -> BuildingChanges:
    """List what has to be put right in a plan before it fits the buildings of today.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If it is not made yet.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    of_plan = {"plan_id": plan.id}
    rows = session.execute(sql("plan_buildings_new"), of_plan | {"area_id": plan.area_id}).all()
    unassigned = [dict(row._mapping) for row in rows]
    unassigned = _propose(session, plan, unassigned)
    changed = [dict(row._mapping) for row in session.execute(sql("plan_buildings_changed"), of_plan)]
    for row in changed:
        row["micro_grids"] = row["micro_grids"] or []
    return BuildingChanges(unassigned, changed)


def _propose(session: Session, plan: Plan, unassigned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the engine's proposal to each building; sorted so that they can be taken one after the other."""
    rows = {row["building_id"]: row for row in unassigned}
    by_grid: dict[str, list[int]] = {}
    for id_, row in rows.items():
        by_grid.setdefault(row["grid"], []).append(id_)
    found = session.scalars(select(Area).where(Area.level == "grid", Area.code.in_(by_grid)))
    of_code = {grid.code: grid for grid in found}
    grids = [of_code[code] for code in by_grid]
    rules = PlanRules.from_dict(plan.rules)
    told = []
    for start in range(0, len(grids), MOST_GRIDS):
        for opened in open_divisions(session, plan, grids[start : start + MOST_GRIDS]):
            assert opened.division is not None  # a building stands there
            for one in propose(opened.division, by_grid[opened.grid.code]):
                after = one.households_after
                told.append(
                    rows[one.building_id]
                    | {
                        "proposed": one.code,
                        "households_after": after,
                        "status_after": None if after is None else rules.status(after),
                        "is_contiguous": one.is_contiguous,
                        "follows": one.follows,
                        "distance_m": None if one.distance_m is None else round(one.distance_m, 1),
                    }
                )
    return told
