"""What a plan has written of buildings, for taking over today's counts: only the tables know it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.models import Assignment, Plan
from gridmap.planning.redraw_counts import KIND
from gridmap.planning.redraw_division import Division


def find_arguments(
    session: Session, plan: Plan, division: Division, kind: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Find what belongs to the arguments of a recount: the counts a plan has; other kinds need nothing."""
    asked = arguments.get("buildings")
    if kind != KIND or not isinstance(asked, list):
        return arguments
    known = [id_ for id_ in division.row_of_building if id_ in asked]
    written = select(Assignment.atom, Assignment.households, Assignment.households_estimated)
    written = written.where(Assignment.plan_id == plan.id, Assignment.building_id.in_(known))
    rows = session.execute(written.order_by(Assignment.atom))
    return {"buildings": asked, "counts": [list(row) for row in rows]}
