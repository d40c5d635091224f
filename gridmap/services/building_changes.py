"""What became of the buildings since a plan was made: new ones look for a micro-grid, others have gone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.planning import PlanRules
from gridmap.services.actors import Actor
from gridmap.services.plans import get_plan, require_readable


@dataclass(frozen=True)
class BuildingChanges:
    """Changes of the land below a plan.

    Attributes
    ----------
    unassigned
        ``building_id``, ``building``, ``grid``, ``households`` (without a micro-grid),
        ``households_estimated``, ``is_new`` (the plan does not know it; else somebody left it unassigned),
        ``since``, ``lon``, ``lat``, ``proposed`` (code of the nearest micro-grid of its grid that has room,
        or None), ``households_after`` (of that one), ``distance_m``.
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
    most = PlanRules.from_dict(plan.rules).households_max
    _propose(session, plan.id, unassigned, most)
    changed = [dict(row._mapping) for row in session.execute(sql("plan_buildings_changed"), of_plan)]
    for row in changed:
        row["micro_grids"] = row["micro_grids"] or []
    return BuildingChanges(unassigned, changed)


def _propose(session: Session, plan_id: int, unassigned: list[dict[str, Any]], most: int) -> None:
    """Offer each building the nearest micro-grid with room, one after the other: none is overfilled."""
    asked = {"plan_id": plan_id, "building_ids": [row["building_id"] for row in unassigned]}
    near: dict[int, list[Any]] = {}
    filled: dict[str, int] = {}
    for row in session.execute(sql("plan_buildings_near"), asked):
        near.setdefault(row.building_id, []).append(row)
        filled[row.code] = row.households
    for building in unassigned:
        fitting = (
            one
            for one in near.get(building["building_id"], ())
            if filled[one.code] + building["households"] <= most
        )
        best = next(fitting, None)
        if best is not None:
            filled[best.code] += building["households"]
        building["proposed"] = best and best.code
        building["households_after"] = best and filled[best.code]
        building["distance_m"] = best and round(best.distance_m, 1)
