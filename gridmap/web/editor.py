"""The boundary editor: one draft, opened at an area, redrawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services import divisions
from gridmap.services.places import find_areas_by_id
from gridmap.services.plans import get_plan
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

editor = Blueprint("editor", __name__)

KEY_GROUPS = (
    (
        "tools",
        (
            ("V", "editor.tool_select"),
            ("B", "editor.tool_box"),
            ("L", "editor.tool_lasso"),
            ("G", "editor.tool_move"),
            ("P", "editor.tool_push"),
            ("C", "editor.tool_cut"),
            ("M", "editor.tool_merge"),
        ),
    ),
    (
        "acts",
        (
            ("N", "editor.new"),
            ("X", "editor.swap"),
            ("U", "editor.fill"),
            ("R", "editor.rebalance"),
            ("Delete", "editor.take_out"),
            ("Shift L", "editor.lock_selected"),
            ("Ctrl Z", "editor.do_undo"),
            ("Ctrl Y", "editor.do_redo"),
            ("Enter", "editor.agree"),
            ("Esc", "pages.cancel"),
        ),
    ),
    (
        "places",
        (
            ("1", "editor.key_list"),
            ("2", "editor.key_map"),
            ("3", "editor.key_panel"),
            ("/", "editor.atom_search"),
            ("F", "editor.key_floors"),
            ("?", "editor.keys"),
        ),
    ),
    (
        "list",
        (
            ("↑ ↓", "editor.key_walk"),
            ("Enter", "editor.key_assign"),
            ("Space", "editor.key_add"),
            ("Shift P", "editor.push_steps"),
            ("Shift C", "editor.cut_steps"),
        ),
    ),
    (
        "map",
        (
            ("↑ ↓ ← →", "editor.key_crosshair"),
            ("Shift ↑", "editor.key_far"),
            ("Ctrl ↑", "editor.key_fine"),
            ("Space", "editor.key_press"),
            ("+ −", "editor.key_zoom"),
        ),
    ),
    (
        "stack",
        (
            ("Space", "editor.key_paint"),
            ("Shift ↑", "editor.key_paint_block"),
            ("Enter", "editor.stack_move"),
        ),
    ),
)
"""What each key does, as the help shows it."""


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
            "most_grids": divisions.MOST_GRIDS,
            "username": actor.username,
        }
    texts = ("editor.", "comments.", "finding.", "remedy.", "redraw.remedy_", "barrier.")
    return show_page(
        session, actor, "editor.html", action="plans.write", texts=texts, page=page, plan_id=plan_id,
        key_groups=KEY_GROUPS,
    )  # fmt: skip
