"""Checks of a plan against the tables of today: the same for page, API, command line and publishing."""

from typing import Any

from sqlalchemy.orm import Session

from gridmap.models import Plan
from gridmap.planning import PlanRules
from gridmap.planning import check_plan as check_division
from gridmap.services.plan_frames import read_frame


def check_frames(session: Session, plan: Plan) -> list[dict[str, Any]]:
    """Verify the plan independently of how it was made; blocking findings first.

    Returns
    -------
    list of dict
        ``kind``, ``severity``, ``grid`` and ``micro_grid`` (codes, or None), ``details``.
    """
    grids = {"grid_ids": read_frame(session, "plan_grids", area_id=plan.area_id)["id"].tolist()}
    parents = read_frame(session, "plan_parents", **grids)
    micro_grids = read_frame(session, "plan_micro_grids", plan_id=plan.id)
    findings = check_division(
        parents=parents,
        buildings=read_frame(session, "plan_buildings", **grids),
        assignments=read_frame(session, "plan_assignments", plan_id=plan.id),
        micro_grids=micro_grids,
        rules=PlanRules.from_dict(plan.rules),
    )
    grid_codes = dict(zip(parents["id"], parents["code"], strict=True))
    micro_grid_codes = dict(zip(micro_grids["number"], micro_grids["code"], strict=True))
    rows = [
        {
            "kind": row.kind,
            "severity": row.severity,
            "grid": grid_codes.get(row.parent_id),
            "micro_grid": micro_grid_codes.get(row.micro_grid),
            "details": row.details,
        }
        for row in findings.itertuples()
    ]
    rows += _homeless(session, plan)
    return sorted(rows, key=lambda row: (row["severity"], row["kind"], row["micro_grid"] or ""))


def blocking(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pick the findings that stand against publishing."""
    return [finding for finding in findings if finding["severity"] == "blocking"]


def _homeless(session: Session, plan: Plan) -> list[dict[str, Any]]:
    """Find homes inside the area that no grid holds; no plan can give them to anybody."""
    row = read_frame(session, "plan_buildings_without_grid", area_id=plan.area_id).iloc[0]
    if not row["buildings"]:
        return []
    details = {"buildings": int(row["buildings"]), "households": int(row["households"])}
    return [
        {
            "kind": "buildings_without_grid",
            "severity": "warning",
            "grid": None,
            "micro_grid": None,
            "details": details,
        }
    ]
