"""A plan as frames for those outside: their codes, nobody's names."""

import json
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import PlanFrames
from gridmap.models import Area
from gridmap.services.actors import Actor
from gridmap.services.places import get_area
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import check_plan, get_plan, require_readable

FINDING_COLUMNS = ["severity", "kind", "grid", "micro_grid", "details"]
WAIVED_COLUMNS = {"waived_by": "by", "waived_until": "until", "waiver_reason": "reason"}


def export_plan(
    session: Session, actor: Actor, plan_id: int, *, area_code: str | None = None, with_findings: bool = True
) -> PlanFrames:
    """Read a plan with everything somebody needs to use it without GridMap.

    Parameters
    ----------
    area_code
        Only what lies in this area; what stands of findings on the plan as a whole stays.
    with_findings
        False leaves the check of the plan out, which takes a second for a district.

    Raises
    ------
    NotFound
        If there is no such plan, or no such area, in the actor's areas.
    Conflict
        If the plan is not computed yet.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    micro_grids = read_frame(session, "plan_micro_grids", plan_id=plan.id)
    micro_grids = micro_grids.drop(columns=["number", "parent_id"]).rename(columns={"parent_code": "grid"})
    atoms = read_frame(session, "plan_atoms", plan_id=plan.id)
    findings = list_checked(session, actor, plan.id) if with_findings else _as_frame([])
    if area_code is not None:
        inside = _list_grids(session, get_area(session, actor, area_code))
        micro_grids, atoms = (frame[frame["grid"].isin(inside)] for frame in (micro_grids, atoms))
        findings = findings[findings["grid"].isin(inside) | findings["grid"].isna()]
    return PlanFrames(
        micro_grids=micro_grids,
        atoms=atoms,
        findings=findings,
        about={
            "plan": plan.id,
            "area": session.get_one(Area, plan.area_id).code,
            "status": plan.status,
            "created_at": plan.created_at.isoformat(),
            "published_at": plan.published_at.isoformat() if plan.published_at else None,
        },
    )


def _list_grids(session: Session, area: Area) -> list[str]:
    inside = select(Area.code).where(Area.lineage.contains([area.id]), Area.level == "grid")
    return list(session.scalars(inside))


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
