"""Page of dispatchers: who is on duty nearest to a place, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services.actors import require
from gridmap.services.duty import list_skills
from gridmap.services.staff import list_roles
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

dispatcher = Blueprint("dispatcher", __name__)


@dispatcher.get("/dispatcher")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the dispatchers' page; who is on duty comes by the JSON API."""
    choices: dict[str, list[dict[str, str]] | list[str]] = {"roles": [], "skills": []}
    if actor.role != "visitor":
        require(actor, "duty.dispatch")
        is_english = language_of_request() == "en"
        choices["roles"] = [
            {"code": role.code, "tier": role.tier, "name": role.name_en if is_english else role.name_zh}
            for role in list_roles(session, actor)
        ]
        choices["skills"] = list_skills(session, actor)
    return show_page(
        session,
        actor,
        "dispatcher.html",
        action="duty.dispatch",
        texts=("dispatcher.", "duty.place_", "duty.tier_"),
        **choices,
    )
