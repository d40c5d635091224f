"""Page of coverage: what the city's rules demand, where it is missing, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

coverage_page = Blueprint("coverage_page", __name__)

TEXTS = ("coverage_page.", "coverage.level_")


@coverage_page.get("/coverage")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page of coverage; its figures come by the JSON API."""
    page = {"may_measure": actor.may("coverage.write")}
    return show_page(session, actor, "coverage.html", action="coverage.read", texts=TEXTS, page=page)
