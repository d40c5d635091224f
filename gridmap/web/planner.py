"""Page of planners: the city on a map, what needs work, and the plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

planner = Blueprint("planner", __name__)


@planner.get("/planner")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the planner's page; everything on it comes by the JSON API."""
    texts = ("planner.", "finding.", "remedy.", "redraw.remedy_", "barrier.")
    return show_page(session, actor, "planner.html", action="plans.write", texts=texts)
