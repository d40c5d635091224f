"""Page of planners: the city on a map, what needs work, and the plans from draft to published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services.plan_lives import LONGEST_WORDS
from gridmap.services.plans import MOVED_SHARE
from gridmap.services.waivers import LONGEST_REASON
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

planner = Blueprint("planner", __name__)

TEXTS = ("planner.", "comments.", "finding.", "handoffs.", "remedy.", "redraw.remedy_", "barrier.")


@planner.get("/planner")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the planner's page; everything on it comes by the JSON API."""
    page = {
        "username": actor.username,
        "moved_share": MOVED_SHARE,
        "longest": {"reason": LONGEST_REASON, "words": LONGEST_WORDS},
    }
    return show_page(session, actor, "planner.html", action="plans.write", texts=TEXTS, page=page)
