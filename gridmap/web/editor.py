"""The boundary editor: one draft, opened at an area, redrawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, make_response, request, url_for

from gridmap.errors import NotAllowed, NotFound
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
    asked_first: list[str] = []
    if actor.role != "visitor":
        plan = get_plan(session, actor, plan_id)
        area = find_areas_by_id(session, [plan.area_id])[plan.area_id]
        asked_first = _addresses_asked_first(session, actor, plan_id, request.args.get("area") or area.code)
        page = {
            "plan": {"id": plan.id, "status": plan.status, "area": area.code},
            "most_grids": divisions.MOST_GRIDS,
            "username": actor.username,
        }
    texts = ("editor.", "comments.", "finding.", "remedy.", "redraw.remedy_", "barrier.")
    answer = make_response(
        show_page(
            session, actor, "editor.html", action="plans.write", texts=texts, page=page, plan_id=plan_id,
            key_groups=KEY_GROUPS,
        )
    )  # fmt: skip
    for address in asked_first:
        answer.headers.add("Link", f"<{address}>; rel=preload; as=fetch; crossorigin")
    return answer


def _addresses_asked_first(session: Session, actor: Actor, plan_id: int, code: str) -> list[str]:
    """List what the page will ask for as soon as it runs, so that the answers are made while it loads.

    Nothing for what cannot be opened, nor for several grids, which are asked for one after the other.
    """
    try:
        is_opened = divisions.may_open_whole(session, actor, plan_id, code)
    except (NotFound, NotAllowed):
        return []
    first = "api_redraws.show_divisions" if is_opened else "api_plan_grids.list_grids"
    return [url_for("api_areas.get_area", code=code), url_for(first, plan_id=plan_id, area=code)]
