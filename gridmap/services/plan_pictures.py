"""What a picture of a plan is made from, read in the actor's scope."""

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError
from gridmap.formats.plan_picture import PlanAbout, PlanPicture
from gridmap.models import Area, Plan
from gridmap.planning import PlanRules
from gridmap.services.actors import Actor
from gridmap.services.micro_grids import list_plan_findings
from gridmap.services.places import get_area
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import get_plan, require_readable
from gridmap.settings import LOCAL_ZONE

FINDING_COLUMNS = ["kind", "severity", "grid", "micro_grid", "building"]
AROUND_SHARE = 0.25  # of the area's size: how far the lines around it are read


def get_plan_picture(
    session: Session, actor: Actor, plan_id: int, *, area_code: str | None = None
) -> PlanPicture:
    """Read what a picture of a plan shows.

    Parameters
    ----------
    area_code
        Only this grid, community or street of the plan; None = all of it.

    Raises
    ------
    NotFound
        If there is no such plan or area in the actor's areas.
    Conflict
        If the plan is not computed yet.
    BadInput
        If the area is not part of the plan's.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    area = _area_of(session, actor, plan, area_code)
    parts = {"plan_id": plan.id, "area_id": area.id}
    areas = read_frame(session, "picture_areas", area_id=area.id)
    micro_grids = read_frame(session, "picture_micro_grids", **parts)
    micro_grids["label"] = shapely.from_wkb(micro_grids["label"].to_numpy(object))
    buildings = read_frame(session, "picture_buildings", **parts)
    found = list_plan_findings(session, actor, plan.id)
    rows = [
        (row.kind, row.severity, row.grid, row.micro_grid, row.details.get("building_id")) for row in found
    ]
    findings = pd.DataFrame(rows, columns=FINDING_COLUMNS, dtype=object)
    return PlanPicture(
        micro_grids=micro_grids,
        areas=areas,
        buildings=buildings,
        lines=read_frame(session, "picture_lines", **_around(areas.total_bounds)),
        findings=findings[findings["grid"].isin(areas["code"])].reset_index(drop=True),
        about=_about(plan, area, buildings["source"]),
    )


def _area_of(session: Session, actor: Actor, plan: Plan, area_code: str | None) -> Area:
    """Give the area to draw: the plan's own, or one inside it."""
    own = session.get_one(Area, plan.area_id)
    if area_code is None:
        return own
    area = get_area(session, actor, area_code)
    if own.id not in area.lineage:
        wrong = FieldError("--area", "area", "area_outside_plan", value=area_code, hint=own.code)
        raise BadInput(fields=[wrong])
    return area


def _around(bounds: Any) -> dict[str, float]:
    west, south, east, north = map(float, bounds)
    x, y = (east - west) * AROUND_SHARE, (north - south) * AROUND_SHARE
    margin = max(x, y)
    return {"west": west - margin, "south": south - margin, "east": east + margin, "north": north + margin}


def _about(plan: Plan, area: Area, sources: pd.Series) -> PlanAbout:
    made_at = plan.published_at or plan.created_at
    rules = PlanRules.from_dict(plan.rules)  # what it leaves out is the usual
    return PlanAbout(
        plan_id=plan.id,
        area_code=area.code,
        area_name=area.name,
        area_name_en=area.name_en or "",
        is_part=area.id != plan.area_id,
        status=plan.status,
        made_on=made_at.astimezone(ZoneInfo(LOCAL_ZONE)).date(),
        band=(rules.households_min, rules.households_max),
        seed=plan.seed,
        sources=tuple(sources.value_counts().index),
    )
