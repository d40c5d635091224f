"""The boundary editor: one draft, opened at an area, redrawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services.places import find_areas_by_id
from gridmap.services.plans import get_plan
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

editor = Blueprint("editor", __name__)


@editor.get("/planner/plans/<id:plan_id>/edit")
@in_transaction
def show(session: Session, actor: Actor, plan_id: int) -> ResponseReturnValue:
    """Show the editor of a plan; everything on it comes by the JSON API."""
    page = {}
    if actor.role != "visitor":
        plan = get_plan(session, actor, plan_id)
        area = find_areas_by_id(session, [plan.area_id])[plan.area_id]
        page = {
            "plan": {"id": plan.id, "status": plan.status, "area": area.code},
            "username": actor.username,
        }
    texts = ("editor.", "finding.", "remedy.", "redraw.remedy_", "barrier.")
    return show_page(
        session, actor, "editor.html", action="plans.write", texts=texts, page=page, plan_id=plan_id
    )
