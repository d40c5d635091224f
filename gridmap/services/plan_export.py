"""A plan as frames for those outside: their codes, nobody's names."""

import json
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import PlanFrames
from gridmap.models import Area
from gridmap.services.actors import Actor
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import check_plan, get_plan, require_readable

FINDING_COLUMNS = ["severity", "kind", "grid", "micro_grid", "details"]
WAIVED_COLUMNS = {"waived_by": "by", "waived_until": "until", "waiver_reason": "reason"}


def export_plan(session: Session, actor: Actor, plan_id: int, *, with_findings: bool = True) -> PlanFrames:
    """Read a plan with everything somebody needs to use it without GridMap.

    Parameters
    ----------
    with_findings
        False leaves the check of the plan out, which takes a second for a district.

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
    findings = list_checked(session, actor, plan.id) if with_findings else _as_frame([])
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


def list_checked(session: Session, actor: Actor, plan_id: int) -> pd.DataFrame:
    """List what a check of the plan finds as a table, what blocks first: the list of page and API.

    Returns
    -------
    pandas.DataFrame
        severity, kind, grid, micro_grid, details (JSON), waived_by, waived_until, waiver_reason, key.
    """
    return _as_frame(check_plan(session, actor, plan_id))


def _as_frame(findings: list[dict[str, Any]]) -> pd.DataFrame:
    rows = [
        [
            *(row[name] for name in FINDING_COLUMNS[:-1]),
            json.dumps(row["details"], ensure_ascii=False),
            *((row["waived"] or {}).get(name) for name in WAIVED_COLUMNS.values()),
            row["key"],
        ]
        for row in findings
    ]
    return pd.DataFrame(rows, columns=[*FINDING_COLUMNS, *WAIVED_COLUMNS, "key"], dtype=object)
