"""A plan as frames for those outside: their codes, nobody's names."""

import json

import pandas as pd
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import PlanFrames
from gridmap.models import Area
from gridmap.services.actors import Actor
from gridmap.services.micro_grids import list_plan_findings
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import get_plan, require_readable

FINDING_COLUMNS = ["kind", "severity", "grid", "micro_grid", "details"]


def export_plan(session: Session, actor: Actor, plan_id: int) -> PlanFrames:
    """Read a plan with everything somebody needs to use it without GridMap.

    Raises
    ------
    NotFound
        If there is no such plan in the actor's areas.
    Conflict
        If the plan is not computed yet.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    micro_grids = read_frame(session, "plan_micro_grids", plan_id=plan.id)
    findings = pd.DataFrame(list_plan_findings(session, actor, plan.id), columns=FINDING_COLUMNS)
    findings["details"] = [json.dumps(details, ensure_ascii=False) for details in findings["details"]]
    return PlanFrames(
        micro_grids=micro_grids.drop(columns=["number", "parent_id"]).rename(columns={"parent_code": "grid"}),
        atoms=read_frame(session, "plan_atoms", plan_id=plan.id),
        findings=findings,
        about={
            "plan": plan.id,
            "area": session.get_one(Area, plan.area_id).code,
            "status": plan.status,
            "created_at": plan.created_at.isoformat(),
            "published_at": plan.published_at.isoformat() if plan.published_at else None,
        },
    )
