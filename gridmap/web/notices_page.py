"""Pages of notices: the list with the form to send one, and how far one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request

from gridmap.services import notices as service
from gridmap.services.places import list_areas
from gridmap.web.local_days import local_moment
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

notices_page = Blueprint("notices_page", __name__)

ROWS = 50
WAITS = (30, 60, 90, 120)
"""Minutes between the tiers to choose from."""


@notices_page.get("/notices")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the notices to one's own areas, and the form to send one."""
    values: dict[str, Any] = {"rows": [], "older": None}
    if actor.may(service.READ):
        before = request.args.get("before", "")
        before_id = int(before) if before.isdecimal() and len(before) < 18 else 0
        rows = service.list_notices(session, actor, before_id=before_id, limit=ROWS + 1)
        values = {"rows": rows[:ROWS], "older": rows[ROWS - 1].id if len(rows) > ROWS else None}
        values["top"] = list_areas(session, actor, top=True)
    return show_page(
        session,
        actor,
        "notices.html",
        action=service.READ,
        texts=("notices.",),
        waits=WAITS,
        usual=service.USUAL_MINUTES,
        longest={"title": service.LONGEST_TITLE, "text": service.LONGEST_TEXT},
        local_moment=local_moment,
        **values,
    )


@notices_page.get("/notices/<id:notice_id>")
@in_transaction
def show_notice(session: Session, actor: Actor, notice_id: int) -> ResponseReturnValue:
    """Show how far a notice is; the figures come by the JSON API, again and again while it runs."""
    notice = service.describe_notice(session, actor, notice_id) if actor.may(service.READ) else None
    return show_page(
        session,
        actor,
        "notice.html",
        action=service.READ,
        texts=("notices.", "handling.tier_"),
        notice=notice,
        local_moment=local_moment,
        page={"notice": notice_id},
    )
