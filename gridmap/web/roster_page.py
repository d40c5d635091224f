"""Page of the roster: a week of an area or a station, its holes, and loading a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services.rosters import WRITE
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

roster_page = Blueprint("roster_page", __name__)


@roster_page.get("/roster")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page of the roster; the week comes by the JSON API."""
    may_write = actor.may(WRITE) if actor.role != "visitor" else False
    page = {"may_write": may_write, "may_set_phones": may_write and actor.area_ids is None}
    return show_page(
        session,
        actor,
        "roster.html",
        action="roster.read",
        texts=("roster_page.",),
        may_write=may_write,
        page=page,
    )
